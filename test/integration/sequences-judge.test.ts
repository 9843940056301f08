import { describe, expect, it } from "vitest";
import { seedsOfEveryChange } from "../support/sequences/describe-outcome.ts";
import { judgeWorld } from "../support/sequences/judge-world.ts";
import type { SeenCondition, SeenJob, SeenObject, SeenWorld } from "../support/sequences/observe-world.ts";
import { cuts, foreignKinds, generateSequence } from "../support/sequences/sequence-event.ts";

const condition = (type: string, status: string, reason = "", message = ""): SeenCondition => ({
  type,
  status,
  reason,
  message,
});
const working = ["Accepted", "AggregationReady", "ClustersReady", "Progressing"].map((type) => condition(type, "True"));
const told = (...changed: readonly SeenCondition[]): readonly SeenCondition[] => [
  ...working.filter(({ type }) => !changed.some((one) => one.type === type)),
  ...changed,
];
const place = { cluster: "aws", namespace: "jobs", name: "a-d-hash" };

function aJobSeen(changes: {
  metadata?: Partial<SeenJob["metadata"]>;
  spec?: Partial<SeenJob["spec"]>;
  status?: Partial<NonNullable<SeenJob["status"]>>;
}): SeenJob {
  return {
    metadata: { name: "a", namespace: "research", uid: "a-uid", generation: 1, ...changes.metadata },
    spec: {
      trainer: { runtime: "noop" },
      participants: [{ name: "d", cluster: "aws" }],
      schedule: { synchronous: { quorum: 1 } },
      ...changes.spec,
    },
    status: { observedGeneration: 1, conditions: working, clusters: [], placements: [place], ...changes.status },
  };
}

function seenObject(changes: Partial<SeenObject> = {}): SeenObject {
  return {
    cluster: "aws",
    kind: "Job",
    name: place.name,
    namespace: "jobs",
    jobUid: "a-uid",
    component: "worker",
    participant: "d",
    isReady: true,
    ...changes,
  };
}

const objects = [
  seenObject(),
  seenObject({ kind: "Pod", name: "a-d-hash-0-xyz" }),
  seenObject({ cluster: "hub", kind: "Pod", name: "a-aggregator-0", namespace: "research", participant: "" }),
];
const ready = {
  metadata: { name: "aws" },
  status: { conditions: [condition("Ready", "True")] },
} as const;

function aWorld(changes: Partial<SeenWorld> = {}): SeenWorld {
  return {
    jobs: [aJobSeen({})],
    memberClusters: [ready],
    objects,
    foreign: [],
    away: new Set(),
    quotas: new Set(),
    forced: new Set(),
    offers: new Set(["aws/jobs"]),
    claims: new Set(["research"]),
    ...changes,
  };
}

const theirs = {
  kind: "ConfigMap",
  metadata: { name: "a-aggregator", namespace: "research" },
  data: { theirs: "yes" },
};
const withJob = (...args: Parameters<typeof aJobSeen>) => aWorld({ jobs: [aJobSeen(...args)] });

describe("the judge of sequences", () => {
  it("finds nothing wrong with a job that works", () => {
    expect(judgeWorld(aWorld())).toEqual([]);
  });

  it("lets what a job left that was deleted by force wait for a member that is away", () => {
    const left = { jobs: [], objects: [seenObject()], away: new Set(["aws"] as const) };
    const told = { ...ready, status: { conditions: [condition("Ready", "False", "Unreachable")] } };
    const seen = aWorld({ ...left, memberClusters: [told] });
    expect(judgeWorld({ ...seen, forced: new Set(["a-uid"]) })).toEqual([]);
    expect(judgeWorld(seen)).toEqual(["Job jobs/a-d-hash in aws belongs to no live job"]);
  });

  it("lets a second name of a cluster stay for as long as the cluster holds something of a job", () => {
    const going = { name: "gcp-renamed", deletionTimestamp: "now" };
    const second = { metadata: going, status: { conditions: [condition("ContentRemaining", "True")] } };
    const seen = { ...withJob({ status: { placements: [{ ...place, cluster: "gcp" }] } }), memberClusters: [second] };
    const inGcp = aWorld({ ...seen, objects: [seenObject({ cluster: "gcp" })] });
    expect(judgeWorld(inGcp).filter((finding) => finding.startsWith("MemberCluster"))).toEqual([]);
    expect(judgeWorld({ ...inGcp, objects: [] }).join("\n")).toContain("MemberCluster gcp-renamed stays");
  });

  it.each<[string, SeenWorld, string]>([
    ["an object of a job that is gone", aWorld({ jobs: [] }), "belongs to no live job"],
    ["what a job left that was deleted by force", aWorld({ jobs: [], forced: new Set(["a-uid"]) }), "no live job"],
    ["an object in no placement", withJob({ status: { placements: [] } }), "is in no placement"],
    [
      "a place that is recorded under two names of its cluster",
      withJob({ status: { placements: [place, { ...place, cluster: "gcp" }, { ...place, cluster: "gcp-renamed" }] } }),
      "records a place twice",
    ],
    [
      "somebody else's object that changed",
      aWorld({ foreign: [{ was: theirs, is: { ...theirs, data: { theirs: "no" } } }] }),
      "of somebody else changed",
    ],
    ["somebody else's object that is gone", aWorld({ foreign: [{ was: theirs, is: undefined }] }), "is gone"],
    ["a status of an older spec", withJob({ metadata: { generation: 2 } }), "speaks of generation 1"],
    [
      "a job that works and says it does not",
      withJob({ status: { conditions: told(condition("Progressing", "False")) } }),
      "its workers work",
    ],
    ["a job that stands still without a cause", aWorld({ objects: [] }), "nothing is wrong and it does not work"],
    [
      "a name that is said to be taken and is free",
      withJob({ status: { conditions: told(condition("AggregationReady", "False", "NameTaken")) } }),
      "nothing is in its way",
    ],
    [
      "a quota that is told of and was lifted",
      withJob({ status: { clusters: [{ participant: "d", cluster: "aws", reason: "QuotaExceeded" }] } }),
      "there is no quota",
    ],
    [
      "a member that is told to be away and answers",
      withJob({ status: { clusters: [{ participant: "d", cluster: "aws", reason: "ClusterUnreachable" }] } }),
      "every member answers",
    ],
    [
      "a refusal for a cluster that is registered",
      withJob({ status: { conditions: told(condition("Accepted", "False", "ClusterNotFound")) } }),
      "nothing is as it says",
    ],
    [
      "a suspended job that keeps its workers",
      withJob({ spec: { suspend: true } }),
      "it is suspended and Job a-d-hash stays",
    ],
    ["a deletion that does not end", withJob({ metadata: { deletionTimestamp: "now" } }), "its deletion does not end"],
    [
      "a deletion that waits for a member and does not say so",
      aWorld({ jobs: [aJobSeen({ metadata: { deletionTimestamp: "now" } })], away: new Set(["aws"]) }),
      "its deletion waits and it says",
    ],
    ["a member that is away and said to be ready", aWorld({ away: new Set(["aws"]) }), "but it is away"],
    [
      "a member that answers and is said not to be ready",
      aWorld({ memberClusters: [{ ...ready, status: { conditions: [condition("Ready", "False", "Connecting")] } }] }),
      "but nothing is wrong",
    ],
    [
      "a member that is deleted and waits for nobody",
      aWorld({
        memberClusters: [{ ...ready, metadata: { name: "aws", deletionTimestamp: "now" } }],
        jobs: [aJobSeen({ status: { placements: [] } })],
        objects: [],
      }),
      "stays though no job has a place there",
    ],
  ])("finds %s", (_what, seen, finding) => {
    expect(judgeWorld(seen).join("\n")).toContain(finding);
  });
});

describe("a generated sequence", () => {
  it("is the same for the same seed, begins with a job, and is cut by one event at a time", () => {
    const sequence = generateSequence("7");
    expect(generateSequence("7")).toEqual(sequence);
    expect(generateSequence("8")).not.toEqual(sequence);
    expect(sequence[0]).toMatchObject({ type: "apply" });
    expect(cuts(sequence).map(({ length }) => length)).toEqual(sequence.map(() => sequence.length - 1));
  });

  it("holds every kind of event within the seeds that each change runs", () => {
    const kinds = new Set(seedsOfEveryChange.flatMap((seed) => generateSequence(seed).map(({ type }) => type)));
    expect(kinds.size).toBe(23);
  });

  it("has a job meet every kind of foreign object within them", () => {
    const met = seedsOfEveryChange.flatMap((seed) =>
      generateSequence(seed).flatMap((event, index, all) => {
        const next = all[index + 1];
        const isMet = event.type === "put-foreign" && next?.type === "apply" && next.job === event.job;
        return isMet ? [event.kind] : [];
      }),
    );
    expect(new Set(met)).toEqual(new Set(foreignKinds));
  });
});
