import { rm } from "node:fs/promises";
import { join } from "node:path";
import { createLogger, isTributaryError } from "@tributary/kit";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { trialFolder } from "../../shared/files/testing/faulty-disk.ts";
import { GateMemory } from "./gate-memory.ts";
import { digestOf, seatName, sumOf } from "./testing/seats.ts";

const log = createLogger("test", "silent");
let folder: string;
let trials = 0;
beforeAll(async () => {
  folder = await trialFolder("gate-memory-prop");
});
afterAll(() => rm(folder, { recursive: true, force: true }));

interface Ask {
  readonly seat: number;
  readonly start: string;
  readonly sections: readonly { readonly section: string; readonly survivors: readonly number[] }[];
  readonly work: string;
  readonly threshold: number;
  readonly policy: "Refuse" | "Allow";
}

interface Signed {
  readonly survivors: ReadonlySet<number>;
  readonly work: string;
  readonly threshold: number;
}

/** What is in one of two sets alone. */
function differing(one: ReadonlySet<number>, other: ReadonlySet<number>): number[] {
  return [...[...one].filter((seat) => !other.has(seat)), ...[...other].filter((seat) => !one.has(seat))];
}

function distance(one: ReadonlySet<number>, other: ReadonlySet<number>): number {
  return differing(one, other).length;
}

function isApart(one: ReadonlySet<number>, other: ReadonlySet<number>): boolean {
  return [...one].every((seat) => !other.has(seat));
}

/** The rules as they are written down, over all that was ever answered with yes: nothing is interned, cut or counted twice. */
class PlainMemory {
  readonly #limit: number;
  readonly signed = new Map<string, Signed[]>();

  constructor(limit: number) {
    this.#limit = limit;
  }

  ask(ask: Ask): "yes" | "DIFFERENCE_OF_JOBS" | "GATE_MEMORY_FULL" {
    const asked = ask.sections.map(({ section, survivors }) => ({
      key: JSON.stringify([ask.seat, ask.start, section]),
      sum: { survivors: new Set(survivors), work: ask.work, threshold: ask.threshold },
    }));
    if (ask.policy === "Refuse" && asked.some(({ key, sum }) => !this.#mayBeSigned(this.signed.get(key) ?? [], sum)))
      return "DIFFERENCE_OF_JOBS";
    const before = this.#starts(ask.seat, new Map());
    const after = this.#starts(ask.seat, new Map(asked.map(({ key, sum }) => [key, sum])));
    if (after > before && after > this.#limit) return "GATE_MEMORY_FULL";
    for (const { key, sum } of asked) this.signed.set(key, [...(this.signed.get(key) ?? []), sum]);
    return "yes";
  }

  #mayBeSigned(signed: readonly Signed[], asked: Signed): boolean {
    const same = signed.filter(({ survivors }) => distance(survivors, asked.survivors) === 0);
    const again = same.filter(({ work }) => work === asked.work);
    if (again.some(({ threshold }) => threshold >= asked.threshold)) return true;
    if (same.length > 0 && again.length === 0) return false;
    const others = signed.filter((sum) => !same.includes(sum));
    // What counts of a set that was signed more than once for the same work is its largest threshold.
    const isNear = others.some(
      ({ survivors, threshold }) =>
        !isApart(survivors, asked.survivors) ||
        distance(survivors, asked.survivors) < Math.max(3, threshold, asked.threshold),
    );
    const sets = new Set(signed.map(({ survivors }) => JSON.stringify([...survivors].sort())));
    return !isNear && (same.length > 0 || sets.size < 2);
  }

  #starts(seat: number, more: ReadonlyMap<string, Signed>): number {
    const keys = new Set([...this.signed.keys(), ...more.keys()].filter((key) => JSON.parse(key)[0] === seat));
    return [...keys].reduce((sum, key) => {
      const all = [...(this.signed.get(key) ?? []), ...(more.has(key) ? [more.get(key)!] : [])];
      const works = new Set(all.map(({ survivors, work }) => JSON.stringify([[...survivors].sort(), work])));
      return sum + Math.max(1, works.size - 1);
    }, 0);
  }
}

const survivors = fc
  .tuple(fc.constantFrom([1, 2, 3, 4, 5, 6, 7, 8], [11, 12, 13, 14, 15, 16]), fc.subarray([1, 2, 3, 11, 12, 13, 21]))
  .map(([base, changed]) => differing(new Set(base), new Set(changed)).sort((a, b) => a - b));
const asking = (policy: fc.Arbitrary<"Refuse" | "Allow">): fc.Arbitrary<Ask> =>
  fc.record({
    seat: fc.constantFrom(1, 2),
    start: fc.constantFrom("start a", "start b"),
    sections: fc.uniqueArray(fc.record({ section: fc.constantFrom("update", "evaluation"), survivors }), {
      minLength: 1,
      selector: ({ section }) => section,
    }),
    work: fc.constantFrom("work", "work", "work", "other work"),
    threshold: fc.constantFrom(1, 3, 3, 5),
    policy,
  });

function openMemory(directory: string, startsPerSeat: number): Promise<GateMemory> {
  return GateMemory.open({ directory, startsPerSeat, bytesPerSeat: 2 ** 30, log });
}

function answerOf(memory: GateMemory, { seat, start, sections, work, threshold, policy }: Ask): Promise<string> {
  const sums = sections.map((each) => sumOf(each.survivors, { section: each.section, work, threshold }));
  return memory.record({ seat: seatName(seat), startSha256: digestOf(start), sums }, { repeatedStarts: policy }).then(
    () => "yes",
    (error: unknown) => {
      if (isTributaryError(error)) return error.code;
      throw error;
    },
  );
}

describe("the gate's memory", () => {
  it("answers as the plain rules do, whatever the policy and however often it is opened anew", async () => {
    const policy = fc.constantFrom("Refuse", "Refuse", "Refuse", "Allow") as fc.Arbitrary<"Refuse" | "Allow">;
    const step = fc.record({ ask: asking(policy), isOpenedAnew: fc.constantFrom(false, false, true) });
    const property = fc.asyncProperty(
      fc.array(step, { maxLength: 24 }),
      fc.constantFrom(2, 4, 100),
      async (steps, limit) => {
        const directory = join(folder, String(trials++));
        const plain = new PlainMemory(limit);
        let memory = await openMemory(directory, limit);
        for (const { ask, isOpenedAnew } of steps) {
          if (isOpenedAnew) {
            await memory.close();
            memory = await openMemory(directory, limit);
          }
          expect(await answerOf(memory, ask)).toBe(plain.ask(ask));
        }
        await memory.close();
      },
    );
    await fc.assert(property, { numRuns: 150 });
  });

  it("signs no two sums of one start and section that single somebody out, and never a third set, also of calls at once", async () => {
    const asks = fc.array(asking(fc.constant("Refuse")), { minLength: 2, maxLength: 20 });
    const property = fc.asyncProperty(asks, fc.integer({ min: 1, max: 6 }), async (all, atOnce) => {
      const memory = await openMemory(join(folder, String(trials++)), 100);
      const accepted = new Map<string, Signed[]>();
      for (let from = 0; from < all.length; from += atOnce) {
        const together = all.slice(from, from + atOnce);
        const answers = await Promise.all(together.map((ask) => answerOf(memory, ask)));
        for (const [index, ask] of together.entries()) {
          if (answers[index] !== "yes") continue;
          for (const { section, survivors: seats } of ask.sections) {
            const key = JSON.stringify([ask.seat, ask.start, section]);
            const sum = { survivors: new Set(seats), work: ask.work, threshold: ask.threshold };
            accepted.set(key, [...(accepted.get(key) ?? []), sum]);
          }
        }
      }
      await memory.close();
      for (const sums of accepted.values()) requireSafe(sums);
    });
    await fc.assert(property, { numRuns: 150 });
  });
});

function requireSafe(sums: readonly Signed[]): void {
  for (const one of sums)
    for (const other of sums) {
      const apart = distance(one.survivors, other.survivors);
      const least = Math.max(3, one.threshold, other.threshold);
      expect(apart === 0 || apart >= least, `${apart} of ${least}`).toBe(true);
      if (apart > 0) expect(isApart(one.survivors, other.survivors)).toBe(true);
      if (apart === 0) expect(one.work).toBe(other.work);
    }
  expect(new Set(sums.map(({ survivors: seats }) => JSON.stringify([...seats].sort()))).size).toBeLessThanOrEqual(2);
}
