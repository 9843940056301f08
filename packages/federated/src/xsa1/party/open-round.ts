import { concatBytes, equalBytes } from "../bytes.ts";
import { encodeMessage } from "../encode-message.ts";
import { type AdvertiseMessage, MessageType, type SetupMessage } from "../messages.ts";
import { firstRefusal, type Refusal, RefusalReason, refusal } from "../refusals.ts";
import { isMasked } from "../roster.ts";
import { segmentSecrets, shareSecret } from "../round-secrets.ts";
import { setupDigest } from "../setup.ts";
import { advertiseTranscript, setupTranscript } from "../transcripts.ts";
import { checkSetup, dataNamesOf } from "./check-setup.ts";
import { besideOpening } from "./kept-rounds.ts";
import { refuse, repeat } from "./party-round.ts";
import type { PartyRound, PartyState } from "./party-state.ts";
import type { EnrolledParty, PartyContext, PartyStep } from "./party-types.ts";
import { checkRoundIncreases, comesAfter } from "./sum-history.ts";

/** Step 0: checks a setup against the member's policy, makes this round's secrets and advertises their public keys. */
export function openRound(
  context: PartyContext,
  state: PartyState,
  message: SetupMessage,
  enrolled: readonly EnrolledParty[],
): PartyStep {
  const { setup } = message;
  const digest = setupDigest(context.crypto, setup);
  const open = state.rounds.find((round) => round.setup.round === setup.round && round.setup.attempt === setup.attempt);
  if (open !== undefined && equalBytes(open.setupDigest, digest) && isPresent(state, open)) {
    return repeat(state, { type: "send", message: advertise(context, open) });
  }
  const found = firstRefusal(
    () =>
      open === undefined || equalBytes(open.setupDigest, digest)
        ? null
        : refusal(RefusalReason.SetupChanged, `round ${setup.round} attempt ${setup.attempt}`),
    () => checkSigner(context, message, digest),
    () => checkRoundIncreases(state.history, setup.round, setup.attempt),
    () => checkSetup(context, setup, enrolled),
  );
  if (found !== null) return refuse(state, found);
  const round: PartyRound = {
    setup,
    setupDigest: digest,
    party: setup.roster.find((entry) => equalBytes(entry.publicKey, context.publicKey))!.id,
    dataNames: isMasked(setup) ? dataNamesOf(setup, enrolled) : [],
    seed: context.crypto.randomBytes(32),
    keys: null,
    shares: null,
    plan: null,
    progress: setup.segments.map(() => ({ plainSha256: null, stored: null, bitmap: null })),
  };
  const history = { ...state.history, lastRound: { round: setup.round, attempt: setup.attempt } };
  const rounds = [...besideOpening(state.rounds), round];
  return {
    state: { history, rounds },
    effects: [{ type: "persist" }, { type: "send", message: advertise(context, round) }],
  };
}

/** A party is in one round at a time: one that a later one followed is not gone back to. One whose keys alone were exchanged follows nothing yet. */
function isPresent({ history: { model }, rounds }: PartyState, { setup, plan }: PartyRound): boolean {
  if (rounds.some((other) => other.plan !== null && comesAfter(other.setup, setup))) return false;
  return plan === null || !isMasked(setup) || (model !== null && equalBytes(model, plan.plan.modelSha256));
}

/** The encoded Advertise message of a round: the same bytes each time. */
export function advertise(context: PartyContext, round: PartyRound): Uint8Array {
  const { crypto, config } = context;
  const keys: Omit<AdvertiseMessage, "signature"> = { type: MessageType.Advertise, ...publicKeys(context, round) };
  const signature = crypto.signEd25519(config.identitySecret, advertiseTranscript(crypto, keys));
  return encodeMessage({ ...keys, signature });
}

function publicKeys({ crypto }: PartyContext, { setup, setupDigest: digest, seed, party }: PartyRound) {
  const header = { setupDigest: digest, party };
  if (!isMasked(setup)) return { ...header, shareKey: new Uint8Array(0), maskKeys: new Uint8Array(0) };
  const maskKeys = setup.segments.map(({ id }) =>
    crypto.x25519PublicKey(segmentSecrets(crypto, seed, digest, id).maskSecret),
  );
  const shareKey = crypto.x25519PublicKey(shareSecret(crypto, seed, digest));
  return { ...header, shareKey, maskKeys: concatBytes(...maskKeys) };
}

function checkSigner(
  { crypto, config }: PartyContext,
  { setup, signature }: SetupMessage,
  digest: Uint8Array,
): Refusal | null {
  const isPinned = equalBytes(setup.aggregatorKey, config.aggregatorKey);
  if (isPinned && crypto.verifyEd25519(config.aggregatorKey, setupTranscript(digest), signature)) return null;
  return refusal(RefusalReason.SignatureInvalid, "the setup is not signed by this job's aggregator");
}
