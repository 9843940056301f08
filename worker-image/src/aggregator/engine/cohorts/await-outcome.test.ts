import { type AggregatorEvent, Protocol, RoundStage, SegmentStage } from "@tributary/federated";
import { expect, it } from "vitest";
import type { RoundRun } from "../run/round-run.ts";
import type { RunOutcome } from "../run/run-contract.ts";
import { awaitOutcome } from "./await-outcome.ts";

/** Plays an attempt in which nothing is ever said, and tells when each stage was closed. */
async function closings(expiresMs: number, parties: number): Promise<(readonly [string, number])[]> {
  let nowMs = 0;
  const closed: (readonly [string, number])[] = [];
  const stop = new AbortController();
  const run = {
    state: {
      setup: { protocol: Protocol.None, roster: new Array(parties) },
      stage: RoundStage.Advertising,
      segments: [],
    },
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
  [600_000, 2, 16_000, 32_000],
  [600_000, 64, 47_000, 94_000],
  [60_000, 64, 7_500, 15_000],
  [60_000, 2, 7_500, 15_000],
  [8_000, 2, 1_000, 2_000],
])(
  "a party that says nothing leaves three quarters of %i ms to the reports of the others, and all %i have the time that their keys take",
  async (expiresMs, parties, keys, shares) => {
    expect((await closings(expiresMs, parties)).slice(0, 3)).toEqual([
      ["Advertising", keys],
      ["Sharing", shares],
      ["Collecting", expiresMs],
    ]);
  },
);

const setup = { protocol: Protocol.None, roster: new Array(2) };
const advertising = { setup, stage: RoundStage.Advertising, segments: [] };
const collecting = { setup, stage: RoundStage.Collecting, segments: [{ stage: SegmentStage.Collecting }] };

/** Plays an attempt of parties that are silent from a stage on, and fails when that stage is closed; tells how it ended. */
async function endOf(state: object, failsAt: string, expiresMs: number) {
  const outcome = Promise.withResolvers<RunOutcome>();
  const run = {
    state,
    outcome: outcome.promise,
    announced: new Promise<never>(() => {}),
    async post(event: AggregatorEvent) {
      if (event.type === "deadline" && event.stage === failsAt)
        outcome.resolve({ kind: "Failed", code: "QUORUM_NOT_REACHED", message: "few" });
      return [];
    },
  } as unknown as RoundRun;
  const clock = { nowMs: () => 0, monotonicMs: () => 0, sleep: () => Promise.resolve() };
  return awaitOutcome(run, { expiresMs, clock, signal: new AbortController().signal });
}

it.each([
  ["its deadline closed it to reports", collecting, "Collecting", 600_000, true],
  ["an exchange had too little of a short deadline", advertising, "Advertising", 60_000, true],
  ["an exchange took too long under any deadline", advertising, "Advertising", 600_000, false],
  ["its parties were lost in the middle of reports", collecting, "Sharing", 60_000, false],
])("an attempt ends when %s, and tells whether it was the deadline", async (_what, state, failsAt, expiresMs, want) => {
  expect(await endOf(state, failsAt, expiresMs)).toMatchObject({ outcome: { kind: "Failed" }, isExpired: want });
});
