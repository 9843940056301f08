import { Protocol } from "@tributary/federated";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { pythonWith } from "./accounting/python-environment.ts";
import { aCasting, aSparseCasting, playCasting, stages } from "./castings.ts";
import type { Casting } from "./mixed-round.ts";
import { PythonReference, referenceRequirements } from "./python-reference.ts";

const RUNS = 200;

describe("XSA1 against the Python reference", () => {
  let python: PythonReference;
  beforeAll(async () => {
    python = new PythonReference(await pythonWith(referenceRequirements));
  });
  afterAll(() => python?.close());

  it("plays with masks and drop-outs at every stage, whoever is the aggregator", () => {
    const masked = Array.from({ length: RUNS }, (_, seed) => aCasting(seed)).filter(
      ({ setup }) => setup.protocol === Protocol.Masking,
    );
    for (const isPython of [false, true]) {
      const own = masked.filter(({ isPythonAggregator }) => isPythonAggregator === isPython);
      for (const stage of stages) {
        expect(own.filter(({ drops }) => [...drops.values()].includes(stage)).length).toBeGreaterThanOrEqual(4);
      }
    }
  });

  it.each(Array.from({ length: RUNS / 20 }, (_, part) => ({ first: 20 * part, last: 20 * part + 19 })))(
    "opens the integer sum in random mixtures $first to $last",
    async ({ first, last }) => {
      for (let seed = first; seed <= last; seed++) await play(python, aCasting(seed));
    },
  );

  it.each([false, true])(
    "opens the integer sum over a sparse graph of 70, aggregator in Python: %s",
    async (isPythonAggregator) => {
      await play(python, aSparseCasting(isPythonAggregator));
    },
  );
});

async function play(python: PythonReference, casting: Casting): Promise<void> {
  const { refusals, opened, right } = await playCasting(python, casting);
  const label = `seed ${casting.seed}`;
  expect(refusals, label).toEqual([]);
  expect(opened, label).toEqual(right);
}
