import type { SeatWork } from "@tributary/federated";
import type { ParticipantConfig } from "../../config/job-config.ts";

/** What the seats of a job do in a round. */
export interface SharedWorks {
  /** Each different work once, in the order in which participants ask for it. */
  readonly works: readonly SeatWork[];
  /** Place of a participant's work in {@link works}, by the participant's name. */
  readonly places: ReadonlyMap<string, number>;
}

/** What all seats do alike, with each participant's own hyperparameters: names in another order are no other work. */
export function shareWorks(
  participants: readonly ParticipantConfig[],
  alike: Omit<SeatWork, "hyperparameters">,
): SharedWorks {
  const texts = [...new Set(participants.map(textOf))];
  return {
    works: texts.map((text) => ({ ...alike, hyperparameters: Object.fromEntries(JSON.parse(text)) })),
    places: new Map(participants.map((participant) => [participant.name, texts.indexOf(textOf(participant))])),
  };
}

function textOf({ hyperparameters }: ParticipantConfig): string {
  return JSON.stringify(Object.entries(hyperparameters).sort(([a], [b]) => (a < b ? -1 : 1)));
}
