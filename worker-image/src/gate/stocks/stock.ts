/** Something of which a gate has only so much: once it is gone, rounds are refused. */
export interface Stock {
  /** What it is, as people know it. */
  readonly what: string;
  readonly left: number;
  /** How much there is of it in all. */
  readonly of: number;
  /** What comes of it when nothing is left, and what to do before. */
  readonly remedy: string;
}

/** How much of a stock is left: the worse, the larger. */
export const StockLevel = { Ample: 0, Low: 1, Scarce: 2 } as const;
/** One of the values of {@link StockLevel}. */
export type StockLevel = (typeof StockLevel)[keyof typeof StockLevel];

const LOW = 1 / 5;
const SCARCE = 1 / 20;
/** After so long the same is told again: whoever reads a log reads its newest lines. */
const TELL_EVERY_MS = 24 * 3_600_000;

/** How much of a stock is left. */
export function levelOf({ left, of }: Pick<Stock, "left" | "of">): StockLevel {
  if (left <= of * SCARCE) return StockLevel.Scarce;
  return left <= of * LOW ? StockLevel.Low : StockLevel.Ample;
}

/** What was told last of a stock, and when on a clock that nobody sets. */
export interface Told {
  readonly level: StockLevel;
  readonly atMs: number;
}

/** Whether a level is to be told: when it is another one than before, and once a day while it is not ample. Nothing is told of what was always ample. */
export function isToBeTold(level: StockLevel, told: Told | undefined, nowMs: number): boolean {
  if (told === undefined) return level !== StockLevel.Ample;
  return level !== told.level || (level !== StockLevel.Ample && nowMs - told.atMs >= TELL_EVERY_MS);
}
