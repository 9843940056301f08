import { describe, expect, it } from "vitest";
import { createFakeClock } from "../runtime/testing/fake-clock.ts";
import { createCircuitBreaker } from "./circuit-breaker.ts";

function makeBreaker() {
  const clock = createFakeClock();
  const breaker = createCircuitBreaker({ cluster: "edge", clock, random: () => 1, failuresToOpen: 3 });
  const fail = (times: number) => {
    for (let index = 0; index < times; index++) breaker.record(false);
  };
  return { clock, breaker, fail };
}

describe("circuit breaker", () => {
  it("lets calls through until enough failed in a row", () => {
    const { breaker, fail } = makeBreaker();
    fail(2);
    breaker.record(true);
    fail(2);
    expect(() => breaker.admit()).not.toThrow();
    fail(1);
    expect(() => breaker.admit()).toThrow(
      expect.objectContaining({ code: "MEMBER_UNREACHABLE", disposition: "transient", retryAfterMs: 1_000 }),
    );
  });

  it("lets one call try after a time, and refuses the others meanwhile", async () => {
    const { clock, breaker, fail } = makeBreaker();
    fail(3);
    await clock.advance(1_000);
    expect(() => breaker.admit()).not.toThrow();
    expect(() => breaker.admit()).toThrow();
    breaker.record(true);
    expect(() => breaker.admit()).not.toThrow();
    expect(breaker.isOpen()).toBe(false);
  });

  it("lets another call try at once when the one that tried was given up, and waits no longer for it", async () => {
    const { clock, breaker, fail } = makeBreaker();
    fail(3);
    await clock.advance(1_000);
    breaker.admit();
    breaker.release();
    expect(() => breaker.admit()).not.toThrow();
    expect(() => breaker.admit()).toThrow();
    fail(1);
    expect(() => breaker.admit()).toThrow(expect.objectContaining({ retryAfterMs: 2_000 }));
  });

  it("stays open when a call is given up before the time to try", () => {
    const { breaker, fail } = makeBreaker();
    fail(3);
    breaker.release();
    expect(() => breaker.admit()).toThrow(expect.objectContaining({ retryAfterMs: 1_000 }));
  });

  it("waits twice as long after each failed try, and starts over once the cluster answered", async () => {
    const { clock, breaker, fail } = makeBreaker();
    fail(3);
    await clock.advance(1_000);
    breaker.admit();
    fail(1);
    expect(() => breaker.admit()).toThrow(expect.objectContaining({ retryAfterMs: 2_000 }));
    await clock.advance(2_000);
    breaker.admit();
    breaker.record(true);
    fail(3);
    expect(() => breaker.admit()).toThrow(expect.objectContaining({ retryAfterMs: 1_000 }));
  });

  it("is not held open longer by calls that were on their way when it opened", async () => {
    const { clock, breaker, fail } = makeBreaker();
    fail(10);
    await clock.advance(1_000);
    expect(() => breaker.admit()).not.toThrow();
  });
});
