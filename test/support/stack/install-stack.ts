import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import {
  type BuiltImage,
  type Clusters,
  ensureTools,
  importImage,
  kubectl,
  type Progress,
  type RunningCluster,
  up,
} from "@tributary/clouds";
import { stringify } from "yaml";
import { buildImages, type ImageName } from "../../../scripts/images/build-images.ts";
import { eventually } from "../eventually.ts";
import {
  type PublicHalf,
  type PublicHalves,
  readPublicHalves,
  waitForPeers,
  waitForPublicHalf,
} from "./member-trust.ts";
import { runTool } from "./run-tool.ts";

const root = join(import.meta.dirname, "../../..");

/** Names that the installed stack uses everywhere. */
export const stackNames = {
  hubId: "local-hub",
  operatorNamespace: "tributary-system",
  hubNamespace: "research",
  jobNamespace: "tributary-jobs",
  gateNamespace: "tributary-gate",
} as const;

/** The images of the stack by name. */
export type StackImages = ReadonlyMap<ImageName, BuiltImage>;

/** A runtime as the member chart takes it. */
export type RuntimeValues = Readonly<Record<string, unknown>>;

/** What to install. */
export interface StackOptions {
  readonly progress: Progress;
  /** Images that the runtimes need besides operator and dataplane. */
  readonly trainerImages: readonly ImageName[];
  /** The runtimes that a member offers. */
  readonly runtimesOf: (member: string, images: StackImages) => readonly RuntimeValues[];
  /** Local clouds besides those that are always there. */
  readonly extraClouds?: readonly string[];
  /** What a member needs before its chart: claims with data. */
  readonly prepareMember?: (member: string) => Promise<void>;
}

/** Tributary as installed by its charts on a hub and its members. */
export interface Stack {
  readonly clusters: Clusters;
  readonly images: StackImages;
}

/** Brings up the clouds, builds and imports the images, installs the charts, joins the members. Quick when all that is done. */
export async function installStack(options: StackOptions): Promise<Stack> {
  const { progress } = options;
  const clusters = await up({ progress, extra: options.extraClouds ?? [] });
  const images = await buildImages(root, ["operator", "dataplane", ...options.trainerImages], progress);
  progress("importing images");
  await importImages(clusters, images, options.trainerImages);
  progress(`${clusters.hub.name}: installing chart tributary-hub`);
  await installHub(clusters.hub, images);
  await installMembers(clusters, images, options);
  await waitUntilReady(clusters, progress);
  return { clusters, images };
}

/** An image as chart values, pinned by digest. */
export function imageValues(images: StackImages, name: ImageName): Record<string, string> {
  const image = images.get(name);
  if (image === undefined) throw new Error(`image ${name} was not built`);
  return { repository: image.reference.split("@")[0] as string, digest: image.digest };
}

async function importImages(clusters: Clusters, images: StackImages, trainers: readonly ImageName[]): Promise<void> {
  const load = async (cluster: RunningCluster, names: readonly ImageName[]): Promise<void> => {
    for (const name of names) await importImage(cluster.name, images.get(name)!.archivePath);
  };
  await load(clusters.hub, ["operator", "dataplane"]);
  for (const member of clusters.members) await load(member, ["dataplane", ...trainers]);
}

async function installHub(hub: RunningCluster, images: StackImages): Promise<void> {
  await ensureNamespace(hub.name, stackNames.hubNamespace);
  await installChart(hub, "tributary-hub", "tributary", stackNames.operatorNamespace, {
    hubId: stackNames.hubId,
    advertisedAddress: hub.nodeAddress,
    image: imageValues(images, "operator"),
    dataplaneImage: imageValues(images, "dataplane"),
    aggregator: { dataVolumeSize: "4Gi" },
  });
}

/** Installs every member's chart, a second time where gates have shown their keys only after the first. */
async function installMembers(clusters: Clusters, images: StackImages, options: StackOptions): Promise<void> {
  const { hub, members } = clusters;
  const names = members.map(({ name }) => name);
  const before = await readPublicHalves(names);
  const install = async (member: RunningCluster, halves: PublicHalves): Promise<void> => {
    options.progress(`${member.name}: installing chart tributary-member`);
    await installChart(member, "tributary-member", "tributary", stackNames.gateNamespace, {
      ...memberValues(hub, member, images, options),
      gate: gateValues(member.name, halves),
    });
  };
  for (const member of members) {
    await ensureNamespace(member.name, stackNames.jobNamespace, { "pod-security.kubernetes.io/enforce": "restricted" });
    await options.prepareMember?.(member.name);
    await install(member, before);
  }
  const halves = new Map<string, PublicHalf>();
  for (const name of names) halves.set(name, await waitForPublicHalf(name));
  if (!isDeepStrictEqual(halves, before)) for (const member of members) await install(member, halves);
  for (const member of members) await joinMember(hub, member, halves.get(member.name)!.caPem);
  await Promise.all(names.map((name) => waitForPeers(name, names.length)));
}

function memberValues(hub: RunningCluster, member: RunningCluster, images: StackImages, options: StackOptions) {
  return {
    cluster: { name: member.name },
    jobNamespaces: [{ name: stackNames.jobNamespace, create: false }],
    hub: { aggregators: { cidrs: [`${hub.nodeAddress}/32`] } },
    dataplaneImage: imageValues(images, "dataplane"),
    runtimes: options.runtimesOf(member.name, images),
  };
}

/**
 * Every member trusts every other one: on these clouds the admin of all is the same, who knows the keys are right. Jobs of tests may ask
 * for rounds without masks.
 */
function gateValues(member: string, halves: PublicHalves) {
  const others = [...halves].filter(([name]) => name !== member).map(([, { peer }]) => peer);
  return { caCertificate: halves.get(member)?.caPem ?? "", peers: others, policy: { protocols: ["Masking", "None"] } };
}

async function joinMember(hub: RunningCluster, member: RunningCluster, gateCa: string): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "tributary-join-"));
  try {
    const path = join(folder, "gate-ca.pem");
    await writeFile(path, gateCa);
    const account = `${stackNames.jobNamespace}/tributary-hub`;
    const map = `${stackNames.hubNamespace}=${stackNames.jobNamespace}`;
    const [provider = "", ...region] = member.name.split("-");
    await runTool("node", [
      ...[
        join(root, "cli/src/main.ts"),
        "join",
        member.name,
        "--hub-kubeconfig",
        hub.kubeconfigPath,
        "--member-kubeconfig",
        member.kubeconfigPath,
      ],
      ...[
        "--service-account",
        account,
        "--gate-ca",
        path,
        "--map",
        map,
        "--operator-namespace",
        stackNames.operatorNamespace,
      ],
      // A member may have been made anew under its name while its hub went on.
      ...["--provider", provider, "--region", region.join("-"), "--another-cluster"],
    ]);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function installChart(
  cluster: RunningCluster,
  chart: string,
  release: string,
  namespace: string,
  values: object,
): Promise<void> {
  const { helm } = await ensureTools(() => {});
  const args = [
    "upgrade",
    "--install",
    release,
    join(root, "charts", chart),
    "--namespace",
    namespace,
    "--create-namespace",
    "--wait",
    "--timeout",
    "4m",
    "--values",
    "-",
  ];
  await runTool(helm, args, { input: stringify(values), env: { KUBECONFIG: cluster.kubeconfigPath } });
}

async function ensureNamespace(
  cluster: string,
  name: string,
  labels: Readonly<Record<string, string>> = {},
): Promise<void> {
  await kubectl(cluster, ["apply", "-f", "-"], {
    input: JSON.stringify({ apiVersion: "v1", kind: "Namespace", metadata: { name, labels } }),
  });
}

async function waitUntilReady(clusters: Clusters, progress: Progress): Promise<void> {
  progress("waiting until every member cluster is ready");
  await eventually(
    "every MemberCluster is Ready",
    async () => {
      const ready = await kubectl(clusters.hub.name, [
        "get",
        "mbr",
        "-o",
        'jsonpath={range .items[*]}{.status.conditions[?(@.type=="Ready")].status} {end}',
      ]);
      const states = ready.trim().split(" ");
      return states.length === clusters.members.length && states.every((state) => state === "True") ? true : undefined;
    },
    120_000,
  );
}
