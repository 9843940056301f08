import { expect, it } from "vitest";
import { fitnessOf, REGISTRATION_MS } from "./seat-fitness.ts";

const trainerOf = (...kinds: string[]) => ({ kinds, capability: undefined });
const whole = trainerOf("Train", "Evaluate", "Generate");
const lacking = {
  code: "KIND_MISSING",
  message: "its trainer does not do Evaluate, which this job asks of the role Trainer",
};

it.each([
  { given: "a worker that listens with a whole trainer", worker: { trainer: whole }, want: { fitness: "Fit" } },
  { given: "one that does not listen", worker: { trainer: whole, isConnected: false }, want: { fitness: "Away" } },
  { given: "nobody", worker: { isConnected: false, registeringMs: 10 * REGISTRATION_MS }, want: { fitness: "Away" } },
  {
    given: "a trainer without a verb",
    worker: { trainer: trainerOf("Train") },
    want: { fitness: "Unfit", problem: lacking },
  },
  {
    given: "a trainer without a verb whose worker is away",
    worker: { trainer: trainerOf("Train"), isConnected: false },
    want: { fitness: "Away", problem: lacking },
  },
  {
    given: "a worker that the others would not know",
    worker: { trainer: whole, isKnown: false },
    want: { fitness: "Unfit", problem: { code: "GATE_UNREACHABLE", message: expect.stringContaining("vouched") } },
  },
  { given: "one of those that is away", worker: { isConnected: false, isKnown: false }, want: { fitness: "Away" } },
  {
    given: "a trainer that is about to register",
    worker: { registeringMs: REGISTRATION_MS - 1 },
    want: { fitness: "Registering" },
  },
  {
    given: "a trainer that never registers",
    worker: { registeringMs: REGISTRATION_MS },
    want: {
      fitness: "Unfit",
      problem: { code: "TRAINER_LOST", message: "its trainer has not registered within 120 s" },
    },
  },
])("$given is $want.fitness", ({ worker, want }) => {
  expect(fitnessOf({ isConnected: true, trainer: undefined, registeringMs: 0, isKnown: true, ...worker })).toEqual(
    want,
  );
});
