import { create } from "@bufbuild/protobuf";
import { partyV1 } from "@tributary/contracts";
import {
  countUpdateSegments,
  countValues,
  horizontal,
  Keystream,
  layoutModel,
  layoutReport,
  MessageType,
  type NamedShape,
  openAggregation,
  Protocol,
  planExponents,
  type RosterEntry,
  type RoundPlan,
  type RoundSetup,
  type RoundTerms,
  type SeatTerms,
  type SeatWork,
  setupSegments,
  signedRoundOf,
  startDigest,
  startTranscript,
  stepAggregator,
  termsDigest,
  termsTranscript,
} from "@tributary/federated";
import { createNodeCryptoSuite } from "../../crypto/node-crypto-suite.ts";
import { adapterObject } from "../adapter-object.ts";
import { encodeStart, type ObjectRef } from "../start-message.ts";
import { encodeTerms } from "../terms-message.ts";

/** A round of which a test says what differs from the plainest one. */
export interface HonestOptions {
  readonly round?: number;
  /** The number of the round when left out. */
  readonly line?: number;
  readonly attempt?: number;
  readonly isEvaluateOnly?: boolean;
  /** 2 unless the round only evaluates. */
  readonly localSteps?: number;
  readonly tensors?: readonly NamedShape[];
  /** Quantiser step of every segment of tensors. */
  readonly step?: number;
  readonly task?: string;
  readonly seed?: bigint;
  readonly hyperparameters?: Readonly<Record<string, string>>;
  readonly adapterJson?: string;
  /** Works of the seats in order; all of them the same when left out. */
  readonly works?: readonly SeatWork[];
  readonly protocol?: Protocol;
  readonly minOrganisations?: number;
  readonly modelSha256?: Uint8Array;
  /** Identity key of party 1; others have keys of their own. */
  readonly publicKey?: Uint8Array;
  /** Workers on the seats, in order, whose members vouch for them; made up and without chains when left out. */
  readonly workers?: readonly SeatedWorker[];
}

/** A worker as it shows itself to other members. */
export interface SeatedWorker extends Pick<RosterEntry, "publicKey" | "certificateSha256"> {
  readonly chainDer: readonly Uint8Array[];
}

/** What a dishonest aggregator changes before it signs. */
export interface Lies {
  readonly terms?: (terms: RoundTerms) => RoundTerms;
  /** What travels, and is hashed, in place of the terms' one encoding. */
  readonly termsBytes?: (bytes: Uint8Array) => Uint8Array;
  readonly setup?: (setup: RoundSetup) => RoundSetup;
  readonly objects?: (objects: readonly ObjectRef[]) => readonly ObjectRef[];
  readonly plan?: (plan: RoundPlan) => RoundPlan;
  readonly line?: number;
}

/** A round as its aggregator opens and starts it. */
export interface SpokenRound {
  readonly setup: RoundSetup;
  readonly plan: RoundPlan;
  readonly terms: RoundTerms;
  readonly opened: partyV1.RoundOpened;
  readonly started: partyV1.RoundStarted;
}

/** Number of seats of the job. */
export const SEATS = 3;

const crypto = createNodeCryptoSuite();
/** Secret of the aggregator. */
export const signingSecret = new Uint8Array(32).fill(42);

/** The key with which {@link speakRound} signs. */
const aggregatorKey = crypto.ed25519PublicKey(signingSecret);

/** Digest of the model source. */
export const sourceSha256 = new Uint8Array(32).fill(9);

/** What party 1 is told when it joins: what the terms of {@link speakRound} say. */
export function toldParty1(options: HonestOptions = {}) {
  const { task = "noop", seed = 1n, hyperparameters = { a: "1" }, adapterJson = "" } = options;
  const own = { participant: "p0", workerIndex: 0, workerCount: 1, role: "Trainer" };
  const paradigm = "Horizontal";
  return { paradigm, jobUid: "job", partyId: 1, ...own, task, seed, hyperparameters, adapterJson, sourceSha256 };
}

/** What party 1 believes, and who it is. */
export function trustOfParty1(options: HonestOptions = {}) {
  const ownKey = options.workers?.[0]?.publicKey ?? options.publicKey ?? keyOf(1);
  return { crypto, aggregatorKey, ownKey, told: toldParty1(options) };
}

/** A round as an aggregator opens and starts it: an honest one unless there are lies. Everything is signed, lies too. */
export function speakRound(options: HonestOptions = {}, lies: Lies = {}): SpokenRound {
  const honest = honestTerms(options);
  const terms = (lies.terms ?? same)(honest);
  const bytes = (lies.termsBytes ?? same)(encodeTerms(terms));
  const layout = layoutReport(
    honest.sections,
    Math.max(SEATS, terms.seats.length),
    stepsOf(honest, options.step ?? 2 ** -10),
  );
  const setup = (lies.setup ?? same)(setupOf(options, bytes, setupSegments(layout)));
  const objects = (lies.objects ?? same)(objectsOf(options));
  const plan = (lies.plan ?? same)({
    modelSha256: digestOf(objects),
    // A table that is a lie has steps that fit it.
    stepExponents: lies.setup === undefined ? planExponents(layout) : setup.segments.map(() => [-10]),
  });
  const line = lies.line ?? honest.line;
  const signed = signedRoundOf(crypto, setup, { terms: bytes, line });
  const sign = (transcript: Uint8Array) => crypto.signEd25519(signingSecret, transcript);
  const messages = protocolMessages(setup, plan);
  const opening = { setup: messages.setup, terms: bytes, line, remainingMs: 60_000n };
  const signature = sign(startTranscript(signed, plan.modelSha256));
  return {
    setup,
    plan,
    terms,
    opened: create(partyV1.RoundOpenedSchema, { ...opening, signature: sign(termsTranscript(signed)) }),
    started: create(partyV1.RoundStartedSchema, { plan: messages.plan, start: encodeStart(objects), signature }),
  };
}

function honestTerms(options: HonestOptions): RoundTerms {
  const { isEvaluateOnly = false, task = "noop", seed = 1n, hyperparameters = { a: "1" }, adapterJson = "" } = options;
  const { tensors = [{ name: "w", shape: [16] }] } = options;
  const script = horizontal.plan({ tensors, hasAdapter: adapterJson !== "" }, {}, { isEvaluateOnly });
  const localSteps = options.localSteps ?? (isEvaluateOnly ? 0 : 2);
  const rank = adapterJson === "" ? 0 : (JSON.parse(adapterJson) as { readonly rank: number }).rank;
  const works = options.works ?? [{ localSteps, hyperparameters, rank }];
  const { steps, sections } = script;
  const context = { task, seed, adapterJson, sourceSha256 };
  const strategy = { name: "FedAvg", parameters: {} };
  const seats = Array.from({ length: SEATS }, (_, index) => ({
    ...seatOf(index, Math.min(index, works.length - 1)),
    chainDer: options.workers?.[index]?.chainDer ?? [],
  }));
  const line = options.line ?? options.round ?? 0;
  return { jobUid: "job", line, paradigm: "Horizontal", works, seats, steps, sections, strategy, context };
}

function seatOf(index: number, work: number): SeatTerms {
  const organisation = `o${index}`;
  const place = { participant: `p${index}`, workerIndex: 0, workerCount: 1 };
  return { party: index + 1, role: "Trainer", organisation, ...place, work, chainDer: [] };
}

function stepsOf({ sections }: RoundTerms, step: number): number[] {
  const count = sections.flatMap((section) => ("tensors" in section ? countUpdateSegments(countValues(section)) : []));
  return Array.from({ length: count.reduce((sum, segments) => sum + segments, 0) }, () => step);
}

function setupOf(options: HonestOptions, terms: Uint8Array, segments: RoundSetup["segments"]): RoundSetup {
  const { round = 0, attempt = 1, protocol = Protocol.None, minOrganisations = 1 } = options;
  const threshold = protocol === Protocol.None ? 1 : SEATS;
  const of = { protocol, keystream: Keystream.Aes256Ctr, jobUid: "job", round, attempt, aggregatorKey };
  const bounds = { minOrganisations, threshold, minSurvivors: threshold, neighbours: 0 };
  return { ...of, ...bounds, contextSha256: termsDigest(crypto, terms), roster: rosterOf(options), segments };
}

function rosterOf({ publicKey, workers = [] }: HonestOptions): RosterEntry[] {
  return Array.from({ length: SEATS }, (_, index) => ({
    id: index + 1,
    organisation: `o${index}`,
    publicKey: workers[index]?.publicKey ?? (index === 0 ? publicKey : undefined) ?? keyOf(index + 1),
    certificateSha256: workers[index]?.certificateSha256 ?? new Uint8Array(32).fill(index + 1),
  }));
}

function objectsOf(options: HonestOptions): ObjectRef[] {
  const { modelSha256 = new Uint8Array(32).fill(1), adapterJson = "", seed = 1n } = options;
  const { tensors = [{ name: "w", shape: [16] }] } = options;
  const { sizeBytes } = layoutModel(tensors);
  const model = { name: "model", resource: "/model", sha256: modelSha256, sizeBytes };
  const base = { name: "base", resource: "/base", sha256: sourceSha256, sizeBytes: 0, format: "gguf" };
  const adapted = adapterJson === "" ? [] : [adapterObject({ adapterJson, seed }), base];
  return [...adapted, { ...model, format: "safetensors" }];
}

/** The digest that objects have in their order; zeros for objects that have none. */
function digestOf(objects: readonly ObjectRef[]): Uint8Array {
  try {
    return startDigest(
      crypto,
      [...objects].sort((a, b) => (a.name < b.name ? -1 : 1)),
    );
  } catch {
    return new Uint8Array(32);
  }
}

function protocolMessages(setup: RoundSetup, plan: RoundPlan) {
  const context = { crypto, signingSecret };
  const opened = openAggregation(context, setup);
  const planned = stepAggregator(context, opened.state, { type: "plan", plan });
  const sent = [...opened.effects, ...planned.effects].flatMap((effect) =>
    effect.type === "send" ? effect.message : [],
  );
  const of = (type: MessageType) => sent.find((message) => message[1] === type)!;
  return { setup: of(MessageType.Setup), plan: of(MessageType.Plan) };
}

function keyOf(party: number): Uint8Array {
  return crypto.ed25519PublicKey(new Uint8Array(32).fill(party));
}

function same<T>(value: T): T {
  return value;
}
