import { type AggregatorState, Keystream, Protocol, type RoundPlan, type RoundSetup } from "@tributary/federated";
import {
  layoutReport,
  type PlannedReport,
  planExponents,
  readPlannedReport,
  setupSegments,
} from "../../shared/report/report-layout.ts";
import { roundContextSha256 } from "../../shared/report/round-context.ts";
import type { JobConfig } from "../config/job-config.ts";
import type { SeatHolder } from "../party/seats.ts";
import type { JobModels } from "./job-models.ts";

/** What a round is about, as it is signed and all parties agree on it. */
export interface RoundTerms {
  readonly setup: RoundSetup;
  readonly plan: RoundPlan;
}

/** The job as a round needs it. */
export interface JobTerms {
  readonly config: JobConfig;
  readonly aggregatorKey: Uint8Array;
  readonly models: JobModels;
}

/** One attempt at one round. */
export interface AttemptTerms {
  readonly round: number;
  readonly attempt: number;
  readonly quorum: number;
  readonly evaluateOnly: boolean;
  /** 0 when the round only evaluates. */
  readonly localSteps: number;
  /** The parties of the roster. */
  readonly holders: readonly SeatHolder[];
}

/**
 * Setup and plan of a new attempt.
 *
 * Without masks one answer opens a sum (threshold 1), and a sum must hold quorum.
 */
export function roundTerms(job: JobTerms, attempt: AttemptTerms): RoundTerms {
  const { config, models } = job;
  const seats = config.participants.reduce((sum, { workers }) => sum + workers, 0);
  const steps = models.steps();
  const layout = layoutReport(models.parameters, seats, steps);
  const setup: RoundSetup = {
    protocol: Protocol.None,
    keystream: Keystream.Aes256Ctr,
    jobUid: config.job.uid,
    round: attempt.round,
    attempt: attempt.attempt,
    aggregatorKey: job.aggregatorKey,
    contextSha256: roundContextSha256({ ...models.context(), localSteps: attempt.localSteps }),
    minOrganisations: 1,
    threshold: 1,
    minSurvivors: attempt.quorum,
    neighbours: 0,
    roster: attempt.holders
      .map(({ seat, publicKey, certificateSha256 }) => ({
        id: seat.partyId,
        organisation: seat.participant.organisation,
        publicKey,
        certificateSha256,
      }))
      .sort((a, b) => a.id - b.id),
    segments: setupSegments(layout, attempt.evaluateOnly),
  };
  const stepExponents = planExponents(layout, steps, attempt.evaluateOnly);
  return { setup, plan: { modelSha256: models.base().sha256, stepExponents } };
}

/**
 * The report that the parties of an attempt were asked for, read from what was signed: whatever the job says by now, a sum means what
 * its parties meant. `undefined` for an attempt of a version with another layout.
 */
export function signedReport({ setup, plan }: AggregatorState): PlannedReport | undefined {
  return plan === null ? undefined : readPlannedReport(setup, plan.plan);
}
