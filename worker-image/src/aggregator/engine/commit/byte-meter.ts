import type { SetBytes } from "../../store/ledger-line.ts";

/** Bytes on the tensor wire since the last commit, by set: a section of the report up, an object down. */
export class ByteMeter {
  readonly #sets = new Map<string, { up: number; down: number }>();

  /** Notes bytes of a set. */
  count(set: string, direction: keyof SetBytes, bytes: number): void {
    const known = this.#sets.get(set) ?? { up: 0, down: 0 };
    this.#sets.set(set, { ...known, [direction]: known[direction] + bytes });
  }

  /** What was noted and is in no line yet. */
  get bytes(): Readonly<Record<string, SetBytes>> {
    return Object.fromEntries([...this.#sets].sort(([a], [b]) => (a < b ? -1 : 1)));
  }

  /** These bytes are in a line; what came meanwhile is left for the next. */
  settle(bytes: Readonly<Record<string, SetBytes>>): void {
    for (const [set, { up, down }] of Object.entries(bytes)) {
      this.count(set, "up", -up);
      this.count(set, "down", -down);
      const left = this.#sets.get(set)!;
      if (left.up === 0 && left.down === 0) this.#sets.delete(set);
    }
  }
}
