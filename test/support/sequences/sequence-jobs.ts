import type { Manifest } from "../a-job.ts";

/** Namespaces of the hub; the first two share one namespace of each member. */
export const hubNamespaces = ["research", "clinic", "spare"] as const;
/** Namespace of members that the first two lead to; the bystander's. */
export const sharedNamespace = "jobs";
/** Namespace of members that only the jobs of `spare` use, and that events remove. */
export const spareNamespace = "spare-jobs";

/** Names under which the two members are registered at first. */
export const memberNames = ["aws", "gcp"] as const;
/** One of {@link memberNames}. */
export type MemberName = (typeof memberNames)[number];

/** The cluster that a MemberCluster of a name leads to: the second is registered under other names too. */
export function clusterBehind(name: string): MemberName {
  return name === "aws" ? "aws" : "gcp";
}

/** Where a namespace of the hub leads to. */
export const namespaceMap = hubNamespaces.map((hub) => ({
  hub,
  member: hub === "spare" ? spareNamespace : sharedNamespace,
}));

/** A job that events happen to. */
export interface SequenceJob {
  readonly namespace: (typeof hubNamespaces)[number];
  readonly name: string;
  readonly participants: readonly { readonly name: string; readonly cluster: string }[];
}

/** Jobs whose names, participants and namespaces would meet if they were joined. */
export const sequenceJobs: readonly SequenceJob[] = [
  {
    namespace: "research",
    name: "a",
    participants: [
      { name: "b-c", cluster: "aws" },
      { name: "d", cluster: "gcp" },
    ],
  },
  { namespace: "research", name: "a-b", participants: [{ name: "c", cluster: "aws" }] },
  { namespace: "clinic", name: "a", participants: [{ name: "b-c", cluster: "aws" }] },
  { namespace: "spare", name: "a", participants: [{ name: "d", cluster: "gcp" }] },
];

/** The job that no event touches: every round of it must be committed while all else changes. */
export const bystander: SequenceJob = {
  namespace: "clinic",
  name: "a-b",
  participants: [{ name: "c", cluster: "aws" }],
};

/** Local steps of a round and what each adds, as the closed form needs them. */
export const localSteps = 2;
export const increment = 2 ** -10;

/** The manifest of a job: one worker a participant, endless rounds that leave the machine some peace. */
export function manifestOf({ namespace, name, participants }: SequenceJob, changes: SpecChange = {}): Manifest {
  return {
    apiVersion: "tributary.dev/v1alpha1",
    kind: "FederatedTrainingJob",
    metadata: { name, namespace },
    spec: {
      model: { source: { persistentVolumeClaim: { claimName: "models", path: "zeros.safetensors" } } },
      trainer: {
        runtime: changes.runtime ?? "noop",
        task: "noop",
        hyperparameters: { increment: String(increment), simulateStepMs: "300" },
      },
      participants: participants.map((participant) => ({ ...participant, workers: 1 })),
      schedule: {
        synchronous: {
          maxRounds: changes.maxRounds ?? 100_000,
          localSteps,
          quorum: changes.quorum ?? 1,
          deadline: "1m",
        },
      },
      privacy: { secureAggregation: { protocol: "None" } },
      output: { persistentVolumeClaim: "models" },
      ...(changes.suspend === undefined ? {} : { suspend: changes.suspend }),
    },
  };
}

/** What an edit changes. */
export interface SpecChange {
  readonly runtime?: string;
  readonly maxRounds?: number;
  readonly quorum?: number;
  readonly suspend?: boolean;
}
