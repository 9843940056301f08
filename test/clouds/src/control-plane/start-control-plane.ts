import { createHash } from "node:crypto";
import { mkdir, readFile, rm } from "node:fs/promises";
import type { KeyAndCertificate } from "../certificates/authority.ts";
import { runCommand } from "../command.ts";
import { type Progress, silent } from "../progress.ts";
import { type ControlPlanePrograms, controlPlanePrograms } from "../tools/control-plane-programs.ts";
import { giveUp, waitUntil } from "../wait-until.ts";
import { ChildComponent } from "./child-component.ts";
import {
  apiServerArguments,
  apiServerUrl,
  type ControlPlaneLayout,
  controllerManagerArguments,
  etcdArguments,
} from "./components.ts";
import {
  certificatesOf,
  type KubeconfigOwner,
  kubeconfigPath,
  writeCredentials,
  writeKubeconfig,
} from "./credentials.ts";
import { freePort } from "./free-port.ts";
import { isApiServerReady } from "./readiness.ts";
import { createScratchDirectory } from "./scratch-directory.ts";

/** The programs `startControlPlane` can run. */
export type StartedComponent = "etcd" | "kube-apiserver" | "kube-controller-manager";

/** What control plane to start. */
export interface ControlPlaneOptions {
  /** Names the cluster in its kubeconfigs. */
  readonly name: string;
  /** Folder of all its files; kept by `stop` when given, otherwise a folder of its own that `stop` removes. */
  readonly directory?: string;
  /** Whether the controller manager runs too; without it no garbage is collected and no namespace ends. False when absent. */
  readonly controllerManager?: boolean;
  /** Added to the API server's flags, for example `--request-timeout=5s`. */
  readonly apiServerFlags?: readonly string[];
  readonly progress?: Progress;
}

/** What a minted service account token is for. */
export interface TokenOptions {
  readonly namespace: string;
  readonly serviceAccount: string;
  readonly audience?: string;
  /** At least 600; 3 600 when absent. */
  readonly durationSeconds?: number;
}

/** A running etcd and kube-apiserver on loopback ports of their own. */
export interface ControlPlane {
  readonly name: string;
  readonly directory: string;
  /** `https://127.0.0.1:port`; the same after every restart. */
  readonly url: string;
  /** CA certificate of the API server, PEM, and the path of the same. */
  readonly authorityPem: string;
  readonly authorityPath: string;
  /** Kubeconfig of a user in `system:masters`. */
  readonly kubeconfigPath: string;
  /** The same kubeconfig as text. */
  readonly kubeconfig: string;
  /** Pids of the programs that run now. */
  pids(): Partial<Record<StartedComponent, number>>;
  /** Path of a program's log. */
  logPath(component: StartedComponent): string;
  /** Sends a signal such as SIGKILL, SIGSTOP or SIGCONT; returns whether the program ran. */
  signal(component: StartedComponent, signal: NodeJS.Signals): boolean;
  /** Ends the program if it runs, starts it with the same data and port, and waits until the API server is ready. */
  restart(component: StartedComponent): Promise<void>;
  /** Waits until the API server answers that it is ready, at most 60 s or `timeoutMs`. */
  waitUntilReady(timeoutMs?: number): Promise<void>;
  /** Runs kubectl as the admin and returns its output; `input` goes to its standard input. */
  kubectl(args: readonly string[], input?: string): Promise<string>;
  /** A client certificate signed by the control plane's CA. */
  clientCertificate(owner: KubeconfigOwner): Promise<KeyAndCertificate>;
  /** Writes a kubeconfig for another user and returns its path. */
  kubeconfigFor(owner: KubeconfigOwner): Promise<string>;
  /** A token of an existing service account, from the TokenRequest API. */
  mintToken(options: TokenOptions): Promise<string>;
  /** Ends all programs and removes the folder unless the caller named it. */
  stop(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

const startTries = 3;
const readyTimeoutMs = 60_000;

/**
 * Starts etcd and kube-apiserver, without nodes, on free loopback ports, and returns when the API server is ready. They die with this
 * program, however it dies. Needs neither root nor anything of the machine but their two binaries.
 */
export async function startControlPlane(options: ControlPlaneOptions): Promise<ControlPlane> {
  const programs = controlPlanePrograms(options.progress ?? silent);
  const directory = options.directory ?? (await createScratchDirectory(options.name));
  await mkdir(directory, { recursive: true });
  for (let attempt = 1; ; attempt++) {
    const layout = await freeLayout(directory, options);
    const components = await componentsOf(layout, options, programs);
    await writeCredentials(options.name, layout, "10.96.0.1");
    const controlPlane = await assemble(options, layout, components, programs);
    try {
      await startAll(components, controlPlane);
      return controlPlane;
    } catch (error: unknown) {
      await stopAll(components);
      // A port can be taken between the moment it was found free and the start.
      if (attempt < startTries) continue;
      await controlPlane.stop();
      throw error;
    }
  }
}

type Components = ReadonlyMap<StartedComponent, ChildComponent>;

async function freeLayout(directory: string, options: ControlPlaneOptions): Promise<ControlPlaneLayout> {
  // The service account admission plugin waits for accounts that only the controller manager makes.
  const withoutAccounts = options.controllerManager ? [] : ["--disable-admission-plugins=ServiceAccount"];
  return {
    directory,
    address: "127.0.0.1",
    apiServerPort: await freePort(),
    etcdPort: await freePort(),
    serviceCidr: "10.96.0.0/16",
    // The kubernetes Service must not point at a loopback address, and 192.0.2.1 (RFC 5737) is nobody's.
    extraApiServerFlags: ["--advertise-address=192.0.2.1", ...withoutAccounts, ...(options.apiServerFlags ?? [])],
  };
}

async function componentsOf(
  layout: ControlPlaneLayout,
  options: ControlPlaneOptions,
  programs: ControlPlanePrograms,
): Promise<Components> {
  const { directory } = layout;
  const component = async (name: StartedComponent, args: readonly string[]) =>
    [name, new ChildComponent({ name, program: await programs.path(name), args, directory })] as const;
  return new Map([
    await component("etcd", etcdArguments(layout)),
    await component("kube-apiserver", apiServerArguments(layout)),
    ...(options.controllerManager
      ? [await component("kube-controller-manager", controllerManagerArguments(layout, { port: await freePort() }))]
      : []),
  ]);
}

async function startAll(components: Components, controlPlane: ControlPlane): Promise<void> {
  components.get("etcd")?.start();
  components.get("kube-apiserver")?.start();
  await controlPlane.waitUntilReady();
  const controllerManager = components.get("kube-controller-manager");
  if (!controllerManager) return;
  controllerManager.start();
  await waitUntil(
    `the default service account of ${controlPlane.name}`,
    async () => {
      await failIfEnded([controllerManager]);
      return controlPlane.kubectl(["get", "serviceaccount", "default", "--namespace=default"]);
    },
    { timeoutMs: readyTimeoutMs, intervalMs: 200 },
  );
}

async function stopAll(components: Components): Promise<void> {
  await Promise.all([...components.values()].map((component) => component.kill()));
}

async function assemble(
  options: ControlPlaneOptions,
  layout: ControlPlaneLayout,
  components: Components,
  programs: ControlPlanePrograms,
): Promise<ControlPlane> {
  const certificates = certificatesOf(layout);
  const admin = await certificates.issue("admin", { commonName: "admin", organisations: ["system:masters"] });
  const authorityPem = (await certificates.authority()).certificatePem;
  const question = {
    url: apiServerUrl(layout),
    authorityPem,
    certificatePem: await readFile(admin.certificatePath, "utf8"),
    keyPem: await readFile(admin.keyPath, "utf8"),
  };
  const named = (name: StartedComponent): ChildComponent => {
    const component = components.get(name);
    if (!component) throw new Error(`control plane ${options.name} was started without ${name}`);
    return component;
  };
  const waitUntilReady = async (timeoutMs = readyTimeoutMs): Promise<void> => {
    await waitUntil(
      `readiness of the API server of ${options.name}`,
      async () => {
        await failIfEnded([named("etcd"), named("kube-apiserver")]);
        return isApiServerReady(question);
      },
      { timeoutMs, intervalMs: 50 },
    );
  };
  const kubectl = async (args: readonly string[], input?: string): Promise<string> =>
    runCommand(
      await programs.path("kubectl"),
      ["--kubeconfig", kubeconfigPath(layout, "admin"), ...args],
      input === undefined ? {} : { input },
    );
  const stop = async (): Promise<void> => {
    await stopAll(components);
    if (options.directory === undefined) await rm(layout.directory, { recursive: true, force: true });
  };
  return {
    name: options.name,
    directory: layout.directory,
    url: apiServerUrl(layout),
    authorityPem,
    authorityPath: certificates.authorityPath,
    kubeconfigPath: kubeconfigPath(layout, "admin"),
    kubeconfig: await readFile(kubeconfigPath(layout, "admin"), "utf8"),
    pids: () =>
      Object.fromEntries(
        [...components].flatMap(([name, component]) => (component.pid === undefined ? [] : [[name, component.pid]])),
      ),
    logPath: (component) => named(component).logPath,
    signal: (component, signal) => named(component).signal(signal),
    async restart(component) {
      await named(component).kill();
      named(component).start();
      await waitUntilReady();
    },
    waitUntilReady,
    kubectl,
    async clientCertificate(owner) {
      const files = await certificates.issue(certificateName(owner), {
        commonName: owner.user,
        organisations: owner.groups ?? [],
      });
      return {
        certificatePem: await readFile(files.certificatePath, "utf8"),
        keyPem: await readFile(files.keyPath, "utf8"),
      };
    },
    kubeconfigFor: (owner) => writeKubeconfig(options.name, layout, certificateName(owner), owner),
    async mintToken({ namespace, serviceAccount, audience, durationSeconds = 3_600 }) {
      const audiences = audience === undefined ? [] : [`--audience=${audience}`];
      const args = ["create", "token", serviceAccount, `--namespace=${namespace}`, `--duration=${durationSeconds}s`];
      return (await kubectl([...args, ...audiences])).trim();
    },
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

async function failIfEnded(components: readonly ChildComponent[]): Promise<void> {
  for (const component of components) {
    if (!component.isRunning()) {
      giveUp(new Error(`${component.spec.name} is not running; the end of its log:\n${await component.logTail()}`));
    }
  }
}

/** A file name that differs for each user and set of groups. */
function certificateName(owner: KubeconfigOwner): string {
  const text = JSON.stringify([owner.user, owner.groups ?? []]);
  return `user-${createHash("sha256").update(text).digest("hex").slice(0, 32)}`;
}
