import { describe, expect, it } from "vitest";
import { takeTurns } from "./turns.ts";

describe("takeTurns", () => {
  it("lets others run at every nth call, and does not wait at the others", async () => {
    const turn = takeTurns(3);
    expect([turn(), turn()]).toEqual([undefined, undefined]);
    let hasRun = false;
    setImmediate(() => {
      hasRun = true;
    });
    await turn();
    expect(hasRun).toBe(true);
    expect(turn()).toBeUndefined();
  });
});
