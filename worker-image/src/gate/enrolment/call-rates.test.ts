import { expect, it } from "vitest";
import { CallRates } from "./call-rates.ts";

function rates(callers = 10) {
  const clock = { ms: 0 };
  return { clock, rates: new CallRates({ burst: 3, perSecond: 0.5, callers }, () => clock.ms) };
}

const isTaken = (rate: CallRates, caller: string): boolean => {
  try {
    rate.spend(caller);
    return true;
  } catch {
    return false;
  }
};
const times = (count: number, rate: CallRates, caller: string) =>
  Array.from({ length: count }, () => isTaken(rate, caller)).filter(Boolean).length;

it("takes a burst of each caller, then so many a second, and none of another's", () => {
  const { clock, rates: own } = rates();
  expect(times(5, own, "a")).toBe(3);
  expect(times(5, own, "b")).toBe(3);
  clock.ms = 2_000;
  expect(times(5, own, "a")).toBe(1);
  clock.ms = 1_000_000;
  expect(times(5, own, "a")).toBe(3);
});

it("tells when the next is taken, and does not count what it refuses", () => {
  const { clock, rates: own } = rates();
  times(100, own, "a");
  expect(() => own.spend("a")).toThrow(expect.objectContaining({ code: "QUEUE_FULL", retryAfterMs: 2_000 }));
  clock.ms = 500;
  expect(() => own.spend("a")).toThrow(expect.objectContaining({ retryAfterMs: 1_500 }));
  clock.ms = 2_000;
  expect(isTaken(own, "a")).toBe(true);
});

it("remembers so many callers, and forgets whoever called the longest ago", () => {
  const { rates: own } = rates(2);
  times(3, own, "a");
  times(3, own, "b");
  expect(isTaken(own, "a")).toBe(false);
  times(3, own, "c");
  expect(own.size).toBe(2);
  expect(isTaken(own, "a")).toBe(false);
  expect(isTaken(own, "b")).toBe(true);
  for (let caller = 0; caller < 100; caller++) own.spend(String(caller));
  expect(own.size).toBe(2);
});
