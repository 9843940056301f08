import { TributaryError } from "@tributary/kit";
import type { ApiClient } from "../../runtime/api/api-client.ts";
import type { ReconcileContext, ReconcileResult } from "../../runtime/control/controller.ts";
import { actOnSeats, type SeatActDeps, type SeatsOutcome } from "./act/act-on-seats.ts";
import { decideSeats } from "./decide/decide-seats.ts";
import { observeSeats, type SeatSources } from "./observe/observe-seats.ts";

/** Everything that one look at seats uses. */
export interface SeatDeps extends SeatActDeps {
  readonly sources: SeatSources;
}

/** Time until a look that failed in part is repeated, in milliseconds. */
const retryMs = 2_000;
/** Time until a member is searched again that could not be searched, in milliseconds: a search lists all of its namespaces. */
const searchAgainMs = 5_000;

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
  if (seen === undefined) return undefined;
  const plan = decideSeats(seen);
  const { uid = "" } = seen.job.metadata;
  const { hasFailed, ...outcome }: SeatsOutcome =
    plan.actions.length === 0
      ? { hasFailed: false, empty: [], problems: [] }
      : await actOnSeats(clientOf(deps.sources, seen.cluster), uid, plan.actions, deps, signal);
  deps.sources.reports.tell(uid, seen.cluster, {
    ...outcome,
    problems: [...plan.report.problems, ...outcome.problems],
  });
  const waits = [
    plan.requeueAfterMs,
    hasFailed ? retryMs : undefined,
    outcome.searchProblem === undefined ? undefined : searchAgainMs,
  ].filter((wait) => wait !== undefined);
  return waits.length === 0 ? undefined : { requeueAfterMs: Math.min(...waits) };
}

function clientOf({ members }: SeatSources, cluster: string): ApiClient {
  const state = members.stateOf(cluster);
  if (state?.state === "reachable") return state.client;
  throw new TributaryError("MEMBER_UNREACHABLE", `cluster ${cluster} stopped answering`);
}
