import { createHash } from "node:crypto";
import { readFile, rm } from "node:fs/promises";
import type { KeyAndCertificate } from "../certificates/authority.ts";
import { runCommand } from "../command.ts";
import type { ControlPlanePrograms } from "../tools/control-plane-programs.ts";
import { giveUp, waitUntil } from "../wait-until.ts";
import type { ChildComponent } from "./child-component.ts";
import { apiServerUrl, type ControlPlaneLayout } from "./components.ts";
import { certificatesOf, type KubeconfigOwner, kubeconfigPath, writeKubeconfig } from "./credentials.ts";
import { isApiServerReady, type ReadinessQuestion } from "./readiness.ts";

/** The programs a control plane without nodes can run. */
export type StartedComponent = "etcd" | "kube-apiserver" | "kube-controller-manager";

/** What a minted service account token is for. */
export interface TokenOptions {
  readonly namespace: string;
  readonly serviceAccount: string;
  readonly audience?: string;
  /** At least 600; 3 600 when absent. */
  readonly durationSeconds?: number;
}

/** What a `ControlPlane` is made of. */
export interface ControlPlaneParts {
  readonly name: string;
  readonly layout: ControlPlaneLayout;
  readonly components: ReadonlyMap<StartedComponent, ChildComponent>;
  readonly programs: ControlPlanePrograms;
  readonly question: ReadinessQuestion;
  readonly kubeconfig: string;
  /** Whether `stop` removes the folder. */
  readonly ownsDirectory: boolean;
}

const readyTimeoutMs = 60_000;

/** A running etcd and kube-apiserver on loopback ports of their own; made by `startControlPlane`. */
export class ControlPlane implements AsyncDisposable {
  private readonly parts: ControlPlaneParts;

  /** @internal */
  constructor(parts: ControlPlaneParts) {
    this.parts = parts;
  }

  /** The name it was started under. */
  get name(): string {
    return this.parts.name;
  }

  /** Folder of all its files. */
  get directory(): string {
    return this.parts.layout.directory;
  }

  /** `https://127.0.0.1:port`; the same after every restart. */
  get url(): string {
    return apiServerUrl(this.parts.layout);
  }

  /** CA certificate of the API server, PEM. */
  get authorityPem(): string {
    return this.parts.question.authorityPem;
  }

  /** Path of the CA certificate. */
  get authorityPath(): string {
    return certificatesOf(this.parts.layout).authorityPath;
  }

  /** Path of the kubeconfig of a user in `system:masters`. */
  get kubeconfigPath(): string {
    return kubeconfigPath(this.parts.layout, "admin");
  }

  /** The same kubeconfig as text. */
  get kubeconfig(): string {
    return this.parts.kubeconfig;
  }

  /** Pids of the programs that run now. */
  pids(): Partial<Record<StartedComponent, number>> {
    const running = [...this.parts.components].filter(([, component]) => component.pid !== undefined);
    return Object.fromEntries(running.map(([name, component]) => [name, component.pid]));
  }

  /** Path of a program's log. */
  logPath(component: StartedComponent): string {
    return this.component(component).logPath;
  }

  /** Sends a signal such as SIGKILL, SIGSTOP or SIGCONT; returns whether the program ran. */
  signal(component: StartedComponent, signal: NodeJS.Signals): boolean {
    return this.component(component).signal(signal);
  }

  /** Ends the program if it runs, starts it with the same data and port, and waits until the API server is ready. */
  async restart(component: StartedComponent): Promise<void> {
    await this.component(component).kill();
    this.component(component).start();
    await this.waitUntilReady();
  }

  /** Waits until the API server answers that it is ready, at most 60 s or `timeoutMs`; throws at once when it or etcd has ended. */
  async waitUntilReady(timeoutMs: number = readyTimeoutMs): Promise<void> {
    await this.waitWhileRunning(["etcd", "kube-apiserver"], "readiness of the API server", timeoutMs, () =>
      isApiServerReady(this.parts.question),
    );
  }

  /** Waits until the controller manager has made the default namespace's service account: what pods and tokens need first. */
  async waitUntilControlled(): Promise<void> {
    await this.waitWhileRunning(["kube-controller-manager"], "the default service account", readyTimeoutMs, () =>
      this.kubectl(["get", "serviceaccount", "default", "--namespace=default"]),
    );
  }

  /** Runs kubectl as the admin and returns its output; `input` goes to its standard input. */
  async kubectl(args: readonly string[], input?: string): Promise<string> {
    const program = await this.parts.programs.path("kubectl");
    const options = input === undefined ? {} : { input };
    return runCommand(program, ["--kubeconfig", this.kubeconfigPath, ...args], options);
  }

  /** A client certificate signed by the control plane's CA; the same one for the same owner. */
  async clientCertificate(owner: KubeconfigOwner): Promise<KeyAndCertificate> {
    const { certificatePath, keyPath } = await certificatesOf(this.parts.layout).issue(fileNameOf(owner), {
      commonName: owner.user,
      organisations: owner.groups ?? [],
    });
    return { certificatePem: await readFile(certificatePath, "utf8"), keyPem: await readFile(keyPath, "utf8") };
  }

  /** Writes a kubeconfig for another user and returns its path. */
  kubeconfigFor(owner: KubeconfigOwner): Promise<string> {
    return writeKubeconfig(this.name, this.parts.layout, fileNameOf(owner), owner);
  }

  /** A token of an existing service account, from the TokenRequest API. */
  async mintToken(options: TokenOptions): Promise<string> {
    const { namespace, serviceAccount, audience, durationSeconds = 3_600 } = options;
    const audiences = audience === undefined ? [] : [`--audience=${audience}`];
    const duration = `--duration=${durationSeconds}s`;
    const args = ["create", "token", serviceAccount, `--namespace=${namespace}`, duration, ...audiences];
    return (await this.kubectl(args)).trim();
  }

  /** Ends all programs and removes the folder unless the caller named it. */
  async stop(): Promise<void> {
    await Promise.all([...this.parts.components.values()].map((component) => component.kill()));
    if (this.parts.ownsDirectory) await rm(this.directory, { recursive: true, force: true });
  }

  /** As `stop`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  private component(name: StartedComponent): ChildComponent {
    const component = this.parts.components.get(name);
    if (!component) throw new Error(`control plane ${this.name} was started without ${name}`);
    return component;
  }

  private async waitWhileRunning(
    needed: readonly StartedComponent[],
    what: string,
    timeoutMs: number,
    look: () => Promise<boolean | string>,
  ): Promise<void> {
    const components = needed.map((name) => this.component(name));
    await waitUntil(
      `${what} of ${this.name}`,
      async () => {
        for (const component of components) if (!component.isRunning()) giveUp(await endedError(component));
        return look();
      },
      { timeoutMs, intervalMs: 50 },
    );
  }
}

async function endedError(component: ChildComponent): Promise<Error> {
  return new Error(`${component.spec.name} is not running; the end of its log:\n${await component.logTail()}`);
}

/** A file name that differs for each user and set of groups. */
function fileNameOf(owner: KubeconfigOwner): string {
  const text = JSON.stringify([owner.user, owner.groups ?? []]);
  return `user-${createHash("sha256").update(text).digest("hex").slice(0, 32)}`;
}
