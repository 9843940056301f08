import { toHex } from "@tributary/federated";
import { TributaryError } from "@tributary/kit";
import { GONE_MS } from "./seat-grace.ts";
import type { SeatHolder } from "./seats.ts";

/** What is known of the worker on a seat when another one asks for it. */
export interface SeatPossession {
  /** Where it listens. */
  readonly stream: object | undefined;
  /** Requests of it that are under way. */
  readonly visits: number;
  /** When it was last there, on the monotonic clock. */
  readonly presentMs: number;
  /** Keys of workers that were replaced on the seat. */
  readonly replaced: readonly string[];
}

/** Whether two certificates are of one worker: a renewed one keeps the key. */
export function isSameKey(one: SeatHolder, other: SeatHolder): boolean {
  return toHex(one.publicKey) === toHex(other.publicKey);
}

/**
 * Whether a worker may take the seat of another. The later certificate counts; of two of one second, the one that was not replaced before.
 * Nobody is kept out of a seat that is deserted; one whose worker has just joined, or is about to come back, is not.
 */
export function mayReplace(
  { stream, visits, presentMs, replaced }: SeatPossession,
  before: SeatHolder,
  holder: SeatHolder,
  nowMs: number,
): boolean {
  const isDeserted = stream === undefined && visits === 0 && nowMs - presentMs >= GONE_MS;
  if (isDeserted || holder.issuedMs > before.issuedMs) return true;
  return holder.issuedMs === before.issuedMs && !replaced.includes(toHex(holder.publicKey));
}

/**
 * Refuses every worker but the one on the seat, by the key.
 *
 * @throws AGGREGATOR_UNREACHABLE while there is none, which the rightful one does not take for a refusal; IDENTITY_REJECTED otherwise.
 */
export function requireSeated(present: SeatHolder | undefined, holder: SeatHolder): void {
  const { partyId } = holder.seat;
  if (present === undefined)
    throw new TributaryError("AGGREGATOR_UNREACHABLE", `party ${partyId}: no worker has joined yet; join first`);
  if (isSameKey(present, holder)) return;
  if (holder.issuedMs <= present.issuedMs) throw seatLost(partyId);
  throw new TributaryError("IDENTITY_REJECTED", `party ${partyId}: another worker has the seat; join first`);
}

/** What a worker is told that was replaced. */
export function seatLost(partyId: number): TributaryError {
  return new TributaryError(
    "IDENTITY_REJECTED",
    `party ${partyId}: a worker with a later certificate holds the seat; delete the earlier pod if it still runs, or find out who has its key`,
  );
}
