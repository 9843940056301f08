import { Keystream, Protocol, type RoundPlan, type RoundSetup } from "@tributary/federated";
import { layoutReport, planExponents, type ReportLayout, setupSegments } from "../../shared/report/report-layout.ts";
import { roundContextSha256 } from "../../shared/report/round-context.ts";
import type { JobConfig } from "../config/job-config.ts";
import type { SeatHolder } from "../party/seats.ts";
import type { JobModels } from "./job-models.ts";

/** What a round is about: what all parties agree on, and how its reports are laid out. */
export interface RoundTerms {
  readonly setup: RoundSetup;
  readonly plan: RoundPlan;
  readonly layout: ReportLayout;
  /** Quantiser step of each update segment. */
  readonly steps: readonly number[];
  readonly evaluateOnly: boolean;
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
 * Setup and plan of an attempt.
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
  const plan = { modelSha256: models.base().sha256, stepExponents };
  return { setup, plan, layout, steps, evaluateOnly: attempt.evaluateOnly };
}
