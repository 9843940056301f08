import { encodeMessage } from "../encode-message.ts";
import { type ConsistencyMessage, MessageType } from "../messages.ts";
import { RefusalReason, refusal } from "../refusals.ts";
import { entryOf, isMasked, partiesOf } from "../roster.ts";
import { consistencyTranscript } from "../transcripts.ts";
import { type PlannedState, SegmentStage, segmentIndex, withSegment } from "./aggregator-state.ts";
import { refuse, refuseSegment } from "./aggregator-steps.ts";
import type { AggregatorContext, AggregatorEffect, AggregatorEvent, AggregatorStep } from "./aggregator-types.ts";
import { graphOf } from "./collect-keys.ts";

type Summed = Extract<AggregatorEvent, { readonly type: "summed" }>;

/** The sums are computed: durable point 1, and only after it the survivors are announced. */
export function announceSurvivors(state: PlannedState, event: Summed): AggregatorStep {
  let next = state;
  const announced: number[] = [];
  for (const { segment, sumSha256 } of event.sums) {
    const index = segmentIndex(state, segment);
    if (state.segments[index]?.stage !== SegmentStage.Summing) continue;
    next = withSegment(next, index, { stage: SegmentStage.Signing, sumSha256 });
    announced.push(index);
  }
  if (announced.length === 0) return { state, effects: [] };
  const segments = announced.map((index) => state.setup.segments[index]!.id);
  return { state: next, effects: [{ type: "persist", segments }, bitmapsMessage(next, announced)] };
}

/** The survivor bitmaps of some segments, for everybody. */
export function bitmapsMessage(
  state: PlannedState,
  indices: readonly number[],
  to: number | "all" = "all",
): AggregatorEffect {
  const bitmaps = indices.map((index) => ({
    segment: state.setup.segments[index]!.id,
    bitmap: state.segments[index]!.survivors!,
  }));
  const message = encodeMessage({ type: MessageType.SurvivorBitmaps, planDigest: state.plan.digest, bitmaps });
  return { type: "send", to, message };
}

/** Step 4: takes signatures over bitmaps; segments with enough of them go on to unmasking. */
export function receiveConsistency(
  context: AggregatorContext,
  state: PlannedState,
  message: ConsistencyMessage,
): AggregatorStep {
  const { party } = message;
  let next = state;
  for (const { segment, signature } of message.signatures) {
    const index = segmentIndex(state, segment);
    const current = next.segments[index];
    if (current === undefined) return refuseSegment(state, party, segment);
    if (current.stage !== SegmentStage.Signing) continue;
    const transcript = consistencyTranscript(state.plan.digest, segment, current.survivors!);
    if (!context.crypto.verifyEd25519(entryOf(state.setup, party)!.publicKey, transcript, signature)) {
      return refuse(
        state,
        party,
        refusal(RefusalReason.SignatureInvalid, `segment ${segment}: not a signature of party ${party}`),
      );
    }
    next = withSegment(next, index, { signatures: new Map(current.signatures).set(party, signature) });
  }
  const ready = next.segments.flatMap((segment, index) =>
    segment.stage === SegmentStage.Signing && hasEnoughSignatures(context, next, index) ? [index] : [],
  );
  if (ready.length === 0) return { state: next, effects: [] };
  for (const index of ready) next = withSegment(next, index, { stage: SegmentStage.Unmasking });
  return { state: next, effects: [requestMessage(next, ready)] };
}

/** The unmask request for some segments: bitmap and signatures. */
export function requestMessage(
  state: PlannedState,
  indices: readonly number[],
  to: number | "all" = "all",
): AggregatorEffect {
  const segments = indices.map((index) => {
    const { survivors, signatures } = state.segments[index]!;
    const sorted = [...signatures].sort(([a], [b]) => a - b).map(([party, signature]) => ({ party, signature }));
    return { segment: state.setup.segments[index]!.id, bitmap: survivors!, signatures: sorted };
  });
  const message = encodeMessage({ type: MessageType.UnmaskRequest, planDigest: state.plan.digest, segments });
  return { type: "send", to, message };
}

/** Parties give a share only with `threshold` signatures of its owner's holders: so many are needed around everybody in U2. */
function hasEnoughSignatures(context: AggregatorContext, state: PlannedState, index: number): boolean {
  const { signatures } = state.segments[index]!;
  const { threshold } = state.setup;
  if (signatures.size < threshold) return false;
  if (!isMasked(state.setup)) return true;
  const graph = graphOf(context, state);
  const count = (owner: number) => graph.signersOf(owner).filter((holder) => signatures.has(holder)).length;
  return partiesOf(state.setup, state.senders!).every((owner) => count(owner) >= threshold);
}
