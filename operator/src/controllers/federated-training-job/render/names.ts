import type { FederatedTrainingJob } from "@tributary/contracts";
import { hashList } from "../../shared/hash-list.ts";

/**
 * Names of the objects that are made for one job on the hub. All are deterministic, so that a repeated create finds its own
 * object. They hold the job's name whole and end in a word that tells what they are, so those of two jobs never meet.
 */
export interface JobNames {
  readonly namespace: string;
  readonly caSecret: string;
  readonly aggregator: string;
  /** Claim of the ledger, as the StatefulSet of the aggregator names it. */
  readonly ledgerClaim: string;
  /** DNS name in the aggregator's certificate. */
  readonly serverName: string;
}

/** Volume of the aggregator's pod that holds the ledger. */
export const ledgerVolume = "data";

/** The names of a job's objects on the hub. */
export function jobNames(job: Pick<FederatedTrainingJob, "metadata">): JobNames {
  const { name } = job.metadata;
  const namespace = job.metadata.namespace ?? "default";
  return {
    namespace,
    caSecret: `${name}-ca`,
    aggregator: `${name}-aggregator`,
    ledgerClaim: `${ledgerVolume}-${name}-aggregator-0`,
    serverName: `${name}.${namespace}.aggregator.tributary`,
  };
}

/**
 * Most characters of a seat's name: with the index and the suffix of the last pod of a batch Job, `-255-xxxxx`, it fills the
 * 63 of a DNS label, which names, labels and hostnames of pods must fit in.
 */
const seatNameLimit = 53;

/** Whether a text can be the name of a participant, as the CRD has it: what an object in a member says may be anything. */
export function isParticipantName(text: string): boolean {
  return text.length <= 20 && /^[a-z]([-a-z0-9]*[a-z0-9])?$/u.test(text);
}

/**
 * Name of the anchor and of the batch Job of one seat: a part to read, and a hash of the hub's id, the job's namespace, its
 * name and the participant. The part to read may be cut and may be the same for two seats; the hash may not.
 *
 * @throws RangeError for a text that no participant is named by: no name with it would fit.
 */
export function seatName(hubId: string, job: Pick<FederatedTrainingJob, "metadata">, participant: string): string {
  if (!isParticipantName(participant)) throw new RangeError(`no participant can be named ${participant}`);
  const { name } = job.metadata;
  const hash = hashList([hubId, jobNames(job).namespace, name, participant]);
  const room = seatNameLimit - hash.length - participant.length - 2;
  return `${name.slice(0, room).replace(/-+$/u, "")}-${participant}-${hash}`;
}

/** Name of the TrainingRound of one window. */
export function windowName(job: Pick<FederatedTrainingJob, "metadata">, from: number, attempt: number): string {
  return `${job.metadata.name}-r${from}${attempt === 1 ? "" : `-a${attempt}`}`;
}
