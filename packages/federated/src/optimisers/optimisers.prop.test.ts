import fc from "fast-check";
import { expect, it } from "vitest";
import { SERVER_OPTIMISER_NAMES, serverOptimiserByName } from "./catalogue.ts";
import { parseParameters } from "./parameters.ts";
import { createState, type FloatVector, type ServerState } from "./server-optimiser.ts";

const aValue = fc.double({ min: -1e3, max: 1e3, noNaN: true });
const aCase = fc.integer({ min: 1, max: 40 }).chain((length) =>
  fc.record({
    base: fc.array(aValue, { minLength: length, maxLength: length }),
    updates: fc.array(fc.array(aValue, { minLength: length, maxLength: length }), { minLength: 1, maxLength: 4 }),
    cuts: fc.array(fc.integer({ min: 0, max: length }), { maxLength: 4 }),
  }),
);

function runChunk<V extends FloatVector>(name: string, base: V, updates: readonly V[], create: (n: number) => V) {
  const optimiser = serverOptimiserByName(name);
  const parameters = parseParameters(optimiser);
  const extraMeans = { localStepNorm: 7.5 };
  let model = base;
  let state: ServerState<V> = createState(optimiser, parameters, base.length, create);
  for (const [round, meanUpdate] of updates.entries()) {
    ({ model, state } = optimiser.step({ base: model, meanUpdate, state, round, parameters, extraMeans }));
  }
  return [model, ...Object.values(state)];
}

it.each(SERVER_OPTIMISER_NAMES)("%s gives the same bits in any chunks, and leaves its input alone", (name) => {
  fc.assert(
    fc.property(aCase, fc.boolean(), ({ base, updates, cuts }, single) => {
      const create = (n: number): FloatVector => (single ? new Float32Array(n) : new Float64Array(n));
      const vector = (values: readonly number[]) => {
        const made = create(values.length);
        made.set(values);
        return made;
      };
      const whole = runChunk(name, vector(base), updates.map(vector), create);
      const kept = vector(base);
      const edges = [0, ...cuts.sort((a, b) => a - b), base.length];
      for (let k = 1; k < edges.length; k++) {
        const [from, to] = [edges[k - 1]!, edges[k]!];
        const slices = updates.map((update) => vector(update).subarray(from, to));
        const part = runChunk(name, kept.subarray(from, to), slices, create);
        expect(part).toEqual(whole.map((all) => all.subarray(from, to)));
      }
      expect(kept).toEqual(vector(base));
    }),
    { numRuns: 50 },
  );
});

it.each(SERVER_OPTIMISER_NAMES)(
  "%s refuses by name and coordinate what would overflow, or gives finite numbers",
  (name) => {
    const exponent = fc.integer({ min: -40, max: 127 });
    const aHuge = fc.record({ exponent, sign: fc.constantFrom(1, -1) }).map(({ exponent: e, sign }) => sign * 2 ** e);
    fc.assert(
      fc.property(
        fc.array(fc.array(aHuge, { minLength: 3, maxLength: 3 }), { minLength: 1, maxLength: 6 }),
        (updates) => {
          const vectors = updates.map((update) => Float32Array.from(update));
          try {
            const made = runChunk(name, new Float32Array(3).fill(1), vectors, (n) => new Float32Array(n));
            for (const vector of made) expect(vector.every(Number.isFinite)).toBe(true);
          } catch (error) {
            expect(String(error)).toMatch(
              /(model|Moment|momentum)\[[0-2]\] is (NaN|-?Infinity), must be finite after the step/,
            );
          }
        },
      ),
    );
  },
);

it("a moment that overflows is refused, not kept to freeze its coordinate", () => {
  const huge = [new Float32Array([1, 2 ** 70])];
  expect(() => runChunk("FedAdam", new Float32Array(2), huge, (n) => new Float32Array(n))).toThrow(
    "secondMoment[1] is Infinity, must be finite after the step",
  );
});
