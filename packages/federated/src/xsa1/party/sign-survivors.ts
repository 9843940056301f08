import { hasRank, isCanonicalBitmap, isSubset } from "../bitmap.ts";
import { equalBytes } from "../bytes.ts";
import { encodeMessage } from "../encode-message.ts";
import { MessageType, type SurvivorBitmapsMessage } from "../messages.ts";
import { type Refusal, RefusalReason, refusal } from "../refusals.ts";
import { checkPresence, entriesOf, isMasked, rankOf } from "../roster.ts";
import { consistencyTranscript } from "../transcripts.ts";
import { minSumDistance } from "./accept-plan.ts";
import { refuse } from "./party-round.ts";
import { type PartyState, type PlannedRound, withProgress, withRound } from "./party-state.ts";
import type { PartyContext, PartyStep } from "./party-types.ts";
import { checkDistance, recordSurvivors, type SumHistory, survivorSet } from "./sum-history.ts";

/** Step 4: signs one survivor bitmap for each segment of the message, all of them or none; from then on no other. */
export function signSurvivors(
  context: PartyContext,
  state: PartyState,
  round: PlannedRound,
  message: SurvivorBitmapsMessage,
): PartyStep {
  let next = round;
  let history = state.history;
  for (const { segment, bitmap } of message.bitmaps) {
    const index = round.setup.segments.findIndex((entry) => entry.id === segment);
    if (index === -1) return refuse(state, refusal(RefusalReason.UnknownSegment, `segment ${segment}`));
    const signed = next.progress[index]!.bitmap;
    if (signed !== null && equalBytes(signed, bitmap)) continue;
    const found = checkSurvivors(next, history, index, bitmap);
    if (found !== null) return refuse(state, found);
    next = withProgress(next, index, { bitmap });
    history = remember(next, history, segment, bitmap);
  }
  const segments = message.bitmaps.map((entry) => entry.segment);
  const send = { type: "send", message: consistency(context, next, segments) } as const;
  if (next === round) return { state, effects: [send] };
  return { state: withRound({ ...state, history }, next), effects: [{ type: "persist" }, send] };
}

/** The encoded Consistency message over the signed bitmaps of some segments. */
export function consistency(
  { crypto, config }: PartyContext,
  round: PlannedRound,
  segments: readonly number[],
): Uint8Array {
  const planDigest = round.plan.digest;
  const signatures = round.setup.segments.flatMap(({ id }, index) => {
    const bitmap = round.progress[index]!.bitmap;
    if (bitmap === null || !segments.includes(id)) return [];
    const transcript = consistencyTranscript(planDigest, id, bitmap);
    return [{ segment: id, signature: crypto.signEd25519(config.identitySecret, transcript) }];
  });
  return encodeMessage({ type: MessageType.Consistency, planDigest, party: round.party, signatures });
}

function checkSurvivors(round: PlannedRound, history: SumHistory, index: number, bitmap: Uint8Array): Refusal | null {
  const { setup, shares, progress, plan } = round;
  const { id } = setup.segments[index]!;
  const { bitmap: signed, plainSha256 } = progress[index]!;
  if (signed !== null)
    return refusal(RefusalReason.BitmapChanged, `segment ${id}: another bitmap was signed in this round`);
  if (shares === null) return refusal(RefusalReason.StageNotReached, "survivors before the shares");
  if (!isCanonicalBitmap(bitmap, setup.roster.length)) {
    return refusal(RefusalReason.MalformedMessage, `segment ${id}: the bitmap does not fit the roster`);
  }
  if (!isSubset(bitmap, shares.senders)) return refusal(RefusalReason.SurvivorsNotSubset, `segment ${id}`);
  const few = checkPresence(setup, entriesOf(setup, bitmap), RefusalReason.TooFewSurvivors);
  if (few !== null) return few;
  if (hasRank(bitmap, rankOf(setup, round.party)) && plainSha256 === null) {
    return refusal(RefusalReason.NotPrepared, `segment ${id}: this party never masked it`);
  }
  if (!isMasked(setup)) return null;
  if (history.model === null || !equalBytes(history.model, plan.plan.modelSha256)) {
    return refusal(RefusalReason.ModelSuperseded, `segment ${id}: a later plan has another base model`);
  }
  return checkDistance(history, id, setOf(round, bitmap), minSumDistance(setup));
}

function remember(round: PlannedRound, history: SumHistory, segment: number, bitmap: Uint8Array): SumHistory {
  return isMasked(round.setup) ? recordSurvivors(history, segment, setOf(round, bitmap)) : history;
}

function setOf({ dataNames }: PlannedRound, bitmap: Uint8Array): Uint8Array {
  return survivorSet(dataNames.filter((_, rank) => hasRank(bitmap, rank)));
}
