import { createHash } from "node:crypto";
import { parseEntry } from "../stack/job-progress.ts";

/** Looks at a ledger again and again and throws when a committed round was lost, changed or doubled. */
export interface LedgerWitness {
  /** Compares the lines with those that were seen before, and gives how many there are. */
  readonly look: (lines: readonly string[]) => number;
}

/** A witness that has seen nothing yet. */
export function createLedgerWitness(): LedgerWitness {
  let seen: readonly string[] = [];
  return {
    look(lines) {
      if (lines.length < seen.length)
        throw new Error(`the ledger had ${seen.length} rounds and has ${lines.length}: committed rounds were lost`);
      for (const [round, line] of lines.entries()) {
        const entry = parseEntry(line);
        if (entry.round !== round) throw new Error(`line ${round} of the ledger is of round ${entry.round}`);
        if (round < seen.length && line !== seen[round])
          throw new Error(`round ${round} was committed and has changed`);
        const before = lines[round - 1];
        const previous = before === undefined ? undefined : createHash("sha256").update(before).digest("hex");
        if (previous !== undefined && entry.previous !== previous)
          throw new Error(`round ${round} does not continue the line of round ${round - 1}`);
      }
      seen = lines;
      return lines.length;
    },
  };
}
