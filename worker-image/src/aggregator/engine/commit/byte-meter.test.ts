import { expect, it } from "vitest";
import { ByteMeter } from "./byte-meter.ts";

it("tells the bytes of each set by its name, and keeps what came while a line was written", () => {
  const meter = new ByteMeter();
  meter.count("update", "up", 3);
  meter.count("model", "down", 10);
  meter.count("update", "up", 4);
  const written = meter.bytes;
  expect(Object.entries(written)).toEqual([
    ["model", { up: 0, down: 10 }],
    ["update", { up: 7, down: 0 }],
  ]);
  meter.count("model", "down", 5);
  meter.settle(written);
  expect(meter.bytes).toEqual({ model: { up: 0, down: 5 } });
});
