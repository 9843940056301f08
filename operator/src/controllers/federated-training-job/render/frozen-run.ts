import { hashText } from "./hash-text.ts";

/** What the operator's chart decides about aggregators. */
export interface AggregatorSettings {
  /** Image of the data plane. */
  readonly image: string;
  /** Pull policy of that image. */
  readonly imagePullPolicy: string;
  /** Size of the claim for ledger, staging and checkpoints, as a Kubernetes quantity. */
  readonly dataVolumeSize: string;
  /** Storage class of the claim; the cluster's default when absent. */
  readonly storageClass?: string;
  /** Memory limit, as a Kubernetes quantity. */
  readonly memoryLimit: string;
}

/** A member cluster as an aggregator knows it. */
export interface FrozenMember {
  readonly cluster: string;
  /** Certificates of the gate's CA in PEM. */
  readonly gateCaPem: string;
  /** Namespace that workers must come from. */
  readonly namespace?: string;
  /** Organisation that the hub says the cluster counts for; the cluster's name when absent. */
  readonly organisation?: string;
}

/**
 * What an aggregator runs with besides its job's spec: fixed when the job is accepted, and again when it is resumed, so that
 * an edit of a MemberCluster or of the chart's values harms nothing that runs.
 */
export interface FrozenRun {
  readonly settings: AggregatorSettings;
  readonly members: readonly FrozenMember[];
}

/** A frozen run as it is kept beside the configuration made of it. */
export interface KeptRun {
  readonly run: FrozenRun;
  /** True once the job was suspended: when it is resumed, the values of that time are taken. */
  readonly isOpen: boolean;
}

/** Field of the aggregator's ConfigMap that holds the frozen run. */
export const frozenField = "frozen.json";

/** Writes a frozen run down, with a digest by which a text that somebody edited is told from ours. */
export function printFrozenRun({ run, isOpen }: KeptRun): string {
  const text = JSON.stringify(run);
  return `${JSON.stringify({ version: 1, isOpen, digest: hashText(text), run }, null, 2)}\n`;
}

/** Reads what {@link printFrozenRun} wrote; undefined for a text that is not whole. */
export function readFrozenRun(text: string | undefined): KeptRun | undefined {
  if (text === undefined) return undefined;
  try {
    const kept = JSON.parse(text) as { version: number; isOpen: boolean; digest: string; run: FrozenRun };
    const isWhole = kept.version === 1 && kept.digest === hashText(JSON.stringify(kept.run));
    return isWhole ? { run: kept.run, isOpen: kept.isOpen } : undefined;
  } catch {
    return undefined;
  }
}
