import type { controlV1 } from "@tributary/contracts";
import type { CallContext, Clock, ServiceMethods } from "@tributary/kit";
import { beforeEach, expect, it } from "vitest";
import type { JobEngine } from "../engine/job-engine.ts";
import { StateFeed } from "../engine/state-feed.ts";
import type { Seats } from "../party/seats.ts";
import type { RoundStore } from "../store/round-store.ts";
import type { StateSources } from "./aggregator-state-view.ts";
import { controlMethods } from "./control-service.ts";

const context = { signal: new AbortController().signal } as CallContext;
let nowMs: number;
let feed: StateFeed;
let methods: ServiceMethods<typeof controlV1.AggregatorService>;

beforeEach(() => {
  nowMs = 1_000_000;
  feed = new StateFeed(1);
  const clock: Clock = {
    nowMs: () => nowMs,
    monotonicMs: () => nowMs,
    sleep: async (delayMs) => {
      nowMs += delayMs;
    },
  };
  const view = { verdict: {}, spent: [], output: {}, shown: {}, hasReported: () => false };
  const engine = { feed, view } as unknown as JobEngine;
  const store = { rounds: [] } as unknown as RoundStore;
  const parties = { list: () => [] };
  const sources = { jobUid: "j", sourceSha256: "", engine, store, parties } as unknown as StateSources;
  methods = controlMethods({ requireOperator() {} } as unknown as Seats, engine, store, sources, clock);
});

/** A poll beyond a revision that is old by now; gives how long its answer was held back. */
async function heldBackMs(waitMs: number): Promise<number> {
  const askedMs = nowMs;
  feed.changed();
  await methods.getState({ afterRevision: 0n, waitMs } as never, context);
  return nowMs - askedMs;
}

it("news after a silence is told at once, news without end is told twenty times a second", async () => {
  expect(await heldBackMs(20_000)).toBe(0);
  expect([await heldBackMs(20_000), await heldBackMs(20_000)]).toEqual([50, 50]);
  nowMs += 30;
  expect(await heldBackMs(20_000)).toBe(20);
  nowMs += 50;
  expect(await heldBackMs(20_000)).toBe(0);
});

it("whoever does not wait for news is answered at once", async () => {
  expect([await heldBackMs(0), await heldBackMs(20_000), await heldBackMs(0)]).toEqual([0, 0, 0]);
});
