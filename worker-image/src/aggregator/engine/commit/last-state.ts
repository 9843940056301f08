import type { ServerOptimiser } from "@tributary/federated";
import type { LedgerLine } from "../../store/ledger-line.ts";

/** What the newest trained round says of the state that it left. */
type StateNote = Pick<LedgerLine, "strategy" | "optimiser">;

/**
 * Whether a server optimiser goes on from the state that a round left: only where it made that state itself. A job's strategy may be
 * changed while the job is suspended, and what one keeps means nothing to another, even where the bytes would fit.
 */
export function goesOnFrom(
  { strategy, optimiser }: StateNote,
  configured: Pick<ServerOptimiser, "name" | "stateSlots">,
): boolean {
  const { name, stateSlots } = configured;
  return strategy === name && stateSlots.length > 0 && stateSlots.every((slot) => optimiser[slot.name] !== undefined);
}
