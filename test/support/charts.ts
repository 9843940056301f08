import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { ensureTools, toStandardError } from "@tributary/clouds";
import { parseAllDocuments, stringify } from "yaml";

/** A Kubernetes object as a chart renders it. */
export interface RenderedObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  // biome-ignore lint/suspicious/noExplicitAny: tests read into objects of every kind
  readonly [field: string]: any;
}

/** What to render a chart with. */
export interface ChartRelease {
  /** Folder below `charts/`. */
  readonly chart: string;
  readonly release: string;
  readonly namespace: string;
  /** Files below the chart's folder, applied before `values`. */
  readonly valuesFiles?: readonly string[];
  readonly values?: object;
}

const chartsFolder = join(import.meta.dirname, "../../charts");

/** Renders a chart with the Helm of the local clouds, built when it is not there. Throws what Helm says when it refuses. */
export async function renderChart(release: ChartRelease): Promise<RenderedObject[]> {
  const { helm } = await ensureTools(toStandardError);
  const folder = join(chartsFolder, release.chart);
  const files = (release.valuesFiles ?? []).flatMap((file) => ["--values", join(folder, file)]);
  const args = ["template", release.release, folder, "--namespace", release.namespace, ...files, "--values", "-"];
  const input = stringify(release.values ?? {});
  const result = spawnSync(helm, args, { input, encoding: "utf8", timeout: 60_000, maxBuffer: 64 * 1024 * 1024 });
  if (result.status !== 0) throw new Error(result.stderr || String(result.error));
  return parseAllDocuments(result.stdout)
    .map((document) => document.toJS() as RenderedObject | null)
    .filter((object) => object !== null);
}

/** Values with which both charts render: pinned images and the names that have no default. */
export const hubValues = {
  advertisedAddress: "192.0.2.10",
  image: { repository: "registry.example/tributary/operator", tag: "0.2.0" },
  dataplaneImage: { repository: "registry.example/tributary/dataplane", tag: "0.2.0" },
};

const trainer = {
  image: { repository: "registry.example/tributary/trainer-tfjs", tag: "0.2.0" },
  env: { TF_NUM_INTRAOP_THREADS: "1" },
  resources: { requests: { cpu: "1", memory: "2Gi" }, limits: { memory: "4Gi" } },
  acceleratorLimits: { "nvidia.com/gpu": 4 },
};

/** Values of a member with one runtime without data and one with. */
export const memberValues = {
  cluster: { name: "aws-us-east-1" },
  dataplaneImage: { repository: "registry.example/tributary/dataplane", tag: "0.2.0" },
  gate: { clusterIP: "10.96.0.50", caCertificate: "-----BEGIN CERTIFICATE-----\nnot read by these tests\n" },
  hub: { aggregators: { cidrs: ["192.0.2.10/32"] } },
  runtimes: [
    { name: "noop", trainer },
    { name: "tfjs", dataset: "notes-aws", claimName: "notes", subPath: "legal", trainer },
  ],
};
