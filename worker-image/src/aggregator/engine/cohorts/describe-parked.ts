import type { AggregatorState } from "@tributary/federated";
import type { PartyEntry } from "../../party/party-directory.ts";
import type { EngineProblem } from "../engine-deps.ts";
import { awaitedHolders, lackingHolders } from "../run/opening-outlook.ts";

/** Workers that a message names one by one. */
const MOST_NAMED = 8;

/** Says to people why an announced sum is not open: of how many workers a word is missing, which could give it, and what keeps them from it. */
export function describeParked(
  state: AggregatorState,
  seats: readonly Pick<PartyEntry, "seat" | "isConnected" | "problem">[],
): EngineProblem {
  const awaited = new Set(awaitedHolders(state));
  const named = seats.filter(({ seat }) => awaited.has(seat.partyId)).map(describe);
  const others = named.length - MOST_NAMED;
  const names = others > 0 ? [...named.slice(0, MOST_NAMED), `${others} others`] : named;
  const lacking = lackingHolders(state);
  const words = lacking === 1 ? "the word of one worker" : `the words of ${lacking} workers`;
  const message = `a sum is announced and cannot be opened without ${words} more, of: ${names.join(", ")}; the round ends when they are back`;
  return { code: "UNMASK_SPENT", message };
}

function describe({ seat, isConnected, problem }: Pick<PartyEntry, "seat" | "isConnected" | "problem">): string {
  const why = problem === undefined ? (isConnected ? "silent" : "away") : `${problem.message}, ${problem.code}`;
  return `worker ${seat.workerIndex} of ${seat.participant.name} (${why})`;
}
