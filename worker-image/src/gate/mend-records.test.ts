import { createLogger, TributaryError } from "@tributary/kit";
import { expect, it } from "vitest";
import { MEND_EVERY_MS, mendRecords } from "./mend-records.ts";

it("tries what could not be written until it can be, and nothing else", async () => {
  const stop = new AbortController();
  const lines: string[] = [];
  const log = createLogger("test", "info", { write: (line) => void lines.push(JSON.parse(line).msg) });
  const slept: number[] = [];
  const clock = {
    nowMs: () => 0,
    monotonicMs: () => 0,
    sleep: async (delayMs: number) => {
      slept.push(delayMs);
      if (slept.length === 4) stop.abort();
    },
  };
  const full = new TributaryError("STORAGE_FULL", "the volume is full");
  const record = (failures: number) => ({
    tried: 0,
    get problem() {
      return this.tried < failures ? full : undefined;
    },
    async mend() {
      this.tried++;
    },
  });
  const [trail, memory] = [record(2), record(0)];
  await mendRecords([trail, memory], { clock, log }, stop.signal);
  expect([trail.tried, memory.tried]).toEqual([2, 0]);
  expect(slept).toEqual(Array(4).fill(MEND_EVERY_MS));
  expect(lines).toEqual([
    "the gate is not ready, since it cannot write anything down: the volume is full",
    "the gate's volume takes what is written again",
  ]);
});
