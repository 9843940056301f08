import { mkdir, readFile } from "node:fs/promises";
import { type Progress, silent } from "../progress.ts";
import { type ControlPlanePrograms, controlPlanePrograms } from "../tools/control-plane-programs.ts";
import { ChildComponent } from "./child-component.ts";
import {
  apiServerArguments,
  apiServerUrl,
  type ControlPlaneLayout,
  controllerManagerArguments,
  etcdArguments,
} from "./components.ts";
import { ControlPlane, type StartedComponent } from "./control-plane.ts";
import { certificatesOf, kubeconfigPath, writeCredentials } from "./credentials.ts";
import { freePort } from "./free-port.ts";
import type { ReadinessQuestion } from "./readiness.ts";
import { createScratchDirectory } from "./scratch-directory.ts";

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
  /** Added to the controller manager's flags, for example `--kube-api-qps=1000`. */
  readonly controllerManagerFlags?: readonly string[];
  readonly progress?: Progress;
}

const startTries = 3;
const serviceCidr = "10.96.0.0/16";
const serviceAddress = "10.96.0.1";

/**
 * Starts etcd and kube-apiserver, without nodes, on free loopback ports, and returns when the API server is ready. They die with this
 * program, however it dies. Needs neither root nor anything of the machine but their two binaries.
 */
export async function startControlPlane(options: ControlPlaneOptions): Promise<ControlPlane> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await startOnce(options);
    } catch (error: unknown) {
      // A port can be taken between the moment it was found free and the start.
      if (attempt === startTries) throw error;
    }
  }
}

async function startOnce(options: ControlPlaneOptions): Promise<ControlPlane> {
  const programs = controlPlanePrograms(options.progress ?? silent);
  const directory = options.directory ?? (await createScratchDirectory(options.name));
  await mkdir(directory, { recursive: true });
  const layout = await freeLayout(directory, options);
  const components = await componentsOf(layout, options, programs);
  await writeCredentials(options.name, layout, serviceAddress);
  const controlPlane = new ControlPlane({
    name: options.name,
    layout,
    components,
    programs,
    question: await readinessQuestion(layout),
    kubeconfig: await readFile(kubeconfigPath(layout, "admin"), "utf8"),
    ownsDirectory: options.directory === undefined,
  });
  try {
    components.get("etcd")?.start();
    components.get("kube-apiserver")?.start();
    await controlPlane.waitUntilReady();
    components.get("kube-controller-manager")?.start();
    if (options.controllerManager) await controlPlane.waitUntilControlled();
    return controlPlane;
  } catch (error: unknown) {
    await controlPlane.stop();
    throw error;
  }
}

async function readinessQuestion(layout: ControlPlaneLayout): Promise<ReadinessQuestion> {
  const certificates = certificatesOf(layout);
  const { certificatePath, keyPath } = certificates.paths("admin");
  return {
    url: apiServerUrl(layout),
    authorityPem: await readFile(certificates.authorityPath, "utf8"),
    certificatePem: await readFile(certificatePath, "utf8"),
    keyPem: await readFile(keyPath, "utf8"),
  };
}

async function freeLayout(directory: string, options: ControlPlaneOptions): Promise<ControlPlaneLayout> {
  // The service account admission plugin waits for accounts that only the controller manager makes.
  const withoutAccounts = options.controllerManager ? [] : ["--disable-admission-plugins=ServiceAccount"];
  return {
    directory,
    address: "127.0.0.1",
    apiServerPort: await freePort(),
    etcdPort: await freePort(),
    serviceCidr,
    // The kubernetes Service must not point at a loopback address, and 192.0.2.1 (RFC 5737) is nobody's.
    extraApiServerFlags: ["--advertise-address=192.0.2.1", ...withoutAccounts, ...(options.apiServerFlags ?? [])],
  };
}

async function componentsOf(
  layout: ControlPlaneLayout,
  options: ControlPlaneOptions,
  programs: ControlPlanePrograms,
): Promise<ReadonlyMap<StartedComponent, ChildComponent>> {
  const component = async (name: StartedComponent, args: readonly string[]) =>
    [
      name,
      new ChildComponent({ name, program: await programs.path(name), args, directory: layout.directory }),
    ] as const;
  const controllerManager = options.controllerManager
    ? [
        await component("kube-controller-manager", [
          ...controllerManagerArguments(layout, { port: await freePort() }),
          ...(options.controllerManagerFlags ?? []),
        ]),
      ]
    : [];
  return new Map([
    await component("etcd", etcdArguments(layout)),
    await component("kube-apiserver", apiServerArguments(layout)),
    ...controllerManager,
  ]);
}
