import type { FederatedTrainingJob } from "@tributary/contracts";
import { DEFAULT_MIN_ORGANISATIONS, leastOpenedWorkers } from "@tributary/federated";

type Spec = FederatedTrainingJob["spec"];

/** What a job's masked sums hold at least, what its spec leaves open filled in. */
export interface Masks {
  /** Workers of all participants. */
  readonly workers: number;
  /** Fewest workers of a sum that is opened. */
  readonly minWorkers: number;
  /** Fewest organisations whose workers are in a sum that is opened. */
  readonly minOrganisations: number;
}

/** The masks that a spec asks for; undefined of one whose reports travel without. */
export function masksOf({ participants, privacy: { secureAggregation } }: Spec): Masks | undefined {
  if (secureAggregation.protocol === "None") return undefined;
  const workers = participants.reduce((sum, participant) => sum + participant.workers, 0);
  const { threshold, minOrganisations = DEFAULT_MIN_ORGANISATIONS } = secureAggregation;
  return { workers, minWorkers: leastOpenedWorkers({ workers, threshold }), minOrganisations };
}
