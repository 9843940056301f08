import { isDeepStrictEqual } from "node:util";
import type { partyV1 } from "@tributary/contracts";
import {
  type Crowd,
  type CryptoSuite,
  equalBytes,
  horizontal,
  isTableOf,
  isTensorSection,
  isWorkShared,
  lastingTerms,
  Protocol,
  type RoundScript,
  type RoundSetup,
  type RoundTerms,
  type SeatTerms,
  type SeatWork,
  type SignedRound,
  signedRoundOf,
  termsDigest,
  termsTranscript,
} from "@tributary/federated";
import { decodeTerms, encodeTerms } from "../../shared/terms/terms-message.ts";
import { TermsRefusal, termsRefused } from "../../shared/terms/terms-refusal.ts";

/** What a worker was told when it joined: the terms of each round must say the same. */
export interface ToldJob {
  readonly jobUid: string;
  readonly partyId: number;
  readonly participant: string;
  readonly workerIndex: number;
  readonly workerCount: number;
  readonly role: string;
  readonly paradigm: string;
  readonly task: string;
  readonly hyperparameters: Readonly<Record<string, string>>;
  readonly seed: bigint;
  readonly adapterJson: string;
  readonly sourceSha256: Uint8Array;
}

/** Whom a worker believes, and who it is. */
export interface Trust {
  readonly crypto: CryptoSuite;
  readonly aggregatorKey: Uint8Array;
  /** Identity key of this worker, 32 bytes. */
  readonly ownKey: Uint8Array;
  readonly told: ToldJob;
}

/** An opened round whose terms hold. */
export interface CheckedTerms {
  readonly setup: RoundSetup;
  readonly terms: RoundTerms;
  readonly script: RoundScript;
  /** The own seat's work. */
  readonly work: SeatWork;
  /** Digest of the terms as they would travel for line 0: what is agreed to on a start, whichever line it is for. */
  readonly lastingSha256: Uint8Array;
  /** What the aggregator's signatures bind. */
  readonly signed: SignedRound;
}

/**
 * Checks the terms with which a round was opened, before anything of it is fetched or trained.
 *
 * @throws TERMS_REFUSED naming the refusal and what differs.
 */
export function checkOpened(
  trust: Trust,
  setup: RoundSetup,
  opened: Pick<partyV1.RoundOpened, "terms" | "line" | "signature">,
): CheckedTerms {
  const { crypto, aggregatorKey, told } = trust;
  const signed = signedRoundOf(crypto, setup, opened);
  if (!equalBytes(signed.termsSha256, setup.contextSha256))
    throw termsRefused(TermsRefusal.TermsAltered, "the terms are not those that the signed setup names");
  if (!crypto.verifyEd25519(aggregatorKey, termsTranscript(signed), opened.signature))
    throw termsRefused(TermsRefusal.SignatureInvalid, "the terms are not signed by this job's aggregator");
  const terms = decodeTerms(opened.terms);
  if (opened.line !== terms.line) throw changed(`line ${opened.line} is opened by terms for line ${terms.line}`);
  const seat = requireOwnSeat(terms, told);
  requireTold(terms, seat, told);
  requireRoster(terms, setup, trust);
  const script = requireScriptOf(terms);
  const work = terms.works[seat.work]!;
  requireWork(terms, seat, script);
  requireTable(terms, setup);
  const lastingSha256 = termsDigest(crypto, encodeTerms(lastingTerms(terms)));
  const checked = { setup, terms, script, work, lastingSha256, signed };
  requireSharedWork(
    checked,
    told.partyId,
    setup.roster.map(({ id }) => id),
  );
  return checked;
}

function requireOwnSeat({ seats }: RoundTerms, told: ToldJob): SeatTerms {
  const seat = seats.find(({ party }) => party === told.partyId);
  if (seat === undefined) throw changed(`there is no seat ${told.partyId}, which this worker was given`);
  for (const field of ["participant", "workerIndex", "workerCount", "role"] as const)
    if (seat[field] !== told[field])
      throw changed(`${field} of seat ${seat.party} is ${seat[field]}, was ${told[field]}`);
  return seat;
}

function requireTold({ jobUid, paradigm, context, works }: RoundTerms, { work }: SeatTerms, told: ToldJob): void {
  if (jobUid !== told.jobUid) throw changed(`the job is ${jobUid}, was ${told.jobUid}`);
  if (paradigm !== told.paradigm) throw changed(`the paradigm is ${paradigm}, was ${told.paradigm}`);
  for (const field of ["task", "seed", "adapterJson"] as const)
    if (context[field] !== told[field]) throw changed(`${field} is ${context[field]}, was ${told[field]}`);
  if (!equalBytes(context.sourceSha256, told.sourceSha256)) throw changed("the model source is another one");
  if (!isDeepStrictEqual({ ...works[work]!.hyperparameters }, { ...told.hyperparameters }))
    throw changed("the hyperparameters are others than this worker was told");
}

/** Who counts for which organisation stands in both: two tellings would be two ways to count. */
function requireRoster({ seats }: RoundTerms, { roster }: RoundSetup, { told, ownKey }: Trust): void {
  const organisations = new Map(seats.map(({ party, organisation }) => [party, organisation]));
  for (const { id, organisation } of roster)
    if (organisations.get(id) !== organisation)
      throw changed(`party ${id} of ${organisation} has no seat of this organisation`);
  const own = roster.find(({ id }) => id === told.partyId);
  if (own === undefined || !equalBytes(own.publicKey, ownKey))
    throw changed(`party ${told.partyId} of the roster is not this worker, which sits on that seat`);
}

/** The paradigm's own script: no other order, step, parameter or section is run. */
function requireScriptOf({ paradigm, steps, sections, context }: RoundTerms): RoundScript {
  if (paradigm !== horizontal.paradigm)
    throw termsRefused(
      TermsRefusal.ScriptChanged,
      `the paradigm is ${paradigm}, this worker runs ${horizontal.paradigm}`,
    );
  const update = sections.find(isTensorSection);
  const job = { tensors: update?.tensors ?? [], hasAdapter: context.adapterJson !== "" };
  const script = horizontal.plan(job, {}, { isEvaluateOnly: update === undefined });
  if (
    isDeepStrictEqual(plain(script.steps), plain(steps)) &&
    isDeepStrictEqual(plain(script.sections), plain(sections))
  )
    return script;
  const what = "steps and report are not those of a round that trains, or evaluates alone";
  throw termsRefused(TermsRefusal.ScriptChanged, what);
}

function requireWork({ works, context }: RoundTerms, seat: SeatTerms, script: RoundScript): void {
  const { localSteps, rank } = works[seat.work]!;
  if (localSteps > 0 !== script.writes.length > 0)
    throw changed(`${localSteps} local steps in a round of phase ${script.phase}`);
  const role = script.steps.find((step) => step.role !== seat.role)?.role;
  if (role !== undefined) throw changed(`seat ${seat.party} has the role ${seat.role}, the script asks ${role}`);
  const told = rankOf(context.adapterJson);
  if (rank !== told) throw changed(`the rank is ${rank}, the adapter's is ${told}`);
}

/** Rank of the adapter that the worker was told of; 0 when the whole model is trained. */
function rankOf(adapterJson: string): number {
  if (adapterJson === "") return 0;
  try {
    return Number((JSON.parse(adapterJson) as { readonly rank?: unknown }).rank);
  } catch {
    return Number.NaN;
  }
}

function requireTable({ sections, seats }: RoundTerms, setup: RoundSetup): void {
  if (isTableOf(sections, seats.length, setup.segments)) return;
  const what = "the setup's segments do not follow from the report and the number of seats";
  throw termsRefused(TermsRefusal.LayoutChanged, what);
}

/**
 * Refuses a crowd in which too few do work like a party's own; without masks the hub sees every update, and no crowd hides one.
 *
 * @param present whom the sum may hold, or holds.
 * @throws TERMS_REFUSED, WorkNotShared.
 */
export function requireSharedWork(
  { setup, terms }: Pick<CheckedTerms, "setup" | "terms">,
  party: number,
  present: readonly number[],
): void {
  if (setup.protocol === Protocol.None || !terms.sections.some(isTensorSection)) return;
  const crowd: Crowd = { seats: Math.max(3, setup.threshold), organisations: setup.minOrganisations };
  if (isWorkShared(terms, party, present, crowd)) return;
  throw termsRefused(
    TermsRefusal.WorkNotShared,
    `fewer than ${crowd.seats} parties of ${crowd.organisations} organisations do work like that of seat ${party}`,
  );
}

function changed(why: string) {
  return termsRefused(TermsRefusal.TermsChanged, why);
}

/** Messages of a library's classes compare as what they say. */
function plain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}
