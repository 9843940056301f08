import type { SeatObservation } from "../snapshot.ts";

/** What a policy wants of the places of a job; what no policy speaks of stays as it is. */
export type Placing =
  /** Nothing of the job stays in any member. */
  | { readonly type: "leave" }
  /** Participants of the spec stay where they are; these seats are placed where they have no place yet. */
  | { readonly type: "place"; readonly seats: readonly SeatObservation[] };
