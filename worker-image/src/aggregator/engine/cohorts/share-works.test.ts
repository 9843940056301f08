import { describe, expect, it } from "vitest";
import { participantOf } from "../testing/memory-job.ts";
import { shareWorks } from "./share-works.ts";

const told = (name: string, hyperparameters: Record<string, string>) => ({
  ...participantOf(name, 2),
  hyperparameters,
});
const alike = { localSteps: 4, rank: 8 };

describe("the works of a job's seats", () => {
  it("are one where all participants are told the same", () => {
    const participants = [told("a", { increment: "1" }), told("b", { increment: "1" })];
    const { works, places } = shareWorks(participants, alike);
    expect(works).toEqual([{ ...alike, hyperparameters: { increment: "1" } }]);
    expect(participants.map(({ name }) => places.get(name))).toEqual([0, 0]);
  });

  it("are each different one once, in the order of the participants", () => {
    const participants = [
      told("a", { increment: "1", simulateStepMs: "5" }),
      told("b", { increment: "0.5" }),
      told("c", { simulateStepMs: "5", increment: "1" }),
      told("d", {}),
    ];
    const { works, places } = shareWorks(participants, alike);
    expect(works.map(({ hyperparameters }) => hyperparameters)).toEqual([
      { increment: "1", simulateStepMs: "5" },
      { increment: "0.5" },
      {},
    ]);
    expect(participants.map(({ name }) => places.get(name))).toEqual([0, 1, 0, 2]);
  });
});
