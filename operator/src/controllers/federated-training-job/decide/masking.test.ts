import { describe, expect, it } from "vitest";
import type { Plan } from "../plan.ts";
import type { JobSnapshot } from "../snapshot.ts";
import { aMaskedJob, aMaskedSnapshot, aStartedSnapshot, type MaskedSeat } from "../testing/a-masked-job.ts";
import { aSeat, someSettings, someTimeMs } from "../testing/a-snapshot.ts";
import { decide } from "./index.ts";

const look = (snapshot: JobSnapshot): Plan => decide(snapshot, someSettings);
const condition = (plan: Plan, type: string) => plan.conditions.find((one) => one.type === type);
const kinds = ({ actions }: Plan) => actions.map(({ type }) => type);
const seats = (...organisations: readonly (string | undefined)[]): MaskedSeat[] =>
  organisations.map((organisation) => (organisation === undefined ? { workers: 2 } : { workers: 2, organisation }));

describe("a masked job whose rounds could never be opened", () => {
  it.each<[string, JobSnapshot, string, readonly string[]]>([
    [
      "two workers",
      aMaskedSnapshot([{ workers: 1 }, { workers: 1 }]),
      "TooFewWorkers",
      ["spec.participants[].workers is 2, must be at least 3", "name more workers", "protocol None"],
    ],
    [
      "one organisation, whatever its clusters are called",
      aMaskedSnapshot(seats("St. Anna", "St. Anna")),
      "TooFewOrganisations",
      [
        "1 organisation (St. Anna), must be of at least 2",
        "spec.organisation of their MemberClusters",
        "protocol None",
      ],
    ],
    [
      "fewer organisations than it asks for",
      aMaskedSnapshot(seats("a", "b"), aMaskedJob([2, 2], { minOrganisations: 3 })),
      "TooFewOrganisations",
      ["2 organisations (a, b), must be of at least 3"],
    ],
    [
      "one organisation, though it asks for no more",
      aMaskedSnapshot(seats("a", "a"), aMaskedJob([2, 2], { minOrganisations: 1 })),
      "TooFewOrganisations",
      ["must be of at least 2"],
    ],
    [
      "a threshold that two halves could reach",
      aMaskedSnapshot(seats("a", "b", "c"), aMaskedJob([2, 2, 2], { threshold: 4 })),
      "ThresholdImpossible",
      ["spec.privacy.secureAggregation.threshold is 4, must be from 5 to 6 with 6 workers"],
    ],
    [
      "a quorum that opens no sum",
      aMaskedSnapshot(seats("a", "b", "c"), withQuorum(4)),
      "QuorumTooLow",
      ["spec.schedule.synchronous.quorum is 4, must be at least 5, the threshold", "while spec.suspend is true"],
    ],
  ])("for %s is not accepted and starts nothing", (_what, snapshot, reason, parts) => {
    const plan = look({ ...snapshot, aggregator: { state: "absent" } });
    expect(condition(plan, "Accepted")).toMatchObject({ status: "False", reason });
    for (const part of parts) expect(condition(plan, "Accepted")?.message).toContain(part);
    expect(plan.actions).toEqual([]);
    expect(plan.record.placements).toEqual([]);
    expect(plan.requeueAfterMs).toBeLessThanOrEqual(5_000);
  });

  it("is told of a cluster that is not there before anybody counts organisations", () => {
    const snapshot = aMaskedSnapshot(seats("a", "a"));
    const [first] = snapshot.seats;
    const plan = look({ ...snapshot, seats: [first!, aSeat(snapshot.job, 1, { member: { state: "missing" } })] });
    expect(condition(plan, "Accepted")).toMatchObject({ status: "False", reason: "ClusterNotFound" });
  });

  it("is told of an organisation that is none, by its MemberCluster and the remedy", () => {
    const snapshot = aMaskedSnapshot(seats("a", "b"));
    const member = { state: "reachable", heardMs: someTimeMs, namespace: "jobs", gateCaPem: "gate CA" } as const;
    const wrong = aSeat(snapshot.job, 1, { member: { ...member, organisationExpected: "in NFC" } });
    const accepted = (job: JobSnapshot["job"]) =>
      condition(look({ ...snapshot, job, seats: [snapshot.seats[0]!, wrong] }), "Accepted");
    expect(accepted(snapshot.job)).toMatchObject({ status: "False", reason: "OrganisationInvalid" });
    expect(accepted(snapshot.job)?.message).toMatch(
      /spec\.organisation of MemberCluster c1 must be in NFC; .*--organ/u,
    );
    const { job } = snapshot;
    const plain = { ...job, spec: { ...job.spec, privacy: { secureAggregation: { protocol: "None" as const } } } };
    expect(accepted(plain)).toMatchObject({ status: "True" });
  });

  it("runs no round by a spec that was edited to it, and keeps its aggregator", () => {
    const started = aStartedSnapshot(aMaskedSnapshot(seats("a", "b")), ["a", "a"]);
    const plan = look(started);
    expect(condition(plan, "Accepted")).toMatchObject({ status: "False", reason: "TooFewOrganisations" });
    expect(kinds(plan)).not.toContain("open-window");
    expect(kinds(plan)).toContain("apply-hub");
  });

  it("is judged by what was fixed once it runs, whatever its MemberClusters say by now", () => {
    const started = aStartedSnapshot(aMaskedSnapshot(seats("a", "a")), ["a", "b"]);
    expect(condition(look(started), "Accepted")).toMatchObject({ status: "True" });
  });

  function withQuorum(quorum: number) {
    const job = aMaskedJob([2, 2, 2]);
    const synchronous = { ...job.spec.schedule.synchronous!, quorum };
    return { ...job, spec: { ...job.spec, schedule: { synchronous } } };
  }
});

describe("a masked job that can lose no worker", () => {
  const three = aMaskedSnapshot([{ workers: 2 }, { workers: 1 }]);

  it("is accepted with a warning, by an event once and in the condition for good", () => {
    const plan = look(three);
    expect(condition(plan, "Accepted")).toMatchObject({ status: "True", reason: "Valid" });
    expect(condition(plan, "Accepted")?.message).toContain("all 3 workers are needed to open a sum (threshold 3)");
    expect(plan.events.filter(({ reason }) => reason === "UnmaskLost")).toMatchObject([
      { type: "Warning", note: expect.stringContaining("name more workers in spec.participants") },
    ]);
    const accepted = { ...condition(plan, "Accepted")!, observedGeneration: 1, lastTransitionTime: "" };
    const job = { ...three.job, status: { ...three.job.status, conditions: [accepted] } };
    const later = look({ ...three, job });
    expect(later.events.map(({ reason }) => reason)).not.toContain("UnmaskLost");
    expect(condition(later, "Accepted")).toEqual(condition(plan, "Accepted"));
  });

  it("is one of four workers only where all four are asked for", () => {
    const warned = (asked: object) =>
      look(aMaskedSnapshot(seats("a", "b"), aMaskedJob([2, 2], asked))).events.some(
        ({ reason }) => reason === "UnmaskLost",
      );
    expect([warned({}), warned({ threshold: 4 })]).toEqual([false, true]);
  });
});

describe("the condition PeerPrivacy of a masked job", () => {
  it.each<[string, JobSnapshot, string, readonly string[]]>([
    [
      "two organisations",
      aMaskedSnapshot(seats("a", "b")),
      "False TwoParticipants",
      ["the hub reads sums alone", "2 organisations (a, b)", "a third organisation and minOrganisations 3"],
    ],
    [
      "two organisations in three clusters",
      aMaskedSnapshot(seats("a", "b", "b")),
      "False TwoParticipants",
      ["2 organisations (a, b)"],
    ],
    [
      "three organisations of which two are enough",
      aMaskedSnapshot(seats("a", "b", undefined)),
      "False BelowOrganisations",
      ["minOrganisations is 2", "create the job with minOrganisations 3"],
    ],
    [
      "three organisations of which one is enough",
      aMaskedSnapshot(seats("a", "b", "c"), aMaskedJob([2, 2, 2], { minOrganisations: 1 })),
      "False BelowOrganisations",
      ["one organisation alone, and the hub reads it"],
    ],
    [
      "three organisations that are all needed",
      aMaskedSnapshot(seats("a", "b", undefined), aMaskedJob([2, 2, 2], { minOrganisations: 3 })),
      "True OrganisationsHidden",
      ["the workers of at least 3 organisations"],
    ],
  ])("says of %s from whom single updates are hidden", (_what, snapshot, said, parts) => {
    const told = condition(look(snapshot), "PeerPrivacy");
    expect(`${told?.status} ${told?.reason}`).toBe(said);
    for (const part of parts) expect(told?.message).toContain(part);
  });

  it("speaks of what was fixed once the job runs", () => {
    const job = aMaskedJob([2, 2, 2], { minOrganisations: 3 });
    const started = aStartedSnapshot(aMaskedSnapshot(seats("a", "a", "a"), job), ["a", "b", "c"]);
    expect(condition(look(started), "PeerPrivacy")).toMatchObject({ status: "True" });
  });
});
