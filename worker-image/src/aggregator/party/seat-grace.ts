/** What is known of a seat when a round is about to open. */
export interface SeatPresence {
  readonly isConnected: boolean;
  /** Committed rounds in a row, up to the newest, that hold no report of it; what is above {@link PATIENCE_ROUNDS} makes no difference. */
  readonly missedRounds: number;
  /** Milliseconds since its worker was heard; since this process started when it never was. */
  readonly silentMs: number;
}

/** Rounds that a seat may miss before it is no longer waited for in full: no more of the ledger is ever looked at. */
export const PATIENCE_ROUNDS = 2;
/** A living worker whose link broke is back within this: its largest back-off, and a try. */
const RECONNECT_MS = 6_000;
/** A worker that was not heard for so long is not about to reconnect. */
export const GONE_MS = 60_000;

/**
 * How long a round waits for seats that are not connected, once there are enough for quorum.
 *
 * A seat that took part lately is waited for in full. One that missed the last rounds gets the time of a reconnection while its worker is
 * still heard, and none once it is silent; a report gives it the full time back.
 */
export function selectionGraceMs(seats: readonly SeatPresence[], fullMs: number): number {
  return Math.max(0, ...seats.map((seat) => graceOf(seat, fullMs)));
}

function graceOf({ isConnected, missedRounds, silentMs }: SeatPresence, fullMs: number): number {
  if (isConnected) return 0;
  if (missedRounds < PATIENCE_ROUNDS) return fullMs;
  return silentMs < GONE_MS ? Math.min(fullMs, RECONNECT_MS) : 0;
}

/** A worker's place as the ledger names it: numbers of seats change with the job, names do not. */
export interface SeatName {
  readonly participant: string;
  readonly workerIndex: number;
}

/** Rounds in a row, up to the newest, without a seat among the survivors. */
export function missedRounds(survivors: readonly (readonly SeatName[])[], seat: SeatName): number {
  const isSeat = (other: SeatName) => other.participant === seat.participant && other.workerIndex === seat.workerIndex;
  const last = survivors.findLastIndex((round) => round.some(isSeat));
  return survivors.length - 1 - last;
}
