import { shareOf } from "../../shamir/shamir.ts";
import { hasRank } from "../bitmap.ts";
import { equalBytes } from "../bytes.ts";
import { encodeMessage } from "../encode-message.ts";
import type { MaskGraph } from "../mask-graph.ts";
import { MessageType, ShareKind, type UnmaskAnswerMessage, type UnmaskRequestMessage } from "../messages.ts";
import { type Refusal, RefusalReason, refusal } from "../refusals.ts";
import { isMasked, rankOf } from "../roster.ts";
import { segmentSecrets } from "../round-secrets.ts";
import { answerTranscript, consistencyTranscript } from "../transcripts.ts";
import { heldShares } from "./held-shares.ts";
import { coefficientsOf, graphOf, refuse } from "./party-round.ts";
import type { PartyState, PlannedRound } from "./party-state.ts";
import type { PartyContext, PartyStep } from "./party-types.ts";

type SignedBitmap = UnmaskRequestMessage["segments"][number];
type GivenShare = UnmaskAnswerMessage["segments"][number]["shares"][number];

/**
 * Step 5: for each segment asked, gives one share of every owner it holds for: of the self seed of a survivor, of the mask secret of a
 * drop-out.
 *
 * The kind follows from the one bitmap this party signed; with every share it asks for `threshold` signatures of the owner's signers on
 * that bitmap, so two views of the survivors cannot both be answered. The lock was durable when the signature left.
 */
export function answerUnmask(
  context: PartyContext,
  state: PartyState,
  round: PlannedRound,
  request: UnmaskRequestMessage,
): PartyStep {
  for (const asked of request.segments) {
    const found = checkAsked(context, round, asked);
    if (found !== null) return refuse(state, found);
  }
  const { crypto, config } = context;
  const segments = request.segments.map(({ segment }) => ({ segment, shares: givenShares(context, round, segment) }));
  const unsigned = {
    type: MessageType.UnmaskAnswer,
    planDigest: round.plan.digest,
    party: round.party,
    segments,
  } as const;
  const signature = crypto.signEd25519(config.identitySecret, answerTranscript(crypto, unsigned));
  return { state, effects: [{ type: "send", message: encodeMessage({ ...unsigned, signature }) }] };
}

function checkAsked(context: PartyContext, round: PlannedRound, asked: SignedBitmap): Refusal | null {
  const index = round.setup.segments.findIndex((entry) => entry.id === asked.segment);
  if (index === -1) return refusal(RefusalReason.UnknownSegment, `segment ${asked.segment}`);
  const signed = round.progress[index]!.bitmap;
  if (signed === null) return refusal(RefusalReason.BitmapNotSigned, `segment ${asked.segment}`);
  if (!equalBytes(signed, asked.bitmap)) {
    return refusal(
      RefusalReason.BothShareKinds,
      `segment ${asked.segment}: another bitmap would ask the other share of a party`,
    );
  }
  return checkSignatures(context, round, asked);
}

function checkSignatures(context: PartyContext, round: PlannedRound, asked: SignedBitmap): Refusal | null {
  const { setup, keys, plan } = round;
  const graph = graphOf(context, setup, keys!);
  const transcript = consistencyTranscript(plan.digest, asked.segment, asked.bitmap);
  const isValid = memoise((party: number) => {
    const signature = asked.signatures.find((signed) => signed.party === party)?.signature;
    const entry = setup.roster[rankOf(setup, party)];
    if (signature === undefined || entry === undefined || !isSender(round, party)) return false;
    return context.crypto.verifyEd25519(entry.publicKey, transcript, signature);
  });
  for (const owner of isMasked(setup) ? ownersOf(round, graph) : [round.party]) {
    let valid = 0;
    for (const signer of graph.signersOf(owner)) {
      if (valid < setup.threshold && isValid(signer)) valid++;
    }
    if (valid < setup.threshold) {
      const detail = `segment ${asked.segment}: ${valid} valid signatures of the holders of party ${owner}, must be ${setup.threshold}`;
      return refusal(RefusalReason.TooFewSignatures, detail);
    }
  }
  return null;
}

/** Parties whose shares this party holds: its neighbours and itself, as far as their shares were delivered. */
function ownersOf(round: PlannedRound, graph: MaskGraph): number[] {
  return graph.holdersOf(round.party).filter((party) => isSender(round, party));
}

function givenShares(context: PartyContext, round: PlannedRound, segment: number): GivenShare[] {
  const { setup, keys, shares } = round;
  if (!isMasked(setup) || keys === null || shares === null) return [];
  const graph = graphOf(context, setup, keys);
  const index = setup.segments.findIndex((entry) => entry.id === segment);
  const survivors = round.progress[index]!.bitmap!;
  const held = heldShares(context, round, keys, shares);
  return ownersOf(round, graph).flatMap((owner) => {
    const kind = hasRank(survivors, rankOf(setup, owner)) ? ShareKind.SelfSeed : ShareKind.MaskSecret;
    if (owner === round.party) return [{ owner, kind, share: ownShare(context, round, graph, segment, kind) }];
    const opened = held(owner);
    if (opened === null) return [];
    const offset = 64 * index + (kind === ShareKind.MaskSecret ? 0 : 32);
    return [{ owner, kind, share: opened.slice(offset, offset + 32) }];
  });
}

/** The share a party keeps of its own secret, made again from the round seed. */
function ownShare(
  context: PartyContext,
  round: PlannedRound,
  graph: MaskGraph,
  segment: number,
  kind: ShareKind,
): Uint8Array {
  const secrets = segmentSecrets(context.crypto, round.seed, round.setupDigest, segment);
  const coefficients = coefficientsOf(context, round, segment);
  const name = kind === ShareKind.MaskSecret ? "maskSecret" : "selfSeed";
  const holders = graph.holdersOf(round.party);
  const x = 1 + holders.indexOf(round.party);
  return shareOf(secrets[name], coefficients[name], round.setup.threshold, holders.length, x);
}

function isSender(round: PlannedRound, party: number): boolean {
  return round.shares !== null && hasRank(round.shares.senders, rankOf(round.setup, party));
}

function memoise(ask: (party: number) => boolean): (party: number) => boolean {
  const known = new Map<number, boolean>();
  return (party) => {
    const answer = known.get(party) ?? ask(party);
    known.set(party, answer);
    return answer;
  };
}
