import { createLogger } from "@tributary/kit";
import { beforeEach, describe, expect, it } from "vitest";
import { readRoom, stocksOf } from "./count-stocks.ts";
import { StockWatch } from "./stock-watch.ts";

const HOUR_MS = 3_600_000;
let lines: { level: string; msg: string }[];
let nowMs: number;
beforeEach(() => {
  lines = [];
  nowMs = 0;
});

const log = () => createLogger("test", "info", { write: (line) => void lines.push(JSON.parse(line)) });
const clock = { nowMs: () => 0, monotonicMs: () => nowMs, sleep: () => Promise.resolve() };
const levels = () => lines.map(({ level }) => level);

function watchOf(room: { left: number }) {
  const count = async () => [{ what: "the volume", left: room.left, of: 1000, remedy: "archive the trail" }];
  return new StockWatch({ count, clock, log: log() });
}

describe("what a gate has only so much of", () => {
  it("is told of when it becomes low, when it becomes scarce, each day, and when there is enough again", async () => {
    const room = { left: 1000 };
    const watch = watchOf(room);
    const lookAt = async (left: number, hours = 0) => {
      room.left = left;
      nowMs += hours * HOUR_MS;
      await watch.look();
    };
    await lookAt(201);
    expect(lines).toEqual([]);
    await lookAt(200);
    await lookAt(190);
    expect(lines).toMatchObject([{ level: "warn", msg: "20 % of the volume is left; archive the trail" }]);
    await lookAt(180, 24);
    await lookAt(50);
    await lookAt(0, 23);
    await lookAt(0, 1);
    expect(levels()).toEqual(["warn", "warn", "error", "error"]);
    await lookAt(900);
    await lookAt(900, 48);
    expect(lines.slice(4)).toMatchObject([{ level: "info", msg: "90 % of the volume is left" }]);
  });

  it("is looked at again after a look that failed, which is told of", async () => {
    let isBroken = true;
    const count = async () => {
      if (isBroken) throw Object.assign(new Error("EIO: i/o error"), { code: "EIO" });
      return [{ what: "the volume", left: 0, of: 1000, remedy: "archive the trail" }];
    };
    const watch = new StockWatch({ count, clock, log: log() });
    await watch.look();
    isBroken = false;
    await watch.look();
    expect(levels()).toEqual(["warn", "error"]);
  });

  it("is room of the volume and starts of the fullest seat, and no volume that does not tell its size", async () => {
    const room = await readRoom("/tmp");
    expect(room.freeBytes).toBeLessThanOrEqual(room.sizeBytes);
    const memory = { mostStarts: 90, startsPerSeat: 100 };
    expect(stocksOf(room, memory)).toMatchObject([
      { left: room.freeBytes, of: room.sizeBytes },
      { left: 10, of: 100 },
    ]);
    expect(stocksOf({ freeBytes: 0, sizeBytes: 0 }, memory)).toHaveLength(1);
  });
});
