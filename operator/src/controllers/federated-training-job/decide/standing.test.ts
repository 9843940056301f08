import { JobCondition } from "@tributary/contracts";
import { synchronousOf } from "@tributary/contracts/fields";
import { TributaryError } from "@tributary/kit";
import { describe, expect, it } from "vitest";
import type { Condition, JobSnapshot } from "../snapshot.ts";
import { renderClusters } from "../status/clusters.ts";
import {
  aJob,
  aPlacement,
  aRun,
  aSeat,
  aSnapshot,
  someSettings,
  someTimeMs,
  withConditions,
  withPlacements,
} from "../testing/a-snapshot.ts";
import { decide } from "./index.ts";

const working: readonly Condition[] = (
  [
    ["Accepted", "True", "Valid"],
    ["AggregationReady", "True", "AggregatorReady"],
    ["ClustersReady", "True", "AllReady"],
    ["Degraded", "True", "ClusterLost"],
    ["Progressing", "True", "RoundStarted"],
    ["Suspended", "False", "Resumed"],
    ["PeerPrivacy", "False", "SecureAggregationOff"],
  ] as const
).map(([type, status, reason]) => ({ type, status, reason, message: "as it was" }));

const absent = { state: "absent" } as const;
const unreadHub = { unread: new TributaryError("FORBIDDEN", "no get"), missingClaims: [], readyReplicas: 0 };

/** Status and reason of each condition after a look, written over what a working job said. */
function saidIn(changes: Partial<JobSnapshot>): Record<string, string> {
  const snapshot = aSnapshot(changes);
  const merged = new Map<string, Pick<Condition, "status" | "reason">>(
    (snapshot.job.status?.conditions ?? []).map((one) => [one.type, one]),
  );
  for (const one of decide(snapshot, someSettings).conditions) merged.set(one.type, one);
  return Object.fromEntries([...merged].map(([type, { status, reason }]) => [type, `${status} ${reason}`]));
}

describe("every condition in every phase", () => {
  const suspend = { Suspended: "True Suspended", Progressing: "False Suspended" };
  const complete = { type: "Complete", status: "True", reason: "MaxRounds", message: "" } as const;
  const paused = working.map((one) =>
    one.type === "Suspended" ? { ...one, status: "True" as const, reason: "Suspended" } : one,
  );
  const badSchedule = { synchronous: { ...synchronousOf(aJob().spec), deadline: "soon" } };
  const ended = [...working, complete, { ...working[4]!, status: "False" as const, reason: "MaxRounds" }];

  it.each<[string, Partial<JobSnapshot>, Record<string, string>]>([
    [
      "a suspended job",
      { job: withConditions(aJob({ suspend: true }), ...working) },
      { ...suspend, Accepted: "True Valid", ClustersReady: "False Suspended", Degraded: "False Suspended" },
    ],
    [
      "a suspended job of which a claim is missing",
      {
        job: withConditions(aJob({ suspend: true }, { generation: 2 }), ...working),
        hub: { missingClaims: ["models"], readyReplicas: 0 },
        aggregator: absent,
      },
      { ...suspend, Accepted: "False ClaimNotFound", ClustersReady: "False Suspended" },
    ],
    [
      "a job whose edited spec names what is not there",
      {
        job: withConditions(aJob({}, { generation: 2 }), ...working),
        hub: { missingClaims: ["models"], readyReplicas: 0 },
        aggregator: absent,
      },
      {
        Accepted: "False ClaimNotFound",
        AggregationReady: "False NotAccepted",
        ClustersReady: "False NotAccepted",
        Degraded: "False NotAccepted",
        Progressing: "False NotAccepted",
      },
    ],
    [
      "a resumed job whose spec names what is not there",
      {
        job: withConditions(aJob({}, { generation: 2 }), ...paused),
        hub: { missingClaims: ["models"], readyReplicas: 0 },
        aggregator: absent,
      },
      { Suspended: "False NotAccepted", Accepted: "False ClaimNotFound", ClustersReady: "False NotAccepted" },
    ],
    [
      "a started job that was resumed with a spec that is wrong",
      { job: withConditions(aJob({ schedule: badSchedule }, { generation: 2 }), ...paused) },
      { Suspended: "False NotAccepted", Accepted: "False SpecInvalid", ClustersReady: "False NotAccepted" },
    ],
    [
      "a resumed job that is being deleted",
      { job: withPlacements(withConditions(aJob(), ...paused), aPlacement()), deletionMs: someTimeMs },
      { Suspended: "False Deleting", Progressing: "False CleanupPending" },
    ],
    [
      "a suspended job that is being deleted",
      { job: withPlacements(withConditions(aJob({ suspend: true }), ...paused), aPlacement()), deletionMs: someTimeMs },
      { Suspended: "True Suspended", Progressing: "False CleanupPending" },
    ],
    [
      "a job that was not suspended and whose edited spec is wrong",
      { job: withConditions(aJob({ schedule: badSchedule }, { generation: 2 }), ...working) },
      { Suspended: "False Resumed", Accepted: "False SpecInvalid" },
    ],
    [
      "a complete job",
      { job: withConditions(aJob(), ...ended), completionMs: someTimeMs - 60_000, aggregator: absent },
      {
        Complete: "True MaxRounds",
        Progressing: "False MaxRounds",
        AggregationReady: "False Finished",
        ClustersReady: "False Finished",
        Degraded: "False Finished",
      },
    ],
    [
      "a job that is being deleted",
      {
        job: withPlacements(withConditions(aJob(), ...working), aPlacement()),
        deletionMs: someTimeMs,
      },
      { Progressing: "False CleanupPending", AggregationReady: "False Deleting", ClustersReady: "False Deleting" },
    ],
    [
      "a job that is being deleted and that only somebody else's finalizer still keeps",
      { job: withConditions(aJob({}, { finalizers: ["example.org/backup"] }), ...working), deletionMs: someTimeMs },
      { Progressing: "False Deleting", ClustersReady: "False Deleting" },
    ],
    [
      "a complete job that is being deleted and that only somebody else's finalizer still keeps",
      { job: withConditions(aJob({}, { finalizers: ["example.org/backup"] }), ...ended), deletionMs: someTimeMs },
      { Complete: "True MaxRounds", Progressing: "False Finished" },
    ],
    [
      "a suspended job of which nothing may be read on the hub",
      { job: withConditions(aJob({ suspend: true }), ...working), hub: unreadHub, aggregator: absent },
      {
        ...suspend,
        Accepted: "True Valid",
        AggregationReady: "True AggregatorReady",
        ClustersReady: "False Suspended",
      },
    ],
    [
      "a job of which nothing may be read on the hub: all as it was",
      { job: withConditions(aJob(), ...working), hub: unreadHub, aggregator: absent },
      Object.fromEntries(working.map(({ type, status, reason }) => [type, `${status} ${reason}`])),
    ],
  ])("says what is true of %s", (_what, changes, want) => {
    expect(saidIn(changes)).toMatchObject(want);
  });

  it("tells that workers are placed again once the spec of a resumed job is accepted", () => {
    const waiting = { type: "Suspended", status: "False", reason: "NotAccepted", message: "" } as const;
    const plan = decide(aSnapshot({ job: withConditions(aJob(), ...working.slice(0, 5), waiting) }), someSettings);
    expect(plan.events.map(({ reason }) => reason)).toContain("Resumed");
    expect(plan.conditions.find(({ type }) => type === "Suspended")).toMatchObject({ reason: "Resumed" });
  });

  it("tells nothing of what was never told", () => {
    const { kept: _kept, ...hub } = aSnapshot().hub;
    const job = aJob({ suspend: true });
    const plan = decide(aSnapshot({ job, hub, aggregator: { state: "absent" } }), someSettings);
    expect(plan.conditions.map(({ type }) => type).sort()).toEqual(["Accepted", "Progressing", "Suspended"]);
  });

  it("has a word for each", () => {
    const spoken = new Set([...working.map(({ type }) => type as string), "Complete", "Failed"]);
    expect([...spoken].sort()).toEqual(Object.keys(JobCondition).sort());
  });
});

describe("an aggregator that runs while its job's spec does not count", () => {
  const run = { settings: someSettings.aggregator, members: [] };
  const kept = { run, isOpen: false };
  const hub = { ...aSnapshot().hub, kept, configText: "{}\n", hasService: false, replicas: 0 };
  const lost = { hub, aggregator: { state: "unreachable", message: "nobody answers" } as const };
  const told = withConditions(aJob({}, { generation: 2 }), ...working);
  const edited = (spec: Partial<JobSnapshot["job"]["spec"]>) => ({ ...told, spec: { ...told.spec, ...spec } });
  const schedule = { synchronous: { ...synchronousOf(told.spec), deadline: "soon" } };
  const all = ["ConfigMap", "Service", "StatefulSet"];

  it.each<[string, Partial<JobSnapshot>]>([
    ["suspended", { ...lost, job: edited({ suspend: true }) }],
    ["suspended with a spec that is wrong", { ...lost, job: edited({ suspend: true, schedule }) }],
    ["edited to a spec that is wrong", { ...lost, job: edited({ schedule }) }],
    [
      "edited when something that it names is missing",
      { ...lost, job: edited({}), hub: { ...hub, missingClaims: ["x"] } },
    ],
  ])("is mended, and its condition is true, while the job is %s", (_what, changes) => {
    const plan = decide(aSnapshot(changes), someSettings);
    const applied = plan.actions.flatMap((action) => (action.type === "apply-hub" ? [action.kind.kind] : []));
    expect(applied).toEqual(all);
    expect(saidIn(changes)).toMatchObject({ AggregationReady: "False AggregatorNotReady" });
  });

  it.each<[string, Partial<JobSnapshot["job"]["spec"]>]>([
    ["suspended", { suspend: true }],
    ["not accepted", { schedule }],
  ])("runs on with what it has while the job is %s, whatever the spec and the chart say now", (_what, spec) => {
    const participants = [{ ...told.spec.participants[0]!, workers: 7 }, told.spec.participants[1]!];
    const settings = { ...someSettings, aggregator: { ...someSettings.aggregator, image: "dataplane:2" } };
    const job = edited({ participants, ...spec });
    const plan = decide(aSnapshot({ job, hub: { ...hub, configHash: "of its start" } }), settings);
    const objects = plan.actions.flatMap((action) => (action.type === "apply-hub" ? [action.object] : []));
    const printed = JSON.stringify(objects);
    expect(printed).toContain("dataplane:1");
    expect(printed).not.toContain("dataplane:2");
    expect(printed).toContain('"tributary.dev/config-hash":"of its start"');
    expect(objects[0]).toMatchObject({ data: { "job.json": "{}\n" } });
  });

  it("is told apart from a start without one: a StatefulSet that is gone gets the hash of the text that is kept", () => {
    const accepted = decide(aSnapshot({ hub: { ...hub, kept } }), someSettings);
    const annotationOf = (plan: typeof accepted): string => {
      const printed = JSON.stringify(plan.actions);
      return /"tributary.dev\/config-hash":"([^"]*)"/u.exec(printed)?.[1] ?? "";
    };
    const config = accepted.actions.find((action) => action.type === "apply-hub" && action.kind.kind === "ConfigMap");
    const configText = (config as unknown as { object: { data: Record<string, string> } }).object.data["job.json"]!;
    const whole = { ...hub, kept, configText };
    const suspended = decide(aSnapshot({ job: edited({ suspend: true }), hub: whole }), someSettings);
    expect(annotationOf(suspended)).toBe(annotationOf(accepted));
  });
});

describe("an accepted job", () => {
  const accepted = { ...working[0]! };
  const job = aJob({}, { generation: 3 });
  const known = {
    ...job,
    status: { conditions: [{ ...accepted, lastTransitionTime: "2027-01-15T08:00:00.000Z", observedGeneration: 3 }] },
  };
  const gone = aSeat(job, 0, { member: { state: "missing" }, template: { state: "unknown" } });

  it("stays accepted when a MemberCluster goes, says so, and loses neither aggregator nor the other seats", () => {
    const plan = decide(aSnapshot({ job: known, seats: [gone, aSeat(job, 1)], aggregator: absent }), someSettings);
    const told = Object.fromEntries(plan.conditions.map((one) => [one.type, one]));
    expect(told.Accepted).toMatchObject({ status: "True", reason: "Valid" });
    expect(told.Accepted?.message).toContain("and now participant aws");
    expect(told.Degraded).toMatchObject({ status: "True", reason: "ClusterLost" });
    expect(plan.actions.map(({ type }) => type)).toContain("apply-hub");
  });

  it("is judged anew when its spec changed", () => {
    const edited = { ...known, metadata: { ...known.metadata, generation: 4 } };
    const plan = decide(aSnapshot({ job: edited, seats: [gone, aSeat(job, 1)], aggregator: absent }), someSettings);
    expect(plan.conditions).toMatchObject(
      expect.arrayContaining([expect.objectContaining({ type: "Accepted", reason: "ClusterNotFound" })]),
    );
  });

  it("says of no runtime that it exists before its member answered, and what the member lacks once it does", () => {
    const problem = { reason: "Connecting", message: "it is being connected" };
    const unasked = { state: "unreachable", problem, sinceMs: 1, namespace: "jobs", gateCaPem: "x" } as const;
    const away = aSeat(job, 0, { member: unasked, template: { state: "unknown" } });
    const first = decide(aSnapshot({ job, seats: [away, aSeat(job, 1)] }), someSettings);
    expect(first.conditions[0]).toMatchObject({
      status: "True",
      message: expect.stringContaining("what is offered to participant aws (cluster aws-1) is not known"),
    });
    const lacking = aSeat(job, 0, { template: { state: "runtime-missing", offered: [] } });
    const then = decide(aSnapshot({ job: known, seats: [lacking, aSeat(job, 1)] }), someSettings);
    const told = Object.fromEntries(then.conditions.map((one) => [one.type, one]));
    expect(told.Degraded).toMatchObject({ status: "True", reason: "RuntimeNotFound" });
    expect(renderClusters(aSnapshot({ job: known, seats: [lacking, aSeat(job, 1)] }))[0]).toMatchObject({
      reason: "RuntimeNotFound",
    });
  });

  it("keeps its word while a member that was asked is being connected again", () => {
    const message = "the spec is valid and everything that it names exists";
    const before = { ...known.status.conditions[0]!, message };
    const away = aSeat(job, 0, { template: { state: "unknown" } });
    const asked = { ...job, status: { conditions: [before] } };
    const plan = decide(aSnapshot({ job: asked, seats: [away, aSeat(job, 1)] }), someSettings);
    expect(plan.conditions[0]).toMatchObject({ type: "Accepted", message });
  });
});

describe("a started job whose spec was edited in a suspension to name a cluster that is not there", () => {
  const participants = [
    ...aJob().spec.participants,
    { name: "az", cluster: "typo", role: "Trainer", workers: 1 },
  ] as const;
  const job = aJob({ participants: [...participants], strategy: { name: "FedAdam" } }, { generation: 2 });
  const missing = aSeat(job, 2, { member: { state: "missing" }, template: { state: "unknown" } });
  const kept = { run: aRun(aJob()), isOpen: true };
  const seats = [aSeat(job, 0), aSeat(job, 1), missing];
  const hub = { ...aSnapshot().hub, kept, configText: "{}\n", replicas: 0 };
  const plan = decide(aSnapshot({ job: withConditions(job, ...working), hub, seats }), someSettings);

  it("runs no round by the former spec", () => {
    expect(plan.actions.filter(({ type }) => type === "open-window")).toEqual([]);
    const told = Object.fromEntries(plan.conditions.map((one) => [one.type, `${one.status} ${one.reason}`]));
    expect(told).toMatchObject({ Accepted: "False ClusterNotFound", Progressing: "False NotAccepted" });
  });

  it("keeps its aggregator, with what it has", () => {
    const applied = plan.actions.flatMap((action) => (action.type === "apply-hub" ? [action.kind.kind] : []));
    expect(applied).toEqual(["ConfigMap", "Service", "StatefulSet"]);
  });
});
