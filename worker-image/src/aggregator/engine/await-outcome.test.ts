import type { AggregatorEvent } from "@tributary/federated";
import { expect, it } from "vitest";
import { awaitOutcome } from "./await-outcome.ts";
import type { RoundRun } from "./round-run.ts";

/** Plays an attempt in which nothing is ever said, and tells when each stage was closed. */
async function closings(expiresMs: number): Promise<(readonly [string, number])[]> {
  let nowMs = 0;
  const closed: (readonly [string, number])[] = [];
  const stop = new AbortController();
  const run = {
    outcome: new Promise<never>(() => {}),
    announced: new Promise<never>(() => {}),
    async post(event: AggregatorEvent) {
      if (event.type === "deadline") closed.push([event.stage, nowMs]);
      if (event.type === "abandon") stop.abort();
      return [];
    },
  } as unknown as RoundRun;
  const clock = {
    nowMs: () => nowMs,
    monotonicMs: () => nowMs,
    async sleep(ms: number, signal?: AbortSignal) {
      signal?.throwIfAborted();
      nowMs += ms;
    },
  };
  await awaitOutcome(run, { expiresMs, clock, signal: stop.signal });
  return closed;
}

it.each([
  [600_000, 15_000, 30_000],
  [60_000, 7_500, 15_000],
  [8_000, 1_000, 2_000],
])(
  "a party that says nothing leaves three quarters of %i ms to the reports of the others",
  async (expiresMs, keys, shares) => {
    expect((await closings(expiresMs)).slice(0, 3)).toEqual([
      ["Advertising", keys],
      ["Sharing", shares],
      ["Collecting", expiresMs],
    ]);
  },
);
