import type { controlV1 } from "@tributary/contracts";
import type { PartyEntry } from "../../party/party-directory.ts";
import { PATIENCE_ROUNDS } from "../../party/seat-grace.ts";
import { survivorsOf } from "../../store/ledger-line.ts";
import type { EngineDeps } from "../engine-deps.ts";
import { judgeSelection } from "./judge-selection.ts";

/** Who a round may be opened with, and with how many. */
export interface Candidates {
  readonly seats: readonly PartyEntry[];
  readonly quorum: number;
}

/** What a selection asks of the engine's loop. */
export interface SelectionLoop {
  readonly candidates: () => Candidates;
  /** Whether the window is still the one in work. */
  readonly isWanted: () => boolean;
  /** Told why there are too few workers. */
  readonly tell: (shortfall: string) => void;
  /** Number of the newest change. */
  readonly revision: () => number;
  /** Waits until something changes after this revision, or for so long. */
  readonly nextChange: (revision: number, timeoutMs: number | undefined) => Promise<void>;
}

/** Longest wait for the last workers once there are enough for a round. */
const SELECTION_GRACE_MS = 15_000;

/**
 * Waits until every seat is fit, or quorum is there and the grace for the others is over.
 *
 * @returns false when the round is not wanted any more.
 */
export async function selectParties(
  { clock, config, store }: Pick<EngineDeps, "clock" | "config" | "store">,
  plan: Pick<controlV1.WindowPlan, "deadlineMs">,
  loop: SelectionLoop,
): Promise<boolean> {
  const startedMs = clock.monotonicMs();
  const { minOrganisations } = config.secureAggregation;
  const deadlineMs = Number(plan.deadlineMs);
  const fullMs = Math.min(SELECTION_GRACE_MS, deadlineMs / 4);
  const survivors = store.rounds.slice(-PATIENCE_ROUNDS).map(({ line }) => survivorsOf(line));
  while (loop.isWanted()) {
    const waitedMs = clock.monotonicMs() - startedMs;
    const revision = loop.revision();
    const { seats, quorum } = loop.candidates();
    const terms = { quorum, minOrganisations, waitedMs, fullMs, deadlineMs, survivors };
    const { isOver, waitMs, shortfall } = judgeSelection(seats, terms);
    if (isOver) return true;
    if (shortfall !== undefined) loop.tell(shortfall);
    await loop.nextChange(revision, waitMs);
  }
  return false;
}
