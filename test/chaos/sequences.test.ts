import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { findFaults, firstHundredSeeds } from "../support/sequences/describe-outcome.ts";
import { createSequenceWorld, type SequenceWorld } from "../support/sequences/sequence-world.ts";

describe("a sequence of events", () => {
  let world: SequenceWorld;

  beforeAll(async () => {
    world = await createSequenceWorld();
  });

  afterAll(() => world?.close());

  it.each(firstHundredSeeds)("harms no neighbour, leaves nothing behind and is told truly (seed %s)", async (seed) => {
    const faults = await findFaults(world, seed);
    expect(faults, faults).toBe("");
  });
});
