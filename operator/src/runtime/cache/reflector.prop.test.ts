import { Kinds } from "@tributary/contracts";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { KubeObject } from "../api/object.ts";
import { createFakeClock } from "../testing/fake-clock.ts";
import { createHistoryModel, type Fault } from "../testing/history-model.ts";
import { byLabel, byNamespace } from "./index-functions.ts";
import { type CacheChange, createObjectCache } from "./object-cache.ts";
import { createReflector } from "./reflector.ts";

const name = fc.constantFrom("a", "b", "c", "d", "e", "f");
const fault = fc.constantFrom<Fault>(
  "cutStream",
  "expireInStream",
  "closeStream",
  "refuseNextList",
  "refuseNextWatch",
  "silence",
);
const step = fc.oneof(
  { weight: 4, arbitrary: fc.record({ type: fc.constant("put" as const), name }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constantFrom("remove" as const, "recreate" as const), name }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant("fault" as const), fault }) },
  {
    weight: 1,
    arbitrary: fc.record({ type: fc.constantFrom("heal" as const, "compact" as const, "bookmark" as const) }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ type: fc.constant("advance" as const), byMs: fc.integer({ min: 0, max: 200_000 }) }),
  },
);

/** Follows the changes alone, and fails on one that contradicts those before it. */
function createFollower() {
  const known = new Map<string, KubeObject>();
  return {
    known,
    listen(change: CacheChange<KubeObject>) {
      const before = known.get(change.key);
      if (change.type === "added") expect(before).toBeUndefined();
      if (change.type === "updated") expect(before?.metadata.uid).toBe(change.object.metadata.uid);
      if (change.type === "removed") expect(before).toBeDefined();
      if (change.type === "removed") known.delete(change.key);
      else known.set(change.key, change.object);
    },
  };
}

const byName = (left: KubeObject, right: KubeObject) => left.metadata.name.localeCompare(right.metadata.name);

describe("reflector, any interleaving of changes, cuts, expiries, refusals and silence", () => {
  it("ends with the cache and its listeners equal to the collection", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), fc.integer({ min: 1, max: 4 }), async (steps, pageSize) => {
        const clock = createFakeClock();
        const model = createHistoryModel();
        const errors: unknown[] = [];
        const cache = createObjectCache<KubeObject>({
          indices: { namespace: byNamespace, label: byLabel("x") },
          onError: (error) => errors.push(error),
        });
        const follower = createFollower();
        cache.listen(follower.listen);
        const reflector = createReflector({
          client: model,
          resource: Kinds.ConfigMap,
          cache,
          clock,
          random: () => 0.5,
          pageSize,
        });
        const stop = new AbortController();
        const running = reflector.run(stop.signal);
        for (const action of steps) {
          if (action.type === "fault") model.fault(action.fault);
          else if (action.type === "advance") await clock.advance(action.byMs);
          else if (action.type === "put" || action.type === "remove" || action.type === "recreate") {
            model[action.type](action.name);
          } else model[action.type]();
        }
        model.heal();
        await clock.advance(300_000);

        expect(errors).toEqual([]);
        expect(reflector.hasSynced()).toBe(true);
        expect(cache.list().sort(byName)).toEqual(model.objects().sort(byName));
        expect([...follower.known.values()].sort(byName)).toEqual(model.objects().sort(byName));
        expect(cache.byIndex("namespace", "n").length).toBe(model.objects().length);
        stop.abort();
        await running;
        expect(clock.pendingTimers()).toBe(0);
      }),
      { numRuns: 300 },
    );
  });
});
