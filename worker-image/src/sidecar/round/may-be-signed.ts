import { equalBytes, isMasked, type Message, type MessageType } from "@tributary/federated";
import type { RecordSum } from "../gate/record-sums.ts";
import type { Agreements } from "./agreements.ts";
import { requireSharedWork, type Trust } from "./check-opened.ts";
import type { CheckedRound } from "./check-started.ts";
import type { Wait } from "./inbox.ts";
import type { PartyMachine } from "./party-machine.ts";
import { partiesOf } from "./round-messages.ts";
import { sumsToSign } from "./sums-to-sign.ts";

/** Survivors as the aggregator announces them. */
export type SurvivorBitmaps = Extract<Message, { readonly type: typeof MessageType.SurvivorBitmaps }>;

/** A round whose plan the machine has accepted. */
export interface StartedRound {
  readonly planDigest: Uint8Array;
  readonly round: CheckedRound;
}

/** What stands between survivors and the machine that signs them. */
export interface SigningGuard {
  readonly crypto: Trust["crypto"];
  readonly partyId: number;
  readonly agreements: Agreements;
  readonly record: RecordSum;
  readonly machine: PartyMachine;
  /** The round that the worker is in. */
  readonly started: StartedRound | undefined;
}

/** Survivors as they came. */
export interface AnnouncedSurvivors {
  readonly read: SurvivorBitmaps;
  readonly message: Uint8Array;
  /** Bytes of the report that left the pod. */
  readonly sentBytes: () => number;
}

/**
 * Whether the machine may be asked to sign survivors: what it would sign is agreed to, and remembered by the member's gate, before. What it has
 * signed it says again without asking, since that was remembered then.
 *
 * @throws TERMS_REFUSED, DIFFERENCE_OF_JOBS, GATE_MEMORY_FULL, GATE_UNREACHABLE, PEERS_INVALID: then nothing is signed.
 */
export async function mayBeSigned(guard: SigningGuard, survivors: AnnouncedSurvivors, wait: Wait): Promise<boolean> {
  const { read, message, sentBytes } = survivors;
  const round = await agree(guard, read);
  if (round === undefined) return false;
  const { crypto, machine, record } = guard;
  const signing = isMasked(round.setup) ? machine.signingOf(read.planDigest) : undefined;
  // What the machine refuses is no sum: it says so itself, and nobody need remember it.
  if (signing === undefined || machine.wouldRefuse(message)) return true;
  for (const sum of sumsToSign(crypto, round, signing, read.bitmaps))
    await wait((signal) => record({ ...sum, sentBytes: sentBytes() }, signal));
  return true;
}

/**
 * Before the machine signs survivors: from then on no other terms count on this start. Survivors of a round that this worker is not in,
 * as one hears of that came late, are nothing to sign and nothing to complain of.
 *
 * @returns the round, or `undefined` when there is nothing to sign.
 */
async function agree(
  { agreements, partyId, machine, started }: SigningGuard,
  { planDigest, bitmaps }: SurvivorBitmaps,
): Promise<CheckedRound | undefined> {
  const present = machine.presentStart;
  if (started === undefined || !equalBytes(started.planDigest, planDigest)) return undefined;
  const { round } = started;
  if (present === null || !equalBytes(present, round.startSha256)) return undefined;
  const updates = new Set(round.layout.updates.map(({ segment }) => segment.id));
  for (const { segment, bitmap } of bitmaps)
    if (updates.has(segment)) requireSharedWork(round, partyId, partiesOf(round, bitmap));
  await agreements.keep(round);
  return round;
}
