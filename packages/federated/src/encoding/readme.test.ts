import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { packRing } from "./packing.ts";

it("the README's packed example is what packRing writes", () => {
  const line = /b = 12, values ([-\d, ]+): +((?:[0-9a-f]{2} ?)+)/.exec(
    readFileSync(new URL("./README.md", import.meta.url), "utf8"),
  );
  const values = Int32Array.from(line![1]!.split(","), Number);
  const hex = [...packRing(values, 12)].map((byte) => byte.toString(16).padStart(2, "0"));
  expect(hex.join(" ")).toBe(line![2]!.trim());
});
