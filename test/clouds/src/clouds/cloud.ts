import { join } from "node:path";
import type { ControlPlaneLayout } from "../control-plane/components.ts";
import { cloudsDirectory } from "../paths.ts";

/** One local stand-in for a cluster of a cloud. */
export interface Cloud {
  /** Names the cluster, its node, its namespaces, links and cgroup. */
  readonly name: string;
  /** Distinguishes its address ranges; 0 to 255, never reused for another name. */
  readonly index: number;
  readonly role: "hub" | "member";
  /** Labels of its node, as that provider's own clusters set them. */
  readonly nodeLabels: Readonly<Record<string, string>>;
  /** Number of devices that the fake GPU device plugin offers as `nvidia.com/gpu`. */
  readonly fakeGpus: number;
  /** Whether it is started only when somebody asks for it by name. */
  readonly isExtra?: boolean;
}

/** The clouds of this machine: the hub, two members, and one more for who asks for it. The members carry the names and labels of real regions and run on this machine. */
export const localClouds: readonly Cloud[] = [
  {
    name: "hub",
    index: 0,
    role: "hub",
    nodeLabels: nodeLabels("local", "local-a", "local.standard"),
    fakeGpus: 0,
  },
  {
    name: "aws-us-east-1",
    index: 1,
    role: "member",
    nodeLabels: { ...nodeLabels("us-east-1", "us-east-1a", "g6.12xlarge"), "eks.amazonaws.com/nodegroup": "gpu" },
    fakeGpus: 4,
  },
  {
    name: "gcp-europe-west4",
    index: 2,
    role: "member",
    nodeLabels: {
      ...nodeLabels("europe-west4", "europe-west4-a", "g2-standard-24"),
      "cloud.google.com/gke-nodepool": "gpu",
    },
    fakeGpus: 2,
  },
  {
    name: "lab",
    index: 3,
    role: "member",
    nodeLabels: nodeLabels("lab", "lab-a", "rack"),
    fakeGpus: 0,
    isExtra: true,
  },
];

/** Those that are started without being asked for, and the extra ones of some names; throws for a name that is no cloud's. */
export function cloudsWith(extra: readonly string[]): readonly Cloud[] {
  const asked = new Set(extra.map((name) => cloudNamed(name).name));
  return localClouds.filter(({ name, isExtra = false }) => !isExtra || asked.has(name));
}

function nodeLabels(region: string, zone: string, instanceType: string): Record<string, string> {
  return {
    "topology.kubernetes.io/region": region,
    "topology.kubernetes.io/zone": zone,
    "node.kubernetes.io/instance-type": instanceType,
  };
}

/** Finds a local cloud by name; throws with the names there are. */
export function cloudNamed(name: string): Cloud {
  const cloud = localClouds.find((candidate) => candidate.name === name);
  if (!cloud)
    throw new Error(`no local cloud is called "${name}"; there are ${localClouds.map((c) => c.name).join(", ")}`);
  return cloud;
}

/** Finds a local cloud that is started only when asked for; throws for the others. */
export function extraCloudNamed(name: string): Cloud {
  const cloud = cloudNamed(name);
  if (!cloud.isExtra) throw new Error(`local cloud "${name}" is always there and goes with all others alone`);
  return cloud;
}

/** Everything that follows from a cloud's name and index: folders, namespaces, links, addresses. */
export interface CloudLayout {
  readonly cloud: Cloud;
  /** Root of all its files. */
  readonly directory: string;
  /** Files that other namespaces are entered through. */
  readonly networkNamespacePath: string;
  readonly mountNamespacePath: string;
  /** The machine's end of its virtual cable, at most 15 characters. */
  readonly hostLink: string;
  readonly hostAddress: string;
  /** Address of its node, its API server and its NodePorts. */
  readonly nodeAddress: string;
  readonly podCidr: string;
  readonly serviceCidr: string;
  /** First address of the Service range: the API server, for pods. */
  readonly apiServiceAddress: string;
  /** Name of its cgroup in every hierarchy. */
  readonly cgroup: string;
  readonly controlPlane: ControlPlaneLayout;
}

/** Computes a cloud's layout under a root folder, `cloudsDirectory()` when absent. */
export function layoutOf(cloud: Cloud, root: string = cloudsDirectory()): CloudLayout {
  const directory = join(root, cloud.name);
  const nodeAddress = `10.201.${cloud.index}.2`;
  const serviceCidr = `10.203.${cloud.index}.0/24`;
  return {
    cloud,
    directory,
    networkNamespacePath: join(directory, "namespaces", "network"),
    mountNamespacePath: join(directory, "namespaces", "mount"),
    hostLink: `tributary${cloud.index}`,
    hostAddress: `10.201.${cloud.index}.1`,
    nodeAddress,
    podCidr: `10.202.${cloud.index}.0/24`,
    serviceCidr,
    apiServiceAddress: `10.203.${cloud.index}.1`,
    cgroup: `tributary-${cloud.name}`,
    controlPlane: {
      directory,
      address: nodeAddress,
      apiServerPort: 6443,
      etcdPort: 2379,
      serviceCidr,
      extraApiServerFlags: [],
    },
  };
}
