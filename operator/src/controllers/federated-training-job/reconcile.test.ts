import { expect, it } from "vitest";
import { reconcileJob } from "./reconcile.ts";
import { aRefusingHub } from "./testing/a-refusing-hub.ts";

it("tells of what a hub refuses once, and never of the aggregator as ready beside it", async () => {
  const { deps, events, jobs } = aRefusingHub();
  const { signal } = new AbortController();
  const ready = () => jobs.list()[0]?.status?.conditions?.find(({ type }) => type === "AggregationReady");
  for (let look = 0; look < 3; look += 1) {
    await reconcileJob("research/notes", deps, { signal, failures: look, reconcileId: "look" });
    expect(ready()).toMatchObject({ status: "False", reason: "Refused" });
  }
  const told = events.filter(({ reason }) => ["Refused", "AggregatorReady"].includes(reason));
  expect(told.map(({ type, reason }) => `${type} ${reason}`)).toEqual(["Warning Refused"]);
});

it("tries what is refused ever more seldom, whatever the plan waits for", async () => {
  const { deps, clock } = aRefusingHub({ backoff: { initialMs: 2_000, maxMs: 60_000, factor: 2 } });
  const { signal } = new AbortController();
  const waits: unknown[] = [];
  for (let look = 0; look < 7; look += 1) {
    const wait = await reconcileJob("research/notes", deps, { signal, failures: 0, reconcileId: "look" });
    waits.push(wait);
    await clock.advance(wait?.requeueAfterMs ?? 0);
  }
  const seconds = [2, 4, 8, 16, 32, 60, 60];
  expect(waits).toEqual(seconds.map((s) => ({ requeueAfterMs: s * 1_000 })));
});
