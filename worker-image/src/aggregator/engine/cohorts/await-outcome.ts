import { DeadlineStage, isMasked } from "@tributary/federated";
import type { Clock } from "@tributary/kit";
import type { RoundRun } from "../run/round-run.ts";
import type { RunOutcome } from "../run/run-contract.ts";
import { isStageOpen } from "../run/waited-parties.ts";
import { linkSignal } from "./link-signal.ts";

/** Bounds of an attempt. */
export interface OutcomeBounds {
  /** When reports are of no use any more, on the monotonic clock. */
  readonly expiresMs: number;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/** How an attempt ended, and when. */
export interface AttemptEnd {
  readonly outcome: RunOutcome;
  /** Whether its deadline, or what an exchange may take of it, closed a stage that still waited for parties. */
  readonly isExpired: boolean;
}

/** Longest time for one exchange of keys or shares: of itself, and for each party, with whose keys every other one has work. */
const EXCHANGE_TIMEOUT_MS = { least: 15_000, eachParty: 500 };
/** Share of an attempt's time that one exchange may take: a party that says nothing must leave the others time for their reports. */
const EXCHANGE_SHARE = 1 / 8;
/** Longest time from the announced survivors to the opened sums. */
export const UNMASK_TIMEOUT_MS = 60_000;

/**
 * Waits for an attempt to end and closes its stages in time; `undefined` when the signal aborts first.
 *
 * Without masks an announced sum that nobody answers for is given up: it tells nothing about anybody. With masks it waits for those who can
 * open it: another sum on the same start, of other workers, would single one of them out.
 */
export async function awaitOutcome(run: RoundRun, bounds: OutcomeBounds): Promise<AttemptEnd | undefined> {
  let isExpired = false;
  const onExpired = () => {
    isExpired = true;
  };
  const { signal, stop } = linkSignal(bounds.signal);
  const stages = closeStages(run, bounds, signal, onExpired).catch((error: unknown) => {
    if (!signal.aborted) throw error;
    return undefined;
  });
  try {
    const outcome = await Promise.race([run.outcome, stages]);
    return outcome === undefined ? undefined : { outcome, isExpired };
  } finally {
    stop();
  }
}

/** Ends each stage when its time is over; never resolves unless the signal aborts. */
async function closeStages(
  run: RoundRun,
  { expiresMs, clock }: OutcomeBounds,
  signal: AbortSignal,
  onExpired: () => void,
): Promise<undefined> {
  const left = () => Math.max(0, expiresMs - clock.monotonicMs());
  const longestMs = EXCHANGE_TIMEOUT_MS.least + EXCHANGE_TIMEOUT_MS.eachParty * run.state.setup.roster.length;
  const exchangeMs = Math.min(longestMs, left() * EXCHANGE_SHARE);
  // The outcome may be there before the post returns, so what it is due to is told before.
  const close = async (stage: DeadlineStage, isDue: boolean): Promise<void> => {
    if (isDue && isStageOpen(run.state, stage)) onExpired();
    await run.post({ type: "deadline", stage });
  };
  await clock.sleep(exchangeMs, signal);
  await close(DeadlineStage.Advertising, exchangeMs < longestMs);
  await clock.sleep(exchangeMs, signal);
  await close(DeadlineStage.Sharing, exchangeMs < longestMs);
  await Promise.race([run.announced, clock.sleep(left(), signal)]);
  await close(DeadlineStage.Collecting, true);
  await clock.sleep(UNMASK_TIMEOUT_MS, signal);
  await run.post({ type: "deadline", stage: DeadlineStage.Unmasking });
  if (isMasked(run.state.setup)) return parkSums(run, clock, signal);
  await run.post({ type: "abandon" });
  await clock.sleep(UNMASK_TIMEOUT_MS, signal);
  return undefined;
}

async function parkSums(run: RoundRun, clock: Clock, signal: AbortSignal): Promise<never> {
  for (;;) {
    await run.park();
    await clock.sleep(UNMASK_TIMEOUT_MS, signal);
  }
}
