import { TributaryError } from "@tributary/kit";
import type { ApiClient } from "../../runtime/api/api-client.ts";
import type { ReconcileContext, ReconcileResult } from "../../runtime/control/controller.ts";
import type { RetryLimit } from "../../runtime/queue/retry-limit.ts";
import { actOnSeats, type SeatActDeps, type SeatsOutcome } from "./act/act-on-seats.ts";
import { decideSeats } from "./decide/decide-seats.ts";
import { isFree, isStuck, nextLookMs } from "./decide/look-again.ts";
import { observeSeats, type SeatSources } from "./observe/observe-seats.ts";

/** Everything that one look at seats uses. */
export interface SeatDeps extends SeatActDeps {
  readonly sources: SeatSources;
  /** How long seats wait of which a member refuses all that is to be done: what lasts is tried ever more seldom, and for ever. */
  readonly retries: RetryLimit;
}

/** Outcome of a look that had nothing to do. */
const idle: SeatsOutcome = {
  report: { empty: [], problems: [] },
  headway: { isPassing: false, isRefused: false, hasProgressed: false },
};

/**
 * One look at the seats of one job in one member: observe, decide, act, and say what came of it to the job's look. It acts
 * only on what the job's status records; whether a place is wanted is decided there.
 */
export async function reconcileSeats(
  key: string,
  deps: SeatDeps,
  { signal }: Pick<ReconcileContext, "signal">,
): Promise<ReconcileResult> {
  const seen = await observeSeats(key, deps.sources, signal);
  if (seen === undefined) {
    deps.retries.forget(key);
    return undefined;
  }
  const plan = decideSeats(seen);
  const { uid = "" } = seen.job.metadata;
  const { report, headway } =
    plan.actions.length === 0
      ? idle
      : await actOnSeats(clientOf(deps.sources, seen.cluster), uid, plan.actions, deps, signal);
  deps.sources.reports.tell(uid, seen.cluster, {
    ...report,
    problems: [...plan.report.problems, ...report.problems],
  });
  if (isStuck(headway)) return { requeueAfterMs: deps.retries.waitMs(key) };
  if (isFree(headway)) deps.retries.forget(key);
  const requeueAfterMs = nextLookMs(headway, plan.requeueAfterMs);
  return requeueAfterMs === undefined ? undefined : { requeueAfterMs };
}

function clientOf({ members }: SeatSources, cluster: string): ApiClient {
  const state = members.stateOf(cluster);
  if (state?.state === "reachable") return state.client;
  throw new TributaryError("MEMBER_UNREACHABLE", `cluster ${cluster} stopped answering`);
}
