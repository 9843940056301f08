import { hasRank } from "../bitmap.ts";
import { equalBytes } from "../bytes.ts";
import type { ResultMessage, SegmentResult } from "../messages.ts";
import { type Refusal, RefusalReason, refusal } from "../refusals.ts";
import { rankOf } from "../roster.ts";
import { resultTranscript } from "../transcripts.ts";
import { refuse } from "./party-round.ts";
import { type PartyState, type PlannedRound, withoutRound } from "./party-state.ts";
import { type PartyContext, type PartyStep, SegmentOutcome } from "./party-types.ts";

/** Step 6: the round is committed; forgets its secrets and says which segments hold this party's input. */
export function closeRound(
  context: PartyContext,
  state: PartyState,
  round: PlannedRound,
  message: ResultMessage,
): PartyStep {
  const { crypto, config } = context;
  const transcript = resultTranscript(round.plan.digest, message.segments);
  if (!crypto.verifyEd25519(config.aggregatorKey, transcript, message.signature)) {
    return refuse(state, refusal(RefusalReason.SignatureInvalid, "the result is not signed by this job's aggregator"));
  }
  const wrong = message.segments.map((result) => checkResult(round, result)).find((found) => found !== null);
  if (wrong !== undefined) return refuse(state, wrong);
  const own = rankOf(round.setup, round.party);
  const segments = round.setup.segments.map(({ id }) => {
    const opened = message.segments.find((result) => result.segment === id)?.opened ?? null;
    const outcome = opened === null ? "Empty" : hasRank(opened.bitmap, own) ? "Included" : "Excluded";
    return { segment: id, outcome: SegmentOutcome[outcome] };
  });
  const effects = [{ type: "persist" }, { type: "closed", planDigest: round.plan.digest, segments }] as const;
  return { state: withoutRound(state, round), effects };
}

/** A party that was cut off has signed nothing; one that signed accepts only what it signed. */
function checkResult(round: PlannedRound, { segment, opened }: SegmentResult): Refusal | null {
  const index = round.setup.segments.findIndex((entry) => entry.id === segment);
  if (index === -1) return refusal(RefusalReason.UnknownSegment, `segment ${segment}`);
  const signed = round.progress[index]!.bitmap;
  if (opened === null || signed === null || equalBytes(signed, opened.bitmap)) return null;
  return refusal(RefusalReason.ResultMismatch, `segment ${segment}: other survivors than this party signed`);
}
