import { describe, expect, it } from "vitest";
import { createFakeClock } from "../testing/fake-clock.ts";
import { createExpectations } from "./expectations.ts";

describe("expectations", () => {
  it("are met once the cache shows every create and delete", () => {
    const expectations = createExpectations(createFakeClock());
    expectations.expectCreated("k", ["a", "b"]);
    expectations.expectDeleted("k", ["uid-1"]);
    expectations.sawCreated("k", "a");
    expectations.sawDeleted("k", "uid-1");
    expect(expectations.areMet("k")).toBe(false);
    expectations.sawCreated("k", "b");
    expect(expectations.areMet("k")).toBe(true);
  });

  it("do not concern other keys, nor objects that nobody waits for", () => {
    const expectations = createExpectations(createFakeClock());
    expectations.expectCreated("k", ["a"]);
    expectations.sawCreated("k", "other");
    expectations.sawCreated("unknown", "a");
    expect(expectations.areMet("k")).toBe(false);
    expect(expectations.areMet("unknown")).toBe(true);
  });

  it("are given up after their time, counted from the last one", async () => {
    const clock = createFakeClock();
    const expectations = createExpectations(clock, 1_000);
    expectations.expectCreated("k", ["a"]);
    await clock.advance(900);
    expectations.expectCreated("k", ["b"]);
    await clock.advance(900);
    expect(expectations.areMet("k")).toBe(false);
    await clock.advance(100);
    expect(expectations.areMet("k")).toBe(true);
  });

  it("are forgotten with their key", () => {
    const expectations = createExpectations(createFakeClock());
    expectations.expectDeleted("k", ["uid-1"]);
    expectations.forget("k");
    expect(expectations.areMet("k")).toBe(true);
  });
});
