import { hasRank } from "../bitmap.ts";
import { equalBytes } from "../bytes.ts";
import { derivePairKey, deriveSelfKey, type MaskKey, pairSign } from "../derive-keys.ts";
import { encodeMessage } from "../encode-message.ts";
import { type MaskedInputMessage, MessageType } from "../messages.ts";
import { type Refusal, RefusalReason, refusal } from "../refusals.ts";
import { isMasked, keyAt, rankOf } from "../roster.ts";
import { segmentSecrets } from "../round-secrets.ts";
import { segmentSizeBytes } from "../setup.ts";
import { inputTranscript } from "../transcripts.ts";
import { graphOf, refuse, repeat } from "./party-round.ts";
import { type PartyState, type PlannedRound, withProgress, withRound } from "./party-state.ts";
import type { PartyContext, PartyEffect, PartyEvent, PartyStep } from "./party-types.ts";

type InputReady = Extract<PartyEvent, { readonly type: "inputReady" }>;
type InputStored = Extract<PartyEvent, { readonly type: "inputStored" }>;

/** Step 3: fixes the digest of a segment's integers, durably, and only then gives out the keys that mask them. */
export function prepareInput(
  context: PartyContext,
  state: PartyState,
  round: PlannedRound,
  event: InputReady,
): PartyStep {
  const index = round.setup.segments.findIndex((segment) => segment.id === event.segment);
  const progress = round.progress[index];
  if (progress === undefined) return refuse(state, refusal(RefusalReason.UnknownSegment, `segment ${event.segment}`));
  if (round.shares === null) return refuse(state, refusal(RefusalReason.StageNotReached, "input before the shares"));
  const known = progress.plainSha256;
  if (known !== null && !equalBytes(known, event.plainSha256)) {
    return refuse(state, refusal(RefusalReason.InputChanged, `segment ${event.segment} has other values than before`));
  }
  const keys = maskKeysOf(context, round, index);
  if ("reason" in keys) return refuse(state, keys);
  const upload: PartyEffect = {
    type: "upload",
    planDigest: round.plan.digest,
    segment: event.segment,
    keys,
    sizeBytes: segmentSizeBytes(round.setup.segments[index]!),
  };
  if (known !== null) return repeat(state, upload);
  const next = withProgress(round, index, { plainSha256: event.plainSha256 });
  return { state: withRound(state, next), effects: [{ type: "persist" }, upload] };
}

/** Step 3 ends: the aggregator has every byte of a segment; says which bytes. */
export function reportStored(
  context: PartyContext,
  state: PartyState,
  round: PlannedRound,
  event: InputStored,
): PartyStep {
  const index = round.setup.segments.findIndex((segment) => segment.id === event.segment);
  const progress = round.progress[index];
  if (progress === undefined) return refuse(state, refusal(RefusalReason.UnknownSegment, `segment ${event.segment}`));
  if (progress.plainSha256 === null)
    return refuse(state, refusal(RefusalReason.NotPrepared, `segment ${event.segment}`));
  const stored = { sha256: event.sha256, sizeBytes: event.sizeBytes };
  if (progress.stored !== null && !equalBytes(progress.stored.sha256, stored.sha256)) {
    return refuse(state, refusal(RefusalReason.InputChanged, `segment ${event.segment} was stored with other bytes`));
  }
  const next = withProgress(round, index, { stored });
  const message = maskedInput(context, next, index)!;
  return { state: withRound(state, next), effects: [{ type: "persist" }, { type: "send", message }] };
}

/** The encoded MaskedInput message of a stored segment, or `null` before it is stored. */
export function maskedInput({ crypto, config }: PartyContext, round: PlannedRound, index: number): Uint8Array | null {
  const stored = round.progress[index]!.stored;
  if (stored === null) return null;
  const input: Omit<MaskedInputMessage, "signature"> = {
    type: MessageType.MaskedInput,
    planDigest: round.plan.digest,
    party: round.party,
    segment: round.setup.segments[index]!.id,
    ...stored,
  };
  return encodeMessage({ ...input, signature: crypto.signEd25519(config.identitySecret, inputTranscript(input)) });
}

/** The self mask and one mask for each neighbour whose shares were delivered: sum over N(i) ∩ U2. */
function maskKeysOf(context: PartyContext, round: PlannedRound, index: number): MaskKey[] | Refusal {
  const { setup, setupDigest, party, seed, keys, shares, plan } = round;
  if (!isMasked(setup) || keys === null || shares === null) return [];
  const { crypto } = context;
  const segment = setup.segments[index]!.id;
  const secrets = segmentSecrets(crypto, seed, setupDigest, segment);
  const { keystream } = setup;
  const self = deriveSelfKey(crypto, plan.digest, secrets.selfSeed, segment, party);
  const masks: MaskKey[] = [{ keystream, key: self, sign: 1 }];
  for (const neighbour of graphOf(context, setup, keys).neighboursOf(party)) {
    if (!hasRank(shares.senders, rankOf(setup, neighbour))) continue;
    const shared = crypto.x25519(secrets.maskSecret, keyAt(keys.peers.get(neighbour)!.maskKeys, index));
    if (shared === null) return refusal(RefusalReason.LowOrderPoint, `mask key of party ${neighbour}`);
    const key = derivePairKey(crypto, plan.digest, shared, segment, [party, neighbour]);
    masks.push({ keystream, key, sign: pairSign(party, neighbour) });
  }
  return masks;
}
