import { describe, expect, it } from "vitest";
import type { Action } from "../plan.ts";
import { configField, renderAggregatorConfig } from "../render/aggregator.ts";
import { frozenField, type KeptRun, readFrozenRun } from "../render/frozen-run.ts";
import type { JobSnapshot, SeatObservation } from "../snapshot.ts";
import { aJob, aPlacement, aSeat, aSnapshot, someSettings, withPlacements } from "../testing/a-snapshot.ts";
import { decide } from "./index.ts";
import { runOf } from "./run.ts";

const job = withPlacements(aJob(), aPlacement(), aPlacement({ participant: "gcp", cluster: "gcp-1" }));
const accepted = runOf(aSnapshot(), someSettings.aggregator)!;
const kept: KeptRun = { run: accepted, isOpen: false };
const hub = { ...aSnapshot().hub, kept };
const newSettings = {
  ...someSettings,
  aggregator: {
    image: "dataplane:2",
    imagePullPolicy: "Always",
    dataVolumeSize: "20Gi",
    memoryLimit: "2Gi",
    storageClass: "fast",
  },
};
const another: SeatObservation["member"] = {
  state: "reachable",
  heardMs: 1,
  namespace: "moved",
  gateCaPem: "another CA",
  organisation: "another",
};

const objectOf = (actions: readonly Action[], kind: string) =>
  actions.flatMap((action) => (action.type === "apply-hub" && action.kind.kind === kind ? [action.object] : []))[0];
const rendered = (snapshot: JobSnapshot, settings = someSettings) => {
  const { actions } = decide(snapshot, settings);
  return [objectOf(actions, "ConfigMap"), objectOf(actions, "StatefulSet")];
};

describe("what an aggregator runs with", () => {
  const before = rendered(aSnapshot({ job, hub }));

  it.each([
    {
      name: "a MemberCluster is deleted",
      changes: { seats: [aSeat(job, 0, { member: { state: "missing" } }), aSeat(job, 1)] },
    },
    {
      name: "its CA bundle, its namespace and its organisation are edited",
      changes: { seats: [aSeat(job, 0, { member: another }), aSeat(job, 1)] },
    },
    {
      name: "its CA bundle becomes one that cannot be read",
      changes: {
        seats: [aSeat(job, 0, { member: { state: "reachable", heardMs: 1, namespace: "jobs" } }), aSeat(job, 1)],
      },
    },
    { name: "the chart's values change", changes: {}, settings: newSettings },
  ] as const)("stays when $name", ({ changes, ...rest }) => {
    const settings = "settings" in rest ? rest.settings : someSettings;
    expect(rendered(aSnapshot({ job, hub, ...changes }), settings)).toEqual(before);
  });

  it("follows a MemberCluster until something of the job is placed there, so that a mistake in it can be mended", () => {
    const placed = withPlacements(aJob(), aPlacement({ participant: "gcp", cluster: "gcp-1" }));
    const snapshot = aSnapshot({ job: placed, hub, seats: [aSeat(placed, 0, { member: another }), aSeat(placed, 1)] });
    expect(runOf(snapshot, someSettings.aggregator)?.members).toEqual([
      { cluster: "aws-1", gateCaPem: "another CA", namespace: "moved", organisation: "another" },
      accepted.members[1],
    ]);
  });

  it.each<[string, Partial<NonNullable<JobSnapshot["job"]["status"]>>]>([
    ["no record of places is left", {}],
    ["the member is still to be searched", { placements: [], unsearchedClusters: ["aws-1"] }],
  ])("stays while %s, since workers may be there", (_what, status) => {
    const lost = { ...aJob(), status };
    const seats = [aSeat(lost, 0, { member: another }), aSeat(lost, 1)];
    expect(runOf(aSnapshot({ job: lost, hub, seats }), someSettings.aggregator)?.members[0]).toEqual(
      accepted.members[0],
    );
  });

  it("is known of a namespace before a worker is placed there", () => {
    const snapshot = aSnapshot({ hub, seats: [aSeat(aJob(), 0, { member: another }), aSeat(aJob(), 1)] });
    const places = (seen: JobSnapshot) => decide(seen, someSettings).record.placements.map(({ cluster }) => cluster);
    expect(places(snapshot)).toEqual(["gcp-1"]);
    const known = { ...hub, kept: { ...kept, run: runOf(snapshot, someSettings.aggregator)! } };
    expect(places({ ...snapshot, hub: known })).toEqual(["aws-1", "gcp-1"]);
  });

  it("is taken anew when the job was suspended, but for a member that is not known any more", () => {
    const open = { ...hub, kept: { ...kept, isOpen: true } };
    const seats = [aSeat(job, 0, { member: another }), aSeat(job, 1, { member: { state: "missing" } })];
    expect(runOf(aSnapshot({ hub: open, seats }), newSettings.aggregator)).toEqual({
      settings: newSettings.aggregator,
      members: [
        { cluster: "aws-1", gateCaPem: "another CA", namespace: "moved", organisation: "another" },
        accepted.members[1],
      ],
    });
  });

  it("is opened by a suspension, while the aggregator keeps its configuration", () => {
    const configText = (renderAggregatorConfig(job, kept) as unknown as { data: Record<string, string> }).data[
      configField
    ]!;
    const suspended = aJob({ suspend: true, strategy: { name: "FedAdam" } });
    const { actions } = decide(aSnapshot({ job: suspended, hub: { ...hub, configText } }), newSettings);
    expect(objectOf(actions, "StatefulSet")).toEqual(before[1]);
    const data = objectOf(actions, "ConfigMap")?.data as Record<string, string>;
    expect(data[configField]).toBe(configText);
    expect(readFrozenRun(data[frozenField])).toEqual({ run: accepted, isOpen: true });
    const opened = { ...hub, configText, kept: { ...kept, isOpen: true } };
    expect(decide(aSnapshot({ job: suspended, hub: opened }), newSettings).actions).toEqual(actions);
  });

  it("comes from the StatefulSet when somebody removed it, so that nothing restarts", () => {
    const { kept: _kept, ...without } = hub;
    const liveSettings = accepted.settings;
    expect(rendered(aSnapshot({ hub: { ...without, liveSettings } }), newSettings)).toEqual(before);
  });

  it("does not start on a gate CA that nobody could read", () => {
    const { kept: _kept, ...without } = aSnapshot().hub;
    const seats = [aSeat(job, 0, { member: { state: "reachable", heardMs: 1, namespace: "jobs" } }), aSeat(job, 1)];
    expect(rendered(aSnapshot({ hub: without, seats }))).toEqual([undefined, undefined]);
  });
});

describe("certificates", () => {
  it.each([
    { name: "all are there", changes: {}, want: false },
    { name: "the CA is lost", changes: { caSecretPresent: false }, want: true },
  ])("are made again only when one is missing: $name", ({ changes, want }) => {
    const { actions } = decide(aSnapshot({ hub: { ...aSnapshot().hub, ...changes } }), someSettings);
    expect(actions.some(({ type }) => type === "ensure-certificates")).toBe(want);
  });

  it("that are others start the aggregator again", () => {
    const [, before] = rendered(aSnapshot());
    const [, after] = rendered(aSnapshot({ hub: { ...aSnapshot().hub, certificateHash: "another" } }));
    expect(after).not.toEqual(before);
  });
});
