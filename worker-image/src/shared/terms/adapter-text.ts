import { requireArgument } from "@tributary/federated";

/** Largest numbers that a job may ask for. */
const MOST = { rank: 512, alpha: 4_096 };

/**
 * Requires the text of an adapter to be the one that means it, with every field, as aggregators write it; empty for a whole model. The text is
 * in the start's digest, by which sums are told apart: one adapter in two texts, by a blank, a default left out or targets in another order,
 * would be two starts of one training.
 *
 * @throws ArgumentError naming the text and what would be right.
 */
export function requireAdapterText(text: string): void {
  if (text === "") return;
  const expected = `the one text of ${JSON.stringify({ type: "LoRA", rank: 4, alpha: 8, targets: ["q_proj"], rule: "FreezeA" })} with numbers and targets of its own, these ascending`;
  requireArgument(text === writtenAgain(text), "context.adapterJson", text, expected);
}

/** The adapter that a text says, written as aggregators do; `undefined` when it says none. */
function writtenAgain(text: string): string | undefined {
  const { rank, alpha, targets } = fieldsOf(text);
  if (!isWhole(rank, MOST.rank) || !isWhole(alpha, MOST.alpha) || !Array.isArray(targets)) return undefined;
  const isList = targets.length > 0 && new Set(targets).size === targets.length;
  if (!isList || !targets.every((target) => typeof target === "string")) return undefined;
  return JSON.stringify({ type: "LoRA", rank, alpha, targets: [...targets].sort(), rule: "FreezeA" });
}

function fieldsOf(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
  } catch {
    return {};
  }
}

function isWhole(value: unknown, most: number): value is number {
  return Number.isInteger(value) && (value as number) >= 1 && (value as number) <= most;
}
