import type { CohortView } from "@tributary/federated";
import type { PartyEntry } from "../../party/party-directory.ts";
import { Fitness } from "../../party/seat-fitness.ts";
import type { Cohort } from "./cohort.ts";

/** The job as the policy of its cohorts sees it. */
export function viewCohorts(
  seats: readonly Pick<PartyEntry, "seat" | "fitness" | "holder">[],
  open: readonly Pick<Cohort, "view">[],
  line: number,
): CohortView {
  const parties = seats.map(({ seat, fitness, holder }) => {
    return { party: seat.partyId, isFit: fitness === Fitness.Fit && holder !== undefined };
  });
  return { parties, open: open.map(({ view }) => view), line };
}
