import { describe, expect, it } from "vitest";
import type { OpenedSum } from "./model-step.ts";
import { ModelStepping } from "./model-stepping.ts";

const sums = [0, 1, 2].map(
  (index): OpenedSum => ({
    path: `${index}.bin`,
    offset: 8 * index,
    parameters: 8,
    ringBits: 20,
    step: 1,
    parties: 2,
  }),
);

/** A step that only notes what it is given, in the place of one that writes a model. */
function noteSums(noted: string[], failAt?: string) {
  return async (given: AsyncIterable<OpenedSum>) => {
    for await (const { path } of given) {
      noted.push(path);
      if (path === failAt) throw new Error(`${path} cannot be stepped`);
    }
    return { modelSha256: noted.join(), optimiser: {} };
  };
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

describe("ModelStepping", () => {
  it("steps in the order of the segments, each once, and before the last is there", async () => {
    const noted: string[] = [];
    const stepping = new ModelStepping(noteSums(noted));
    stepping.offer(1, sums[1]!);
    await turn();
    expect(noted).toEqual([]);
    stepping.offer(0, sums[0]!);
    stepping.offer(0, sums[0]!);
    await turn();
    expect(noted).toEqual(["0.bin", "1.bin"]);
    expect((await stepping.finish(sums)).modelSha256).toBe("0.bin,1.bin,2.bin");
  });

  it("steps everything at the end when nothing was offered before", async () => {
    expect((await new ModelStepping(noteSums([])).finish(sums)).modelSha256).toBe("0.bin,1.bin,2.bin");
  });

  it("says at the end what stepping failed with, also when more sums came after", async () => {
    const stepping = new ModelStepping(noteSums([], "0.bin"));
    stepping.offer(0, sums[0]!);
    await turn();
    stepping.offer(1, sums[1]!);
    await expect(stepping.finish(sums)).rejects.toThrow("0.bin cannot be stepped");
  });

  it("ends a step that is given up, and takes what comes too late", async () => {
    let isEnded = false;
    const stepping = new ModelStepping(async (given) => {
      try {
        return await noteSums([])(given);
      } finally {
        isEnded = true;
      }
    });
    stepping.offer(0, sums[0]!);
    await stepping.abandon();
    expect(isEnded).toBe(true);
    stepping.offer(1, sums[1]!);
    await turn();
  });
});
