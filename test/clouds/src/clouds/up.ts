import { existsSync } from "node:fs";
import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { apiServerUrl } from "../control-plane/components.ts";
import { isApiServerReady } from "../control-plane/readiness.ts";
import { importArchive, listImages } from "../images/import-image.ts";
import { buildPauseImage } from "../images/pause-image.ts";
import { withLock } from "../lock.ts";
import { cacheDirectory, cloudsDirectory } from "../paths.ts";
import { type Progress, silent } from "../progress.ts";
import { ensureTools, type Tools } from "../tools/ensure-tools.ts";
import { giveUp, waitUntil } from "../wait-until.ts";
import { type CloudLayout, cloudsWith, layoutOf } from "./cloud.ts";
import { accessOf, type ClusterAccess, readNodes, runKubectl } from "./cluster-api.ts";
import { renderClusterObjects } from "./cluster-objects.ts";
import { type CloudComponent, type CloudComponentName, componentsOf } from "./components.ts";
import { componentLogPath, observeComponent, repairComponent } from "./detached-component.ts";
import { allowForwarding } from "./network.ts";
import { pauseImage } from "./node-config.ts";
import { areConnectionsJudged } from "./policed-connections.ts";
import { prepareCloud } from "./prepare-cloud.ts";
import { repairs } from "./repair.ts";

const readyTimeoutMs = 120_000;
const lockTimeoutMs = 30 * 60 * 1000;

/** Does `work` while no other program brings the local clouds up or down. */
export function withCloudsLock<T>(progress: Progress, work: () => Promise<T>): Promise<T> {
  return withLock(join(cacheDirectory(), "clouds.lock"), work, { timeoutMs: lockTimeoutMs, progress });
}

/** Brings the local clouds, and the extra ones of some names, to run on this machine: starts what is missing, repairs what is broken, leaves the rest alone. */
export async function startLocalClouds(progress: Progress = silent, extra: readonly string[] = []): Promise<void> {
  if (process.getuid?.() !== 0) throw new Error("local clouds need root: they make namespaces, links and cgroups");
  const tools = await ensureTools(progress);
  const pauseArchive = await buildPauseImage(tools.pause);
  await withCloudsLock(progress, async () => {
    await mkdir(cloudsDirectory(), { recursive: true });
    await allowForwarding();
    const clouds = cloudsWith(extra).map((cloud) => layoutOf(cloud));
    const outcomes = await Promise.allSettled(
      clouds.map((layout) => startCloud(layout, tools, pauseArchive, progress)),
    );
    const failed = outcomes.filter((outcome) => outcome.status === "rejected");
    if (failed.length > 0)
      throw new AggregateError(
        failed.map(({ reason }) => reason),
        messagesOf(failed),
      );
  });
}

function messagesOf(failed: readonly PromiseRejectedResult[]): string {
  return failed.map(({ reason }) => (reason instanceof Error ? reason.message : String(reason))).join("\n");
}

async function startCloud(layout: CloudLayout, tools: Tools, pauseArchive: string, progress: Progress): Promise<void> {
  const { name } = layout.cloud;
  const startedAt = performance.now();
  const cgroupProcesses = await prepareCloud(layout);
  const components = componentsOf(layout, tools);
  const repairStage = async (stage: 1 | 2) => {
    for (const component of components.filter((candidate) => candidate.stage === stage)) {
      const repair = await repairComponent(layout, component, cgroupProcesses);
      if (repair !== repairs.keep) progress(`${name}: ${repair} ${component.name}`);
    }
  };
  await repairStage(1);
  await waitForContainerd(layout, components);
  await waitForApiServer(layout, components);
  await ensurePauseImage(layout, pauseArchive);
  const access = accessOf(layout, tools.kubectl);
  await runKubectl(access, ["apply", "--server-side", "--field-manager=tributary-clouds", "-f", "-"], {
    input: renderClusterObjects(),
  });
  await repairStage(2);
  await waitForNetworkPolicies(layout, components);
  await waitForNode(layout, components, access);
  progress(`${name}: node Ready after ${((performance.now() - startedAt) / 1000).toFixed(1)} s (a local stand-in)`);
}

async function waitForApiServer(layout: CloudLayout, components: readonly CloudComponent[]): Promise<void> {
  const pki = (file: string) => readFile(join(layout.directory, "pki", file), "utf8");
  const question = {
    url: apiServerUrl(layout.controlPlane),
    authorityPem: await pki("ca.crt"),
    certificatePem: await pki("admin.crt"),
    keyPem: await pki("admin.key"),
  };
  await waitWhileRunning(layout, components, ["etcd", "kube-apiserver"], "the API server answers", () =>
    isApiServerReady(question),
  );
}

async function waitForContainerd(layout: CloudLayout, components: readonly CloudComponent[]): Promise<void> {
  const socket = join(layout.directory, "run", "containerd", "containerd.sock");
  await waitWhileRunning(layout, components, ["containerd"], "containerd answers", async () => {
    return existsSync(socket) && (await listImages(layout)) !== undefined;
  });
}

async function waitForNode(
  layout: CloudLayout,
  components: readonly CloudComponent[],
  access: ClusterAccess,
): Promise<void> {
  const needed = components.map((component) => component.name);
  await waitWhileRunning(layout, components, needed, "its node is Ready and offers its GPUs", async () => {
    const nodes = await readNodes(access);
    return nodes.some((node) => node.ready && node.gpus === layout.cloud.fakeGpus);
  });
}

async function waitForNetworkPolicies(layout: CloudLayout, components: readonly CloudComponent[]): Promise<void> {
  await waitWhileRunning(layout, components, ["kube-network-policies"], "its network policies are enforced", () =>
    areConnectionsJudged(layout),
  );
}

/** Waits for a condition; a program it depends on that ends makes it hopeless, and its log says why. */
async function waitWhileRunning(
  layout: CloudLayout,
  components: readonly CloudComponent[],
  needed: readonly CloudComponentName[],
  what: string,
  look: () => Promise<boolean>,
): Promise<void> {
  await waitUntil(
    `${layout.cloud.name}: ${what}`,
    async () => {
      for (const { name } of components.filter((component) => needed.includes(component.name))) {
        if ((await observeComponent(layout, name)).alive) continue;
        const log = await readFile(componentLogPath(layout, name), "utf8").catch(() => "");
        giveUp(new Error(`${name} of ${layout.cloud.name} ended; the end of its log:\n${log.slice(-2_000)}`));
      }
      return look();
    },
    { timeoutMs: readyTimeoutMs, intervalMs: 200 },
  );
}

async function ensurePauseImage(layout: CloudLayout, archivePath: string): Promise<void> {
  if (!(await listImages(layout)).includes(pauseImage)) await importArchive(layout, archivePath);
}
