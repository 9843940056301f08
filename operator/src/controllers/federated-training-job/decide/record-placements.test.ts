import { synchronousOf } from "@tributary/contracts/fields";
import { describe, expect, it } from "vitest";
import { seatName } from "../render/names.ts";
import type { JobSnapshot, Placement, PlacingReport } from "../snapshot.ts";
import {
  aJob,
  aPlacement,
  aSeat,
  aSnapshot,
  someSettings,
  someTimeMs,
  withConditions,
  withPlacements,
} from "../testing/a-snapshot.ts";
import { decide } from "./index.ts";
import { placementLimit } from "./recall-placements.ts";

const away = {
  state: "unreachable",
  problem: { reason: "ClusterUnreachable", message: "cluster gcp-1 does not answer" },
  sinceMs: 1,
  namespace: "jobs",
} as const;
const quorumOfOne = {
  schedule: { synchronous: { ...synchronousOf(aJob().spec), quorum: 1 } },
};
const ofGcp = aPlacement({ participant: "gcp", cluster: "gcp-1" });
/** What objects of a participant's seat show in a member. */
const seen = (participant: string, namespace = "jobs") => ({
  participant,
  namespace,
  name: seatName(someSettings.hubId, aJob(), participant),
});

const record = (snapshot: JobSnapshot) => decide(snapshot, someSettings).record;
const told = (placements: readonly Placement[]): string[] =>
  placements.map(({ participant, cluster, namespace, state }) => `${participant} ${cluster}/${namespace} ${state}`);

function reports(...entries: readonly [cluster: string, report: Partial<PlacingReport>][]): JobSnapshot["placing"] {
  return {
    clusters: ["aws-1", "gcp-1"],
    clusterUids: new Map(),
    linkedUids: new Map(),
    reports: new Map(entries.map(([cluster, report]) => [cluster, { empty: [], problems: [], ...report }])),
    shown: [],
  };
}

describe("the record of a job's placements", () => {
  it("names each seat of a member that answers, in the namespace that the member maps, before anything is made", () => {
    const job = aJob();
    const { placements } = record(aSnapshot({ job }));
    expect(told(placements)).toEqual(["aws aws-1/jobs Wanted", "gcp gcp-1/jobs Wanted"]);
    expect(placements[0]).toMatchObject({ name: seatName("hub", job, "aws"), jobUid: "job-uid" });
  });

  it.each<[string, Partial<JobSnapshot>]>([
    ["the job has its finalizer", { job: aJob({}, { finalizers: [] }) }],
    ["the aggregator has an address", { hub: { caPem: "CA", missingClaims: [], readyReplicas: 0 } }],
    [
      "there are certificates",
      { hub: { missingClaims: [], readyReplicas: 0, endpoint: { controlAddress: "a:1", tensorAddress: "a:2" } } },
    ],
  ])("is empty until %s", (_when, changes) => {
    expect(record(aSnapshot(changes)).placements).toEqual([]);
  });

  it("is written once before the finalizer is added, so that a lost one is told from a first one", () => {
    const job = { ...aJob({}, { finalizers: [] }), status: {} };
    const plan = decide(aSnapshot({ job }), someSettings);
    expect(plan.actions.map(({ type }) => type)).not.toContain("add-finalizer");
    expect(plan.record).toEqual({ placements: [], unsearchedClusters: [] });
  });

  it("keeps a seat where it is, whatever its MemberCluster maps later", () => {
    const job = withPlacements(aJob(), aPlacement());
    const seats = [aSeat(job, 0, { member: { state: "reachable", heardMs: 1, namespace: "typo", gateCaPem: "x" } })];
    expect(told(record(aSnapshot({ job, seats })).placements)).toEqual(["aws aws-1/jobs Wanted"]);
  });

  it.each<[string, JobSnapshot["seats"][number]["member"]]>([
    ["does not answer", { ...away, gateCaPem: "x" }],
    ["is not registered any more", { state: "missing" }],
    ["maps no namespace any more", { state: "reachable", heardMs: 1, gateCaPem: "x" }],
  ])("keeps a seat whose member %s", (_what, member) => {
    const job = withPlacements(aJob(), aPlacement(), ofGcp);
    const seats = [aSeat(job, 0, { member }), aSeat(job, 1)];
    expect(record(aSnapshot({ job, seats })).placements).toEqual([aPlacement(), ofGcp]);
  });

  it.each<[string, Parameters<typeof aJob>[0]]>([
    ["was dropped", { participants: [aJob().spec.participants[0]!], ...quorumOfOne }],
    [
      "moved to another cluster",
      { participants: [aJob().spec.participants[0]!, { ...aJob().spec.participants[1]!, cluster: "gcp-2" }] },
    ],
  ])("lets the seat of a participant leave that %s, also while its member is away", (_what, spec) => {
    const job = withPlacements(aJob(spec), aPlacement(), ofGcp);
    const seats = job.spec.participants.map((_participant, index) => aSeat(job, index));
    expect(told(record(aSnapshot({ job, seats })).placements)).toContain("gcp gcp-1/jobs Leaving");
  });

  it("places a seat again only when what leaves there is gone", () => {
    const leaving = aPlacement({ state: "Leaving" });
    const job = withPlacements(aJob(), leaving);
    expect(told(record(aSnapshot({ job })).placements)).toContain("aws aws-1/jobs Leaving");
    const placing = reports(["aws-1", { empty: [leaving] }]);
    expect(told(record(aSnapshot({ job, placing })).placements)).toContain("aws aws-1/jobs Wanted");
  });

  it("never drops what is wanted, however empty it was found", () => {
    const job = withPlacements(aJob(), aPlacement());
    const placing = reports(["aws-1", { empty: [aPlacement()] }]);
    expect(told(record(aSnapshot({ job, placing })).placements)).toContain("aws aws-1/jobs Wanted");
  });

  it("takes up what a cache shows and it does not name", () => {
    const placing = { ...reports(), shown: [{ ...seen("old"), cluster: "gcp-1" }] };
    expect(told(record(aSnapshot({ placing })).placements)).toContain("old gcp-1/jobs Leaving");
  });

  it("does not take up again what the member confirmed to be gone and a late cache still shows", () => {
    const placing = { ...reports(["gcp-1", { empty: [seen("old")] }]), shown: [{ ...seen("old"), cluster: "gcp-1" }] };
    expect(told(record(aSnapshot({ placing })).placements).join()).not.toContain("old");
  });

  it.each<[string, [string, string][]]>([
    [
      "says so",
      [
        ["gcp-1", "uid"],
        ["lab", "uid"],
      ],
    ],
    ["does not say who it is", []],
  ])(
    "takes nothing that runs for a left-over when its cluster is registered under another name and %s",
    (_who, uids) => {
      const job = withPlacements(aJob(), ofGcp);
      const shown = [{ ...seen("gcp"), cluster: "lab" }];
      const placing = { ...reports(), linkedUids: new Map(uids), clusterUids: new Map(uids), shown };
      expect(told(record(aSnapshot({ job, placing })).placements)).toEqual([
        "aws aws-1/jobs Wanted",
        "gcp gcp-1/jobs Wanted",
      ]);
    },
  );

  it("takes up the place of another cluster that has the same namespace and participant", () => {
    const job = withPlacements(aJob(), ofGcp);
    const shown = [{ ...seen("gcp"), cluster: "lab" }];
    const linkedUids = new Map([
      ["gcp-1", "uid"],
      ["lab", "other uid"],
    ]);
    const clusterUids = new Map([...linkedUids]);
    const { placements } = record(aSnapshot({ job, placing: { ...reports(), linkedUids, clusterUids, shown } }));
    expect(told(placements)).toContain("gcp lab/jobs Leaving");
  });

  it("takes nothing that runs for a left-over when a name leads to its cluster by mistake and has not said so yet", () => {
    const ofAws = aPlacement({ clusterUid: "uid of aws" });
    const job = withPlacements(aJob(), ofAws, { ...ofGcp, clusterUid: "uid of gcp" });
    const shown = [
      { ...seen("aws"), cluster: "aws-1" },
      { ...seen("aws"), cluster: "gcp-1" },
    ];
    const linkedUids = new Map([["aws-1", "uid of aws"]]);
    const clusterUids = new Map([...linkedUids, ["gcp-1", "uid of gcp"]]);
    const placing = { ...reports(), linkedUids, clusterUids, shown };
    const { placements } = record(aSnapshot({ job, placing }));
    expect(told(placements)).toEqual(["aws aws-1/jobs Wanted", "gcp gcp-1/jobs Wanted"]);
  });

  it("places a seat under another name of its cluster only when what was there under the first is gone", () => {
    const job = withPlacements(
      aJob({ participants: [aJob().spec.participants[0]!, { ...aJob().spec.participants[1]!, cluster: "lab" }] }),
      ofGcp,
    );
    const placing = {
      ...reports(),
      clusterUids: new Map([
        ["gcp-1", "uid"],
        ["lab", "uid"],
      ]),
    };
    const places = (changes: Partial<JobSnapshot>) => told(record(aSnapshot({ job, ...changes })).placements).join();
    expect(places({ placing })).not.toContain("lab");
    expect(places({ placing: reports() })).toContain("gcp lab/jobs Wanted");
  });

  it("says in which cluster a place is, as soon as the member says it", () => {
    const linkedUids = new Map([["gcp-1", "uid"]]);
    const placing = { ...reports(), linkedUids };
    const uids = (snapshot: JobSnapshot) => record(snapshot).placements.map(({ clusterUid }) => clusterUid);
    expect(uids(aSnapshot({ placing }))).toEqual([undefined, "uid"]);
    expect(uids(aSnapshot({ job: withPlacements(aJob(), aPlacement(), ofGcp), placing }))).toEqual([undefined, "uid"]);
  });

  describe("of a place in another cluster than the one that has the name now", () => {
    const inFormer: Placement = { ...ofGcp, clusterUid: "former" };
    const job = withPlacements(aJob(), aPlacement(), inFormer);
    const placing = { ...reports(), linkedUids: new Map([["gcp-1", "another"]]) };
    const mapped = (namespace: string) =>
      aSeat(job, 1, { member: { state: "reachable", heardMs: 1, namespace, gateCaPem: "x" } });

    it.each(["jobs", "other"])("keeps it, and places no second one while the name maps %s", (namespace) => {
      const seats = [aSeat(job, 0), mapped(namespace)];
      expect(record(aSnapshot({ job, seats, placing })).placements).toEqual([aPlacement(), inFormer]);
    });

    it("keeps it and not what somebody made in the one that has the name now", () => {
      const shown = [{ ...seen("gcp", "other"), cluster: "gcp-1" }];
      const seats = [aSeat(job, 0), mapped("other")];
      expect(told(record(aSnapshot({ job, seats, placing: { ...placing, shown } })).placements)).toEqual([
        "aws aws-1/jobs Wanted",
        "gcp gcp-1/jobs Wanted",
        "gcp gcp-1/other Leaving",
      ]);
    });

    it("takes nothing that runs there for a left-over when that cluster is registered under another name", () => {
      const shown = [{ ...seen("gcp"), cluster: "old-gcp" }];
      const linkedUids = new Map([...placing.linkedUids, ["old-gcp", "former"]]);
      const clusterUids = new Map([...linkedUids]);
      const { placements } = record(aSnapshot({ job, placing: { ...placing, linkedUids, clusterUids, shown } }));
      expect(placements).toEqual([aPlacement(), inFormer]);
    });

    it.each(["jobs", "other"])("places none in %s either while what leaves may still be in the former", (namespace) => {
      const leaving: Placement = { ...inFormer, state: "Leaving" };
      const resumed = withPlacements(aJob(), aPlacement(), leaving);
      const seats = [aSeat(resumed, 0), mapped(namespace)];
      expect(record(aSnapshot({ job: resumed, seats, placing })).placements).toEqual([aPlacement(), leaving]);
    });

    it.each<[string, Parameters<typeof aJob>[0]]>([
      ["is suspended", { suspend: true }],
      ["names its participant no more", { participants: [aJob().spec.participants[0]!], ...quorumOfOne }],
    ])("lets it leave when the job %s", (_what, spec) => {
      const edited = withPlacements(aJob(spec), aPlacement(), inFormer);
      expect(told(record(aSnapshot({ job: edited, placing })).placements)).toContain("gcp gcp-1/jobs Leaving");
    });

    it.each(["Wanted", "Leaving"] as const)("gives it up by name when it is %s, and places another", (state) => {
      const annotations = { "tributary.dev/abandon-clusters": "gcp-1" };
      const given = withPlacements(aJob({}, { annotations }), aPlacement(), { ...inFormer, state });
      const plan = decide(aSnapshot({ job: given, placing }), someSettings);
      expect(told(plan.record.placements)).toEqual(["aws aws-1/jobs Wanted", "gcp gcp-1/jobs Wanted"]);
      expect(plan.record.placements[1]?.clusterUid).toBe("another");
      expect(plan.events.map(({ reason }) => reason)).toContain("Abandoned");
    });
  });

  it("lets leave what an earlier job of the name recorded", () => {
    const job = withPlacements(aJob(), aPlacement({ jobUid: "earlier" }));
    expect(told(record(aSnapshot({ job })).placements)).toContain("aws aws-1/jobs Leaving");
  });

  it("holds no more than a status takes, and goes on when places became free", () => {
    const old = Array.from({ length: placementLimit }, (_none, index) =>
      aPlacement({ participant: `old-${index}`, state: "Leaving" }),
    );
    expect(record(aSnapshot({ job: withPlacements(aJob(), ...old) })).placements).toHaveLength(placementLimit);
    const job = withPlacements(aJob(), ...old.slice(1));
    expect(record(aSnapshot({ job })).placements.filter(({ state }) => state === "Wanted")).toHaveLength(1);
  });
});

describe("objects that say in a member that they are of a job", () => {
  const shownIn = (...places: readonly ReturnType<typeof seen>[]) => ({
    ...reports(),
    shown: places.map((place) => ({ ...place, cluster: "gcp-1" })),
  });
  const many = Array.from({ length: 2 * placementLimit }, (_none, index) => seen(`stray-${index}`));
  const strays = (placements: readonly Placement[]) => placements.filter(({ cluster }) => cluster === "gcp-1");

  it.each([
    { what: "of another name than the job's have", place: { ...seen("old"), name: "mine" } },
    { what: "of a participant that no job can name", place: { ...seen("old"), participant: "p".repeat(60) } },
    { what: "of a participant with other letters", place: { ...seen("old"), participant: "Old_1" } },
  ])("are not recorded when they are $what", ({ place }) => {
    const job = { ...aJob(), status: { placements: [], unsearchedClusters: ["gcp-1"] } };
    expect(told(record(aSnapshot({ placing: shownIn(place) })).placements)).toHaveLength(2);
    const placing = reports(["gcp-1", { found: [place] }]);
    expect(record(aSnapshot({ job, placing }))).toMatchObject({
      placements: [{ participant: "aws" }, { participant: "gcp" }],
      unsearchedClusters: [],
    });
  });

  it("are recorded as far as a status has room, and leave it to those that the spec names", () => {
    const { placements } = record(aSnapshot({ placing: shownIn(...many) }));
    expect(placements).toHaveLength(placementLimit);
    expect(told(placements)).toEqual(expect.arrayContaining(["aws aws-1/jobs Wanted", "gcp gcp-1/jobs Wanted"]));
    const deleted = decide(aSnapshot({ placing: shownIn(...many), deletionMs: someTimeMs }), someSettings);
    expect(deleted.record.placements.length).toBeLessThanOrEqual(placementLimit);
  });

  it("are taken up later when a search found more than there is room for: the cluster stays to be searched until then", () => {
    const job = { ...aJob(), status: { placements: [], unsearchedClusters: ["gcp-1"] } };
    const first = record(aSnapshot({ job, placing: reports(["gcp-1", { found: many }]) }));
    expect(first.placements.length).toBeLessThanOrEqual(placementLimit);
    expect(first.unsearchedClusters).toEqual(["gcp-1"]);
    const [gone, left] = [strays(first.placements).slice(0, 300), strays(first.placements).slice(300)];
    const rest = many.filter(({ participant }) => !gone.some((one) => one.participant === participant)).slice(0, 200);
    const next = { ...job, status: { ...first, placements: [...first.placements] } as never };
    const second = record(aSnapshot({ job: next, placing: reports(["gcp-1", { found: rest, empty: gone }]) }));
    expect(second.unsearchedClusters).toEqual([]);
    const taken = [...left, ...rest].map(({ participant }) => participant);
    expect(new Set(strays(second.placements).map(({ participant }) => participant))).toEqual(
      new Set([...taken, "gcp"]),
    );
  });
});

describe("a record that was lost", () => {
  const lost = { ...aJob(), status: {} };

  it("lets no cluster count as clean before it was searched", () => {
    const placing = { ...reports(), clusters: ["aws-1", "gcp-1", "lab"] };
    expect(record(aSnapshot({ job: lost, placing })).unsearchedClusters).toEqual(["aws-1", "gcp-1", "lab"]);
    const plan = decide(aSnapshot({ job: lost, placing, deletionMs: someTimeMs }), someSettings);
    expect(plan.actions).toEqual([]);
    expect(plan.conditions[0]?.message).toContain("cluster aws-1 is being searched");
  });

  it("names also clusters that the spec names and that are not registered any more", () => {
    const placing = { ...reports(), clusters: ["aws-1"] };
    expect(record(aSnapshot({ job: lost, placing })).unsearchedClusters).toEqual(["aws-1", "gcp-1"]);
  });

  it("grows back cluster by cluster from what the members hold, and touches nothing that runs", () => {
    const job = { ...aJob(), status: { placements: [], unsearchedClusters: ["aws-1", "gcp-1", "lab"] } };
    const placing = reports(["aws-1", { found: [seen("aws")] }], ["gcp-1", { found: [seen("dropped")] }]);
    const { placements, unsearchedClusters } = record(aSnapshot({ job, placing }));
    expect(told(placements)).toEqual(["aws aws-1/jobs Wanted", "dropped gcp-1/jobs Leaving", "gcp gcp-1/jobs Wanted"]);
    expect(unsearchedClusters).toEqual(["lab"]);
  });

  it("keeps a seat under the name that the spec has for its cluster when two names lead to it", () => {
    const job = { ...aJob(), status: { placements: [], unsearchedClusters: ["a-second-name", "gcp-1"] } };
    const found = [seen("gcp")];
    const placing = reports(["a-second-name", { found }], ["gcp-1", { found }]);
    expect(told(record(aSnapshot({ job, placing })).placements)).toEqual([
      "aws aws-1/jobs Wanted",
      "gcp gcp-1/jobs Wanted",
    ]);
  });

  it("keeps one seat a participant where a search finds two", () => {
    const job = { ...aJob(), status: { placements: [], unsearchedClusters: ["aws-1"] } };
    const found = ["older", "jobs"].map((namespace) => seen("aws", namespace));
    expect(told(record(aSnapshot({ job, placing: reports(["aws-1", { found }]) })).placements)).toEqual([
      "aws aws-1/jobs Wanted",
      "aws aws-1/older Leaving",
      "gcp gcp-1/jobs Wanted",
    ]);
  });

  it("places nothing in a cluster that is still to be searched", () => {
    const job = { ...aJob(), status: { placements: [], unsearchedClusters: ["aws-1"] } };
    expect(told(record(aSnapshot({ job })).placements)).toEqual(["gcp gcp-1/jobs Wanted"]);
  });
});

describe("a job that is deleted", () => {
  const job = withPlacements(aJob(), aPlacement(), ofGcp);
  const deleted = (changes: Partial<JobSnapshot> = {}) => aSnapshot({ job, deletionMs: someTimeMs, ...changes });
  const leaving = withPlacements(aJob(), aPlacement({ state: "Leaving" }), { ...ofGcp, state: "Leaving" });
  const empty = { empty: [{ participant: "aws", namespace: "jobs" }] };
  const emptyGcp = { empty: [{ participant: "gcp", namespace: "jobs" }] };
  const problem = { reason: "ClusterUnreachable", message: "cluster gcp-1 does not answer" };

  it("lets all its placements leave and waits, with what it waits for", () => {
    const plan = decide(deleted(), someSettings);
    expect(plan.record.placements.map(({ state }) => state)).toEqual(["Leaving", "Leaving"]);
    expect(plan.actions).toEqual([]);
    expect(plan.conditions).toMatchObject([{ type: "Progressing", status: "False", reason: "CleanupPending" }]);
    expect(plan.conditions[0]?.message).toContain(`Job and ConfigMap ${ofGcp.name} in namespace jobs`);
  });

  it("goes once every member confirmed that nothing is left", () => {
    const placing = reports(["aws-1", empty], ["gcp-1", emptyGcp]);
    expect(decide(deleted({ job: leaving, placing }), someSettings).actions).toMatchObject([
      { type: "remove-finalizer" },
    ]);
  });

  it("goes at once when nothing was ever placed", () => {
    expect(decide(deleted({ job: aJob() }), someSettings).actions).toMatchObject([{ type: "remove-finalizer" }]);
  });

  it.each<[string, JobSnapshot["placing"]]>([
    ["did not answer", reports(["aws-1", empty])],
    [
      "is away",
      reports(["aws-1", empty], ["gcp-1", { problems: [{ participant: "gcp", namespace: "jobs", problem }] }]),
    ],
    ["is not registered any more", { ...reports(["aws-1", empty]), clusters: ["aws-1"] }],
    ["shows nothing in its cache", reports(["aws-1", empty], ["gcp-1", {}])],
  ])("waits for a member that %s, however long that takes", (_what, placing) => {
    const plan = decide(deleted({ job: leaving, placing, nowMs: someTimeMs + 1e10 }), someSettings);
    expect(plan.actions).toEqual([]);
    expect(told(plan.record.placements)).toEqual(["gcp gcp-1/jobs Leaving"]);
    expect(plan.conditions[0]?.message).toContain("annotation tributary.dev/abandon-clusters");
  });

  it("says why a member does not confirm, and tells of it once", () => {
    const placing = reports(["gcp-1", { problems: [{ participant: "gcp", namespace: "jobs", problem }] }]);
    const plan = decide(deleted({ job: leaving, placing }), someSettings);
    expect(plan.conditions[0]?.message).toContain("cluster gcp-1 does not answer");
    expect(plan.events.map(({ reason }) => reason)).toEqual(["CleanupPending"]);
    const again = withConditions(leaving, plan.conditions[0]!);
    expect(decide(deleted({ job: again, placing }), someSettings).events).toEqual([]);
  });

  it("gives up a cluster that a person named, and leaves a trace of what may be left", () => {
    const annotations = { "tributary.dev/abandon-clusters": "lab, gcp-1" };
    const given = { ...leaving, metadata: { ...leaving.metadata, annotations } };
    const plan = decide(deleted({ job: given, placing: reports(["aws-1", empty]) }), someSettings);
    expect(plan.actions).toMatchObject([{ type: "remove-finalizer" }]);
    expect(plan.events).toMatchObject([{ type: "Warning", reason: "Abandoned" }]);
    expect(plan.events[0]?.note).toContain(`${ofGcp.name} in namespace jobs of cluster gcp-1`);
  });

  it("gives up a search as well, and says so", () => {
    const annotations = { "tributary.dev/abandon-clusters": "lab" };
    const given = { ...aJob({}, { annotations }), status: { placements: [], unsearchedClusters: ["lab"] } };
    const plan = decide(deleted({ job: given }), someSettings);
    expect(plan.actions).toMatchObject([{ type: "remove-finalizer" }]);
    expect(plan.events.map(({ reason, note }) => `${reason} ${note}`).join()).toMatch(/^Abandoned .*cluster lab/u);
  });

  it("is left alone when the finalizer is not ours any more", () => {
    const plan = decide(deleted({ job: aJob({}, { finalizers: ["other"] }) }), someSettings);
    expect(plan).toMatchObject({ actions: [], conditions: [] });
  });
});

describe("an annotation that gives up a cluster", () => {
  it("takes nothing from a job that is wanted there", () => {
    const job = aJob({}, { annotations: { "tributary.dev/abandon-clusters": "aws-1" } });
    const snapshot = aSnapshot({ job: withPlacements(job, aPlacement()) });
    expect(told(record(snapshot).placements)).toContain("aws aws-1/jobs Wanted");
    expect(decide(snapshot, someSettings).events.map(({ reason }) => reason)).not.toContain("Abandoned");
  });
});
