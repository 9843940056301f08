import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { partyV1, termsV1 } from "@tributary/contracts";
import {
  type AggregatorContext,
  decodeMessage,
  equalBytes,
  MessageType,
  openAggregation,
  type RoundPlan,
  type RoundSetup,
  signedRoundOf,
  startDigest,
  startTranscript,
  stepAggregator,
  termsDigest,
  termsTranscript,
} from "@tributary/federated";

/** What an aggregator that lies says otherwise than the honest one; everything is signed anew with its key. */
export interface Lie {
  readonly joined?: (answer: partyV1.JoinResponse) => void;
  readonly terms?: (terms: termsV1.RoundTerms) => void;
  readonly setup?: (setup: RoundSetup) => RoundSetup;
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
  const terms = changed(lie.terms, termsV1.RoundTermsSchema, honest.opened.terms);
  const { objects } = fromBinary(termsV1.RoundStartSchema, honest.started.start);
  const told = (lie.objects ?? same)(objects);
  const start = lie.objects === undefined ? honest.started.start : startBytes(told);
  const [honestSetup, honestPlan] = [setupOf(honest.opened.setup), planOf(honest.started.plan)];
  const setup = (lie.setup ?? same)({ ...honestSetup, contextSha256: termsDigest(context.crypto, terms) });
  const digest = lie.objects === undefined ? honestPlan.modelSha256 : digestOf(context, told);
  const plan = (lie.plan ?? same)({ ...honestPlan, modelSha256: digest });
  const messages = sign(context, setup, plan);
  const { line } = honest.opened;
  const signed = signedRoundOf(context.crypto, setup, { terms, line });
  const { crypto, signingSecret } = context;
  const opened = create(partyV1.RoundOpenedSchema, {
    ...honest.opened,
    setup: messages.setup,
    terms,
    signature: crypto.signEd25519(signingSecret, termsTranscript(signed)),
  });
  const started = create(partyV1.RoundStartedSchema, {
    plan: messages.plan,
    start,
    signature: crypto.signEd25519(signingSecret, startTranscript(signed, plan.modelSha256)),
  });
  lie.opened?.(opened);
  lie.started?.(started);
  return { opened, started };
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

function setupOf(message: Uint8Array): RoundSetup {
  const decoded = decodeMessage(message);
  if (decoded.type !== MessageType.Setup) throw new Error("a round is opened with a setup");
  return decoded.setup;
}

function planOf(message: Uint8Array): RoundPlan {
  const decoded = decodeMessage(message);
  if (decoded.type !== MessageType.Plan) throw new Error("a round is started with a plan");
  return decoded.plan;
}

function sign(context: AggregatorContext, setup: RoundSetup, plan: RoundPlan) {
  const opened = openAggregation(context, setup);
  const steps = setup.segments.map(() => [-20]);
  const fits = plan.stepExponents.length === steps.length;
  const planned = stepAggregator(context, opened.state, {
    type: "plan",
    plan: fits ? plan : { ...plan, stepExponents: steps },
  });
  const sent = [...opened.effects, ...planned.effects].flatMap((effect) =>
    effect.type === "send" ? effect.message : [],
  );
  const of = (type: MessageType) => sent.find((message) => message[1] === type)!;
  return { setup: of(MessageType.Setup), plan: of(MessageType.Plan) };
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
