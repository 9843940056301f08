import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { partyV1, termsV1 } from "@tributary/contracts";
import {
  type AggregatorContext,
  type AggregatorState,
  decodeMessage,
  equalBytes,
  MessageType,
  planBytes,
  planDigest,
  type RoundPlan,
  type RoundSetup,
  setupBytes,
  setupDigest,
  signedRoundOf,
  startDigest,
  startTranscript,
  termsDigest,
  termsTranscript,
} from "@tributary/federated";
import { createNodeCryptoSuite } from "@tributary/worker-image";
import { readEd25519Identity } from "../../../../worker-image/src/shared/identity/certificates.ts";
import type { PemIdentity } from "../test-authority.ts";

/** What an aggregator that lies says otherwise than the honest one; everything is signed anew with its key. */
export interface Lie {
  readonly joined?: (answer: partyV1.JoinResponse) => void;
  readonly terms?: (terms: termsV1.RoundTerms) => void;
  readonly setup?: (setup: RoundSetup, terms: termsV1.RoundTerms) => RoundSetup;
  readonly objects?: (objects: termsV1.ObjectRef[]) => termsV1.ObjectRef[];
  readonly plan?: (plan: RoundPlan) => RoundPlan;
  /** Changes what was signed, so that the signature does not fit. */
  readonly opened?: (opened: partyV1.RoundOpened) => void;
  readonly started?: (started: partyV1.RoundStarted) => void;
  /** Puts what was said of an earlier round in the place of what is said of this one. */
  readonly mix?: (now: SpokenRound, earlier: SpokenRound) => SpokenRound;
}

/** What a party is sent of a round. */
export interface SpokenRound {
  readonly opened: partyV1.RoundOpened;
  readonly started: partyV1.RoundStarted;
}

/** The round with a lie in it, as the aggregator's own key signs it. */
export function tell(lie: Lie, context: AggregatorContext, honest: SpokenRound): SpokenRound {
  const opened = tellOpened(lie, context, honest.opened);
  return { opened, started: tellStarted(lie, context, { opened, started: honest.started }) };
}

/** Terms and setup with a lie in them. */
export function tellOpened(lie: Lie, context: AggregatorContext, honest: partyV1.RoundOpened): partyV1.RoundOpened {
  const { crypto, signingSecret } = context;
  const terms = changed(lie.terms, termsV1.RoundTermsSchema, honest.terms);
  const setup = (lie.setup ?? same)(
    { ...setupOf(honest.setup), contextSha256: termsDigest(crypto, terms) },
    fromBinary(termsV1.RoundTermsSchema, terms),
  );
  const signed = signedRoundOf(crypto, setup, { terms, line: honest.line });
  const opened = create(partyV1.RoundOpenedSchema, {
    ...honest,
    setup: signedSetup(context, setup),
    terms,
    signature: crypto.signEd25519(signingSecret, termsTranscript(signed)),
  });
  lie.opened?.(opened);
  return opened;
}

/** Start and plan with a lie in them, for a round that was opened as was told. */
export function tellStarted(
  lie: Lie,
  context: AggregatorContext,
  { opened, started: honest }: SpokenRound,
): partyV1.RoundStarted {
  const { crypto, signingSecret } = context;
  const { objects } = fromBinary(termsV1.RoundStartSchema, honest.start);
  const told = (lie.objects ?? same)(objects);
  const start = lie.objects === undefined ? honest.start : startBytes(told);
  const honestPlan = planOf(honest.plan);
  const modelSha256 = lie.objects === undefined ? honestPlan.modelSha256 : digestOf(context, told);
  const plan = (lie.plan ?? same)({ ...honestPlan, modelSha256 });
  const setup = setupOf(opened.setup);
  const signed = signedRoundOf(crypto, setup, opened);
  const started = create(partyV1.RoundStartedSchema, {
    plan: signedPlan(context, setup, plan),
    start,
    signature: crypto.signEd25519(signingSecret, startTranscript(signed, plan.modelSha256)),
    remainingMs: honest.remainingMs,
  });
  lie.started?.(started);
  return started;
}

/** What signs as the aggregator does. */
export function signerOf({ keyPem }: Pick<PemIdentity, "keyPem">): AggregatorContext {
  const { secretKey } = readEd25519Identity("the aggregator's key", keyPem);
  return { crypto: createNodeCryptoSuite(), signingSecret: secretKey };
}

function changed(lie: Lie["terms"], schema: typeof termsV1.RoundTermsSchema, bytes: Uint8Array): Uint8Array {
  if (lie === undefined) return bytes;
  const terms = fromBinary(schema, bytes);
  lie(terms);
  return toBinary(schema, terms);
}

function startBytes(objects: termsV1.ObjectRef[]): Uint8Array {
  return toBinary(termsV1.RoundStartSchema, create(termsV1.RoundStartSchema, { objects }));
}

/** The digest of the same objects in the order that has one. */
function digestOf({ crypto }: AggregatorContext, objects: readonly termsV1.ObjectRef[]): Uint8Array {
  return startDigest(
    crypto,
    [...objects].sort((a, b) => (a.name < b.name ? -1 : 1)),
  );
}

/** The setup of a setup message. */
export function setupOf(message: Uint8Array): RoundSetup {
  const decoded = decodeMessage(message);
  if (decoded.type !== MessageType.Setup) throw new Error("a round is opened with a setup");
  return decoded.setup;
}

/** The plan of a plan message. */
export function planOf(message: Uint8Array): RoundPlan {
  const decoded = decodeMessage(message);
  if (decoded.type !== MessageType.Plan) throw new Error("a round is started with a plan");
  return decoded.plan;
}

/** Signed as it is: the aggregator's own machine would not open it. */
function signedSetup(context: AggregatorContext, setup: RoundSetup): Uint8Array {
  return setupBytes(context, { setup, setupDigest: setupDigest(context.crypto, setup) } as AggregatorState);
}

function signedPlan(context: AggregatorContext, setup: RoundSetup, plan: RoundPlan): Uint8Array {
  const { crypto } = context;
  const of = setupDigest(crypto, setup);
  const planned = { setupDigest: of, plan: { plan, digest: planDigest(crypto, of, plan) } };
  return planBytes(context, planned as Parameters<typeof planBytes>[1]);
}

function same<T>(value: T): T {
  return value;
}

/** Whether a lie changed nothing of what a party is sent. */
export function isTruth(honest: SpokenRound, told: SpokenRound): boolean {
  const bytesOf = ({ opened, started }: SpokenRound) =>
    Buffer.concat([toBinary(partyV1.RoundOpenedSchema, opened), toBinary(partyV1.RoundStartedSchema, started)]);
  return equalBytes(bytesOf(honest), bytesOf(told));
}
