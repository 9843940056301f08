import {
  asTributaryError,
  catalogue,
  type ErrorCode,
  inParallel,
  isTributaryError,
  type Logger,
  type TributaryError,
} from "@tributary/kit";
import type { ApiClient, CallOptions } from "../../../runtime/api/api-client.ts";
import type { Expectations } from "../../../runtime/control/expectations.ts";
import type { Placement, PlacingReport, Problem } from "../../federated-training-job/snapshot.ts";
import type { NamedJob } from "../../shared/is-job-gone.ts";
import { type FoundPlace, isSamePlace, type Place } from "../../shared/place.ts";
import { troubleOf } from "../decide/decide-seats.ts";
import type { Headway } from "../decide/look-again.ts";
import type { SeatAction } from "../plan.ts";
import { placeKey } from "../seat-key.ts";
import { type Emptied, emptyPlaces } from "./empty-places.ts";
import { findOtherCluster } from "./other-cluster.ts";
import { placeSeat, replaceBatchJob } from "./place-seat.ts";
import { searchMember } from "./search-member.ts";

/** What effects in members need. */
export interface SeatActDeps {
  /** Whether a job with this uid exists on the hub. */
  readonly isJobAlive: (uid: string) => boolean;
  /** The same asked of the hub's API server, before anything is removed because its job is gone. */
  readonly isJobGone: (job: NamedJob, call: CallOptions) => Promise<boolean>;
  readonly expectations: Expectations;
  /** Id of this hub. */
  readonly hubId: string;
  readonly log: Logger;
}

/** What came of the actions of one look. */
export interface SeatsOutcome {
  /** What the job's look is told. */
  readonly report: PlacingReport;
  /** What the time of the next look depends on. */
  readonly headway: Headway;
}

/** Calls of one look that are under way at once in a member. */
const parallelCalls = 8;
/** Failures that pass by themselves at the next look: nobody has to hear of them. */
const passing: readonly ErrorCode[] = ["API_CONFLICT", "OPERATION_ABORTED"];

/** Carries out the actions in one member. Each is idempotent; a failure of one place is data and stops no other. */
export async function actOnSeats(
  client: ApiClient,
  jobUid: string,
  actions: readonly SeatAction[],
  deps: SeatActDeps,
  signal: AbortSignal,
): Promise<SeatsOutcome> {
  const empty: Place[] = [];
  const problems: PlacingReport["problems"][number][] = [];
  let found: readonly FoundPlace[] | undefined;
  let searchProblem: Problem | undefined;
  let [isPassing, isRefused, hasProgressed] = [false, false, false];
  const note = (action: SeatAction, thrown: unknown, placements = placementsOf(action)): void => {
    const error = asTributaryError(thrown);
    tellFailure(client.cluster, action, error, deps.log);
    if (passing.some((code) => isTributaryError(error, code))) {
      isPassing = true;
      return;
    }
    isRefused = true;
    const problem = { reason: catalogue[error.code].reason, message: error.message };
    if (action.type === "search") searchProblem = problem;
    problems.push(...placements.map((placement) => troubleOf(placement, problem)));
  };
  try {
    const elsewhere = await findOtherCluster(client, actions.flatMap(placementsOf), signal);
    problems.push(...elsewhere);
    const here = actions.flatMap((action) => withoutPlaces(action, elsewhere));
    await inParallel(here, parallelCalls, async (action) => {
      try {
        const outcome = await carryOut(client, jobUid, action, deps, signal);
        hasProgressed ||= isUnderWay(action, outcome);
        empty.push(...(outcome.empty ?? []));
        problems.push(...(outcome.problems ?? []));
        for (const { placement, cause } of outcome.refused ?? []) note(action, cause, [placement]);
        for (const placement of placementsOf(action))
          if (outcome.empty?.some((place) => isSamePlace(place, placement)) === true)
            deps.expectations.forget(placeKey(placement));
        found = outcome.found ?? found;
      } catch (thrown) {
        note(action, thrown);
      }
    });
  } catch (thrown) {
    for (const action of actions) note(action, thrown);
  }
  return {
    report: {
      empty: empty.toSorted(byPlace),
      problems: problems.toSorted(byPlace),
      ...(found && { found }),
      ...(searchProblem && { searchProblem }),
    },
    headway: { isPassing, isRefused, hasProgressed },
  };
}

type Outcome = Partial<PlacingReport & Pick<Emptied, "refused">>;

async function carryOut(
  client: ApiClient,
  jobUid: string,
  action: SeatAction,
  deps: SeatActDeps,
  signal: AbortSignal,
): Promise<Outcome> {
  switch (action.type) {
    case "place":
      await placeSeat(client, action, deps, signal);
      return {};
    case "replace":
      await replaceBatchJob(client, action, deps, signal);
      return {};
    case "empty":
      return emptyPlaces(client, deps.hubId, action, signal);
    case "search":
      return { found: await searchMember(client, deps.hubId, jobUid, action.namespaces, signal) };
    default:
      return action satisfies never;
  }
}

/** Whether an action was carried out in one of its places at least: there, nothing keeps what was begun from its end. */
function isUnderWay(action: SeatAction, { refused = [], problems = [] }: Outcome): boolean {
  if (action.type !== "empty") return true;
  return action.placements.some(
    (one) =>
      !refused.some(({ placement }) => isSamePlace(placement, one)) &&
      !problems.some((other) => isSamePlace(other, one)),
  );
}

function placementsOf(action: SeatAction): readonly Placement[] {
  if (action.type === "search") return [];
  return action.type === "empty" ? action.placements : [action.placement];
}

/** An action without the places that are in another cluster; nothing when no other is left. */
function withoutPlaces(action: SeatAction, elsewhere: PlacingReport["problems"]): SeatAction[] {
  const isHere = (place: Place): boolean => !elsewhere.some((other) => isSamePlace(other, place));
  if (action.type === "search") return [action];
  if (action.type !== "empty") return isHere(action.placement) ? [action] : [];
  const placements = action.placements.filter(isHere);
  return placements.length === 0 ? [] : [{ ...action, placements }];
}

function tellFailure(cluster: string, action: SeatAction, error: TributaryError, log: Logger): void {
  const { code, message } = error;
  log.warn(
    { cluster, action: action.type, why: action.why, code, err: message },
    "an action in a member failed and is tried again",
  );
}

function byPlace(left: Place, right: Place): number {
  const keyOf = ({ namespace, participant }: Place): string => `${namespace}/${participant}`;
  return keyOf(left) < keyOf(right) ? -1 : 1;
}
