import type { partyV1 } from "@tributary/contracts";
import { equalBytes } from "@tributary/federated";
import { TermsRefusal, termsRefused } from "../shared/terms/terms-refusal.ts";
import type { ToldJob } from "./round/check-opened.ts";
import type { TrainerJob } from "./trainer/trainer-desk.ts";

/**
 * What a worker was told of the job when it joined, to which every round is held.
 *
 * @throws TERMS_REFUSED when the base model that workers are to fetch is not the source that rounds bind.
 */
export function toldJob(joined: partyV1.JoinResponse): ToldJob {
  const { jobUid, partyId, participant, workerIndex, workerCount, role, paradigm } = joined;
  const { sourceSha256, task, hyperparameters, seed, adapterJson, baseModel } = joined;
  if (baseModel !== undefined && !equalBytes(baseModel.sha256, sourceSha256))
    throw termsRefused(TermsRefusal.TermsChanged, "the base model is not the job's source");
  const job = { role, paradigm, task, hyperparameters, seed, adapterJson, sourceSha256 };
  return { jobUid, partyId, participant, workerIndex, workerCount, ...job };
}

/** Where a trainer finds its files. */
interface TrainerPaths {
  readonly volumeDirectory: string;
  readonly datasetPath: string;
}

/** The job as its trainer is told of it. */
export function trainerJob(
  joined: partyV1.JoinResponse,
  basePath: string | undefined,
  paths: TrainerPaths,
): TrainerJob {
  const { jobUid, participant, workerIndex, workerCount, task, hyperparameters, seed, baseModel, adapterJson } = joined;
  const { role, paradigm } = joined;
  return {
    role,
    paradigm,
    jobUid,
    participant,
    workerIndex,
    workerCount,
    task,
    hyperparameters,
    seed,
    datasetPath: paths.datasetPath,
    volumePath: paths.volumeDirectory,
    ...(baseModel !== undefined &&
      basePath !== undefined && {
        baseModel: { path: basePath, sha256: baseModel.sha256, format: baseModel.format },
      }),
    ...(adapterJson !== "" && { adapter: JSON.parse(adapterJson) as Record<string, never> }),
  };
}
