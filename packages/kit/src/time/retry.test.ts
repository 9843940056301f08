import { describe, expect, it } from "vitest";
import { TributaryError } from "../errors/tributary-error.ts";
import { backoffMs } from "./backoff.ts";
import type { Clock } from "./clock.ts";
import { withDeadline } from "./deadline.ts";
import { retry } from "./retry.ts";

function recordingClock(): Clock & { readonly slept: number[] } {
  const slept: number[] = [];
  return { slept, nowMs: () => 0, monotonicMs: () => 0, sleep: async (delayMs) => void slept.push(delayMs) };
}

describe("backoffMs", () => {
  it.each([
    { name: "starts at half the first delay", attempt: 0, random: 0, want: 100 },
    { name: "doubles", attempt: 2, random: 0, want: 400 },
    { name: "adds jitter up to the full delay", attempt: 1, random: 0.5, want: 300 },
    { name: "ends at the cap", attempt: 60, random: 0, want: 500 },
  ])("$name", ({ attempt, random, want }) => {
    expect(backoffMs(attempt, { initialMs: 200, maxMs: 1000 }, random)).toBe(want);
  });
});

describe("retry", () => {
  const transient = new TributaryError("MEMBER_UNREACHABLE", "no answer");

  it("waits longer each time and returns the first success", async () => {
    const clock = recordingClock();
    const call = async (attempt: number) => {
      if (attempt < 3) throw transient;
      return attempt;
    };
    expect(await retry(call, { clock, random: () => 0, maxAttempts: 9 })).toBe(3);
    expect(clock.slept).toEqual([100, 200, 400]);
  });

  it("honours the least delay that the peer asked for", async () => {
    const clock = recordingClock();
    const busy = new TributaryError("QUEUE_FULL", "full", { retryAfterMs: 5000 });
    await expect(retry(() => Promise.reject(busy), { clock, maxAttempts: 2, random: () => 0 })).rejects.toBe(busy);
    expect(clock.slept).toEqual([5000]);
  });

  it("does not repeat what is permanent", async () => {
    const clock = recordingClock();
    const permanent = new TributaryError("SPEC_INVALID", "wrong");
    await expect(retry(() => Promise.reject(permanent), { clock })).rejects.toBe(permanent);
    expect(clock.slept).toEqual([]);
  });

  it("ends with the reason of its signal", async () => {
    const controller = new AbortController();
    const reason = new Error("stop");
    const call = async () => {
      controller.abort(reason);
      throw transient;
    };
    await expect(retry(call, { clock: recordingClock(), signal: controller.signal })).rejects.toBe(reason);
  });
});

describe("withDeadline", () => {
  it("names the work that took too long and aborts it", async () => {
    let seen: unknown;
    const work = (signal: AbortSignal) =>
      new Promise<never>(() => signal.addEventListener("abort", () => (seen = signal.reason)));
    await expect(withDeadline("the call", 1, undefined, work)).rejects.toThrow("the call took longer than 1 ms");
    expect(seen).toBeInstanceOf(TributaryError);
  });

  it("passes on the parent's reason", async () => {
    const reason = new Error("parent");
    await expect(withDeadline("x", 60_000, AbortSignal.abort(reason), () => new Promise(() => {}))).rejects.toBe(
      reason,
    );
  });
});
