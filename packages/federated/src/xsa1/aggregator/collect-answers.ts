import type { Share } from "../../shamir/shamir.ts";
import { hasRank } from "../bitmap.ts";
import { equalBytes } from "../bytes.ts";
import { decodeMessage } from "../decode-message.ts";
import { commitSelfSeed, derivePairKey, deriveSelfKey, type MaskKey, pairSign } from "../derive-keys.ts";
import type { MaskGraph } from "../mask-graph.ts";
import { type AdvertiseMessage, ShareKind, type UnmaskAnswerMessage } from "../messages.ts";
import { type Refusal, RefusalReason, refusal } from "../refusals.ts";
import { entryOf, isMasked, keyAt, partiesOf, rankOf } from "../roster.ts";
import { answerTranscript } from "../transcripts.ts";
import { type GivenShare, type PlannedState, SegmentStage, segmentIndex, withSegment } from "./aggregator-state.ts";
import { refuse, refuseSegment } from "./aggregator-steps.ts";
import type { AggregatorContext, AggregatorEffect, AggregatorStep } from "./aggregator-types.ts";
import { graphOf } from "./collect-keys.ts";
import { rebuildSecret } from "./rebuild-secret.ts";

/** Step 5: takes a holder's shares; a segment whose secrets can all be rebuilt has its masks removed. */
export function receiveAnswer(
  context: AggregatorContext,
  state: PlannedState,
  message: UnmaskAnswerMessage,
): AggregatorStep {
  const { party, signature, ...rest } = message;
  const key = entryOf(state.setup, party)!.publicKey;
  if (!context.crypto.verifyEd25519(key, answerTranscript(context.crypto, { party, ...rest }), signature)) {
    return refuse(state, party, refusal(RefusalReason.SignatureInvalid, `the answer is not signed by party ${party}`));
  }
  let next = state;
  const effects: AggregatorEffect[] = [];
  for (const { segment, shares } of message.segments) {
    const index = segmentIndex(state, segment);
    const current = next.segments[index];
    if (current === undefined) return refuseSegment(state, party, segment);
    if (current.stage !== SegmentStage.Unmasking || current.answers.has(party)) continue;
    const wrong = checkShares(context, next, index, party, shares);
    if (wrong !== null) return refuse(state, party, wrong);
    next = withSegment(next, index, { answers: new Map(current.answers).set(party, shares) });
    const removal = tryRemoval(context, next, index);
    effects.push(...removal.effects);
    if (removal.isComplete) next = withSegment(next, index, { stage: SegmentStage.Removing });
  }
  return { state: next, effects };
}

/** The parties whose answers an announced segment lacks. */
export function missingAnswers(state: PlannedState, index: number): number[] {
  const { answers } = state.segments[index]!;
  return partiesOf(state.setup, state.senders!).filter((party) => !answers.has(party));
}

/** Removes the masks when every secret that is needed can be rebuilt; without masks when `threshold` parties have answered. */
export function tryRemoval(context: AggregatorContext, state: PlannedState, index: number) {
  const segment = state.setup.segments[index]!.id;
  const { answers } = state.segments[index]!;
  const pending: { effects: AggregatorEffect[]; isComplete: boolean } = { effects: [], isComplete: false };
  if (answers.size < state.setup.threshold) return pending;
  if (!isMasked(state.setup)) return { effects: [{ type: "remove", segment, keys: [] } as const], isComplete: true };
  const graph = graphOf(context, state);
  const keys: MaskKey[] = [];
  for (const { owner, kind } of neededSecrets(state, graph, index)) {
    const holders = graph.holdersOf(owner);
    const shares = sharesOf(state, index, owner, holders);
    if (shares.length < state.setup.threshold) return pending;
    const isGenuine = (secret: Uint8Array) => isSecretOf(context, state, index, owner, kind, secret);
    const rebuilt = rebuildSecret(shares, state.setup.threshold, holders.length, isGenuine);
    if (rebuilt === null) return pending;
    const liars = rebuilt.wrong.map((x) => ({ type: "suspected", segment, owner, holder: holders[x - 1]! }) as const);
    pending.effects.push(...liars);
    keys.push(...removalKeys(context, state, graph, index, owner, kind, rebuilt.secret));
  }
  return { effects: [...pending.effects, { type: "remove", segment, keys } as const], isComplete: true };
}

/** Self seeds of survivors; mask secrets of drop-outs that share a mask with a survivor. */
function neededSecrets(state: PlannedState, graph: MaskGraph, index: number): { owner: number; kind: ShareKind }[] {
  const survivors = state.segments[index]!.survivors!;
  const isSurvivor = (party: number) => hasRank(survivors, rankOf(state.setup, party));
  return partiesOf(state.setup, state.senders!).flatMap((owner): { owner: number; kind: ShareKind }[] => {
    if (isSurvivor(owner)) return [{ owner, kind: ShareKind.SelfSeed }];
    return graph.neighboursOf(owner).some(isSurvivor) ? [{ owner, kind: ShareKind.MaskSecret }] : [];
  });
}

/** The masks of one secret that are still in the sum, with the sign that takes them out. */
function removalKeys(
  { crypto }: AggregatorContext,
  state: PlannedState,
  graph: MaskGraph,
  index: number,
  owner: number,
  kind: ShareKind,
  secret: Uint8Array,
): MaskKey[] {
  const { setup, plan } = state;
  const { keystream } = setup;
  const segment = setup.segments[index]!.id;
  if (kind === ShareKind.SelfSeed) {
    return [{ keystream, key: deriveSelfKey(crypto, plan.digest, secret, segment, owner), sign: -1 }];
  }
  const survivors = state.segments[index]!.survivors!;
  return graph.neighboursOf(owner).flatMap((neighbour): MaskKey[] => {
    if (!hasRank(survivors, rankOf(setup, neighbour))) return [];
    const shared = crypto.x25519(secret, keyAt(advertisedKeys(state, neighbour).maskKeys, index))!;
    const key = derivePairKey(crypto, plan.digest, shared, segment, [owner, neighbour]);
    return [{ keystream, key, sign: pairSign(neighbour, owner) === 1 ? -1 : 1 }];
  });
}

function isSecretOf(
  { crypto }: AggregatorContext,
  state: PlannedState,
  index: number,
  owner: number,
  kind: ShareKind,
  secret: Uint8Array,
): boolean {
  const segment = state.setup.segments[index]!.id;
  if (kind === ShareKind.MaskSecret) {
    return equalBytes(crypto.x25519PublicKey(secret), keyAt(advertisedKeys(state, owner).maskKeys, index));
  }
  const commitment = keyAt(state.bundles.get(owner)!.commitments, index);
  return equalBytes(commitSelfSeed(crypto, state.setupDigest, owner, segment, secret), commitment);
}

function sharesOf(state: PlannedState, index: number, owner: number, holders: readonly number[]): Share[] {
  const { answers } = state.segments[index]!;
  return holders.flatMap((holder, rank) => {
    const given = answers.get(holder)?.find((share) => share.owner === owner);
    return given === undefined ? [] : [{ x: rank + 1, bytes: given.share }];
  });
}

function checkShares(
  context: AggregatorContext,
  state: PlannedState,
  index: number,
  party: number,
  shares: readonly GivenShare[],
): Refusal | null {
  const survivors = state.segments[index]!.survivors!;
  const kindOf = (owner: number) =>
    hasRank(survivors, rankOf(state.setup, owner)) ? ShareKind.SelfSeed : ShareKind.MaskSecret;
  const held = isMasked(state.setup) ? graphOf(context, state).holdersOf(party) : [];
  const odd = shares.find(({ owner, kind }) => !held.includes(owner) || kind !== kindOf(owner));
  return odd === undefined
    ? null
    : refusal(RefusalReason.ShareInvalid, `party ${party} gave a share of ${odd.owner} it was not asked for`);
}

function advertisedKeys(state: PlannedState, party: number): AdvertiseMessage {
  return decodeMessage(state.advertised.get(party)!) as AdvertiseMessage;
}
