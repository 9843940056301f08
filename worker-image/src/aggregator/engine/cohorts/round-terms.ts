import {
  type AggregatorState,
  type CryptoSuite,
  equalBytes,
  horizontal,
  isArgumentError,
  Keystream,
  layoutReport,
  planExponents,
  type ReportLayout,
  type RoundPlan,
  type RoundScript,
  type RoundSetup,
  setupSegments,
  signedLayout,
  startDigest,
  termsDigest,
  toHex,
} from "@tributary/federated";
import { isTributaryError } from "@tributary/kit";
import { decodeStart, encodeStart } from "../../../shared/terms/start-message.ts";
import { decodeTerms, encodeTerms } from "../../../shared/terms/terms-message.ts";
import type { JobConfig } from "../../config/job-config.ts";
import type { Seat, SeatHolder } from "../../party/seats.ts";
import type { JobModels } from "../job-models.ts";
import { setupShape } from "./setup-shape.ts";
import { shareWorks } from "./share-works.ts";

/** What a round is about, as it is signed and all parties agree on it. */
export interface SignedTerms {
  readonly setup: RoundSetup;
  readonly plan: RoundPlan;
  /** Bytes of the terms, which travel and which the setup names. */
  readonly terms: Uint8Array;
  /** Bytes of the start, which travel and whose digest the plan names. */
  readonly start: Uint8Array;
}

/** The job as a round needs it. */
export interface JobTerms {
  readonly config: JobConfig;
  readonly crypto: CryptoSuite;
  readonly aggregatorKey: Uint8Array;
  readonly models: JobModels;
  /** Every seat of the job. */
  readonly seats: readonly Seat[];
}

/** One attempt at one round. */
export interface AttemptTerms {
  /** Ledger line that it may become. */
  readonly line: number;
  /** Number of its setup. */
  readonly setup: number;
  readonly attempt: number;
  readonly quorum: number;
  /** Threshold of the spent sum that it repeats; absent where it repeats none. */
  readonly spentThreshold?: number | undefined;
  readonly evaluateOnly: boolean;
  /** 0 when the round only evaluates. */
  readonly localSteps: number;
  /** The parties of the roster. */
  readonly holders: readonly RosterHolder[];
}

/** A worker of a roster, with the chain by which the others know it; none without masks. */
export interface RosterHolder extends Pick<SeatHolder, "seat" | "publicKey" | "certificateSha256"> {
  readonly chainDer: readonly Uint8Array[];
}

/** Terms, start, setup and plan of a new attempt. */
export function signedTerms(job: JobTerms, attempt: AttemptTerms): SignedTerms {
  const { config, crypto, models, seats } = job;
  const script = models.scriptOf(attempt);
  const layout = layoutReport(script.sections, seats.length, attempt.evaluateOnly ? [] : models.steps());
  const terms = termsBytes(job, attempt, script);
  const objects = models.startObjects(script.reads);
  const setup: RoundSetup = {
    ...setupShape(config.secureAggregation, {
      seats: seats.length,
      parties: attempt.holders.length,
      quorum: attempt.quorum,
      spentThreshold: attempt.spentThreshold,
    }),
    keystream: Keystream.Aes256Ctr,
    jobUid: config.job.uid,
    round: attempt.setup,
    attempt: attempt.attempt,
    aggregatorKey: job.aggregatorKey,
    contextSha256: termsDigest(crypto, terms),
    roster: attempt.holders
      .map(({ seat, publicKey, certificateSha256 }) => ({
        id: seat.partyId,
        organisation: seat.participant.organisation,
        publicKey,
        certificateSha256,
      }))
      .sort((a, b) => a.id - b.id),
    segments: setupSegments(layout),
  };
  const plan = { modelSha256: startDigest(crypto, objects), stepExponents: planExponents(layout) };
  return { setup, plan, terms, start: encodeStart(objects) };
}

/**
 * The report that the parties of an attempt were asked for, read from what was signed: whatever the job says by now, a sum means what
 * its parties meant. `undefined` for an attempt of another version, or whose papers are damaged.
 */
export function agreedLayout(
  crypto: Pick<CryptoSuite, "sha256">,
  { setup, plan }: AggregatorState,
  papers: Pick<SignedTerms, "terms" | "start">,
): ReportLayout | undefined {
  if (plan === null || !equalBytes(termsDigest(crypto, papers.terms), setup.contextSha256)) return undefined;
  try {
    if (!equalBytes(startDigest(crypto, decodeStart(papers.start)), plan.plan.modelSha256)) return undefined;
    const { sections, seats } = decodeTerms(papers.terms);
    return signedLayout(sections, seats.length, { setup, plan: plan.plan });
  } catch (cause) {
    if (isTributaryError(cause, "TERMS_REFUSED") || isArgumentError(cause)) return undefined;
    throw cause;
  }
}

/** Digests of the objects that a start names, hexadecimal, by name. */
export function startDigests(start: Uint8Array): Readonly<Record<string, string>> {
  return Object.fromEntries(decodeStart(start).map(({ name, sha256 }) => [name, toHex(sha256)]));
}

function termsBytes(
  { config, models, seats }: JobTerms,
  { line, localSteps, holders }: AttemptTerms,
  script: RoundScript,
): Uint8Array {
  const { task, seed } = config.trainer;
  const chains = new Map(holders.map(({ seat, chainDer }) => [seat.partyId, chainDer]));
  const { works, places } = shareWorks(config.participants, {
    localSteps,
    rank: config.model.adapter?.rank ?? 0,
  });
  return encodeTerms({
    jobUid: config.job.uid,
    line,
    paradigm: horizontal.paradigm,
    works,
    seats: seats.map(({ partyId, participant, workerIndex }) => ({
      party: partyId,
      participant: participant.name,
      role: horizontal.roles[0]!.role,
      organisation: participant.organisation,
      workerIndex,
      workerCount: participant.workers,
      work: places.get(participant.name)!,
      chainDer: chains.get(partyId) ?? [],
    })),
    steps: script.steps,
    sections: script.sections,
    strategy: config.strategy,
    context: { ...models.context(), task, seed: BigInt(seed) },
  });
}
