import { synchronousOf } from "@tributary/contracts/fields";
import { describe, expect, it } from "vitest";
import type { PartyReport, SeatObservation } from "../snapshot.ts";
import { renderClusters } from "../status/clusters.ts";
import { aJob, aPlacement, aReport, aSeat, aSnapshot, someSettings, withPlacements } from "../testing/a-snapshot.ts";
import { decide } from "./index.ts";

const lacking = { reason: "KindMissing", message: "its trainer does not do Evaluate, which this job asks" };
const silent = { reason: "TrainerLost", message: "its trainer has not registered within 120 s" };
/** A problem of a worker with which rounds are opened. */
const passing = { reason: "TrainerLost", message: "its trainer closed its connection" };
const party = (participant: string, problem?: PartyReport["problem"]): PartyReport => ({
  ...{ participant, workerIndex: 0, heardAgoMs: 0, clockOffsetMs: 0 },
  ...(problem === undefined ? {} : { problem, isUnfit: problem !== passing }),
});

interface Known {
  readonly runtime?: string;
  /** What its cluster says of the first seat. */
  readonly first?: Partial<SeatObservation>;
}

/** A job of two seats, of which the first worker's trainer has this problem. */
function look(quorum: number, problem: PartyReport["problem"], { runtime, first: known }: Known = {}) {
  const given = aJob();
  const synchronous = { ...synchronousOf(given.spec), quorum };
  const [first, ...others] = given.spec.participants;
  const participants = runtime === undefined ? given.spec.participants : [{ ...first!, runtime }, ...others];
  const spec = { ...given.spec, participants, schedule: { synchronous } };
  const placements = spec.participants.map(({ name, cluster }) => aPlacement({ participant: name, cluster }));
  const job = withPlacements({ ...given, spec }, ...placements);
  const seats = [0, 1].map((index) =>
    aSeat(job, index, { hasBatchJob: true, activePods: 1, ...(index === 0 && known) }),
  );
  const report = aReport({ parties: [party("aws", problem), party("gcp")] });
  const snapshot = aSnapshot({ job, seats, aggregator: { state: "heard", heardMs: 0, report } });
  const { conditions, actions } = decide(snapshot, someSettings);
  const opens = actions.some(({ type }) => type === "open-window");
  const told = (type: string) => conditions.find((condition) => condition.type === type);
  return { opens, told, clusters: renderClusters(snapshot) };
}

it("a worker whose gate does not vouch for it is told of with the gate as the remedy, and not with its trainer", () => {
  const { told } = look(2, { reason: "GateUnreachable", message: "its gate has not vouched for it" });
  expect(told("ClustersReady")).toMatchObject({ status: "False", reason: "GateUnreachable" });
  expect(told("ClustersReady")?.message).toMatch(/no round is opened with it; see that the gate of its member runs/u);
});

describe("a worker whose trainer lacks a verb", () => {
  it("counts for no quorum: ClustersReady says participant, verb and runtime, and no round is opened", () => {
    const { opens, told, clusters } = look(2, lacking);
    expect(opens).toBe(false);
    expect(told("ClustersReady")).toMatchObject({ status: "False", reason: "KindMissing" });
    expect(told("ClustersReady")?.message).toMatch(
      /^participant aws \(cluster aws-1\): worker 0 of runtime noop: its trainer does not do Evaluate, which this job asks; no round is opened/u,
    );
    expect(clusters.map(({ reason }) => reason)).toEqual(["KindMissing", undefined]);
  });

  it("is told of with the runtime that its participant names for itself", () => {
    expect(look(2, lacking, { runtime: "torch" }).told("ClustersReady")?.message).toContain(
      "worker 0 of runtime torch: its trainer",
    );
  });

  it("holds up nobody else once the others are enough, and is told of all the same", () => {
    const { opens, told } = look(1, lacking);
    expect(opens).toBe(true);
    expect(told("ClustersReady")).toMatchObject({
      status: "True",
      message: expect.stringContaining("1 of 2 workers have joined, the quorum is 1; participant aws"),
    });
    expect(told("Degraded")).toMatchObject({ status: "True", reason: "KindMissing" });
  });

  it("that has not registered for too long counts as little, and is told of by its runtime", () => {
    const { opens, told } = look(2, silent);
    expect(opens).toBe(false);
    expect(told("ClustersReady")).toMatchObject({
      status: "False",
      reason: "TrainerLost",
      message: expect.stringContaining(
        "worker 0 of runtime noop: its trainer has not registered within 120 s; no round",
      ),
    });
  });

  it("is told of by what its cluster says for as long as its trainer has not started, if the trainer lacks no verb", () => {
    const problem = { reason: "TrainerStarting", message: "pod aws-0: its trainer has not started yet" };
    const first = { startingWorkers: [{ workerIndex: 0, problem }] };
    const { opens, told, clusters } = look(2, silent, { first });
    expect(opens).toBe(false);
    const said =
      "worker 0 of runtime noop: pod aws-0: its trainer has not started yet; no round is opened with it; its";
    expect(told("ClustersReady")).toMatchObject({
      ...{ status: "False", reason: "TrainerStarting" },
      message: expect.stringContaining(said),
    });
    expect(told("Degraded")).toMatchObject({
      ...{ status: "True", reason: "TrainerStarting" },
      message: "worker 0 of participant aws: pod aws-0: its trainer has not started yet",
    });
    expect(clusters.map(({ reason }) => reason)).toEqual(["TrainerStarting", undefined]);
    expect(look(2, lacking, { first }).told("Degraded")).toMatchObject({ reason: "KindMissing" });
    expect(look(2, passing, { first }).told("Degraded")).toMatchObject({ reason: "TrainerLost" });
    const other = { startingWorkers: [{ workerIndex: 1, problem }] };
    expect(look(2, silent, { first: other }).told("Degraded")).toMatchObject({ reason: "TrainerLost" });
  });

  it("counts like any other when rounds are opened with it, whatever it had", () => {
    const { opens, told } = look(2, passing);
    expect(opens).toBe(true);
    expect(told("ClustersReady")).toMatchObject({ status: "True", message: "all 2 workers have joined" });
  });

  it("is forgotten when another trainer has it", () => {
    const { opens, told } = look(2, undefined);
    expect(opens).toBe(true);
    expect(told("ClustersReady")).toMatchObject({ status: "True", message: "all 2 workers have joined" });
    expect(told("Degraded")).toMatchObject({ status: "False" });
  });
});
