import { type FederatedTrainingJob, Kinds } from "@tributary/contracts";
import { TributaryError } from "@tributary/kit";
import { beforeEach, expect, it } from "vitest";
import type { Unstructured } from "../../runtime/api/object.ts";
import { type JobDeps, reconcileJob } from "./reconcile.ts";
import { renderAggregatorStatefulSet } from "./render/aggregator.ts";
import type { PlacingReport } from "./snapshot.ts";
import { aRefusingHub } from "./testing/a-refusing-hub.ts";
import { aJob, aPlacement, aRun, someTimeMs, withConditions, withPlacements } from "./testing/a-snapshot.ts";
import { cacheOf } from "./testing/some-sources.ts";

const complete = { type: "Complete", status: "True", reason: "MaxRounds", message: "5 rounds are committed" } as const;
const progressing = { type: "Progressing", status: "True", reason: "RoundStarted", message: "round 1" } as const;
const accepted = { type: "Accepted", status: "True", reason: "Valid", message: "all is there" } as const;
const deletionTimestamp = "2027-01-15T08:00:00Z";

let isForbidden: boolean;
beforeEach(() => {
  isForbidden = true;
});

/** A hub that lets its operator read and write nothing in the namespace of a job whose aggregator runs. */
function aClosedHub(job: FederatedTrainingJob) {
  const reports = new Map<string, PlacingReport>();
  const patched: string[] = [];
  const statefulSet = renderAggregatorStatefulSet(job, { run: aRun(job), replicas: 1 }) as unknown as Unstructured;
  const get = async ({ kind }: { kind: string }) => {
    if (!isForbidden || kind === Kinds.FederatedTrainingJob.kind) return undefined;
    throw new TributaryError("FORBIDDEN", `get ${kind} is forbidden`);
  };
  const hub = aRefusingHub({
    job: withPlacements(job, aPlacement()),
    backoff: { initialMs: 2_000, maxMs: 60_000, factor: 2 },
    client: {
      get: get as never,
      patchJson: async (kind, _ref, operations) => {
        const last = operations.at(-1);
        patched.push(`${kind.kind} ${last?.op} ${last?.path}`);
        return {} as never;
      },
      list: async () => [],
    },
    sources: { statefulSets: cacheOf<Unstructured>(statefulSet), seatReports: { of: () => reports } },
  });
  return { ...hub, patched, reports };
}

const look = (deps: JobDeps) =>
  reconcileJob("research/notes", deps, { signal: new AbortController().signal, failures: 0, reconcileId: "look" });

function said({ jobs }: ReturnType<typeof aClosedHub>) {
  const { status } = jobs.list()[0]!;
  const conditions = Object.fromEntries((status?.conditions ?? []).map((one) => [one.type, one]));
  return { status, conditions, states: status?.placements?.map(({ state }) => state) };
}

it("a complete job loses its workers, stays complete and says that it cannot be looked after, as long as that lasts", async () => {
  const ended = withConditions(aJob(), complete);
  const completionTime = new Date(someTimeMs - 60_000).toISOString();
  const hub = aClosedHub({ ...ended, status: { ...ended.status, completionTime } });
  const wait = await look(hub.deps);
  expect(wait?.requeueAfterMs).toBe(2_000);
  const { status, conditions, states } = said(hub);
  expect(states).toEqual(["Leaving"]);
  expect(status).toMatchObject({ phase: "Completed", completionTime });
  expect(conditions.Complete).toMatchObject({ status: "True", message: complete.message });
  expect(conditions.Progressing).toMatchObject({
    reason: "RBACDenied",
    message: expect.stringMatching(/cannot look after this job \(tried again since .*\): get Secret is forbidden$/u),
  });
  await look(hub.deps);
  expect(said(hub).status).toEqual(status);
  isForbidden = false;
  await look(hub.deps);
  expect(said(hub).conditions.Progressing).toMatchObject({ reason: "MaxRounds", message: "the job is complete" });
});

it.each([
  ["a job that goes on", withConditions(aJob({}, { deletionTimestamp }), progressing)],
  ["a complete job", withConditions(aJob({}, { deletionTimestamp }), complete)],
])("%s is deleted: its members are emptied, and then it goes", async (_what, job) => {
  const hub = aClosedHub(job);
  await look(hub.deps);
  const { conditions, states } = said(hub);
  expect(states).toEqual(["Leaving"]);
  expect(conditions.Progressing).toMatchObject({ reason: "CleanupPending" });
  hub.reports.set("aws-1", { empty: [{ participant: "aws", namespace: "jobs" }], problems: [] });
  expect(await look(hub.deps)).toBeUndefined();
  expect(hub.patched).toEqual(["FederatedTrainingJob remove /metadata/finalizers/0"]);
});

it("a suspended job gives its workers back, and goes on saying what was found of its spec", async () => {
  const hub = aClosedHub(withConditions(aJob({ suspend: true }), accepted, progressing));
  expect(await look(hub.deps)).toEqual({ requeueAfterMs: 2_000 });
  const { conditions, states } = said(hub);
  expect(states).toEqual(["Leaving"]);
  expect(conditions).toMatchObject({
    Suspended: { status: "True" },
    Accepted: { status: "True", message: accepted.message },
    Progressing: { status: "False", reason: "RBACDenied" },
  });
  isForbidden = false;
  await look(hub.deps);
  expect(said(hub).conditions.Progressing).toMatchObject({ reason: "Suspended" });
});

it("a job that goes on keeps its workers and says that it cannot be looked after", async () => {
  const hub = aClosedHub(withConditions(aJob(), accepted, progressing));
  await expect(look(hub.deps)).rejects.toMatchObject({ code: "FORBIDDEN" });
  const { conditions, states } = said(hub);
  expect(states).toEqual(["Wanted"]);
  expect(conditions).toMatchObject({
    Accepted: { status: "True" },
    Progressing: { status: "False", reason: "RBACDenied" },
  });
});
