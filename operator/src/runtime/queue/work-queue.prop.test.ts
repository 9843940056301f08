import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createFakeClock } from "../testing/fake-clock.ts";
import { createWorkQueue, Priority } from "./work-queue.ts";

const key = fc.constantFrom("a1", "a2", "b1", "b2", "c1");
const priority = fc.constantFrom(Priority.Resync, Priority.Change, Priority.User);
const step = fc.oneof(
  fc.record({ type: fc.constant("add" as const), key, priority }),
  fc.record({ type: fc.constant("addAfter" as const), key, delayMs: fc.integer({ min: 0, max: 500 }) }),
  fc.record({ type: fc.constant("retry" as const), key }),
  fc.record({ type: fc.constant("take" as const) }),
  fc.record({ type: fc.constant("done" as const), which: fc.nat(4) }),
  fc.record({ type: fc.constant("advance" as const), byMs: fc.integer({ min: 0, max: 300 }) }),
);

describe("work queue, any order of calls", () => {
  it("never gives out a key that is being worked on, and never loses one", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
        const clock = createFakeClock();
        const queue = createWorkQueue({ clock, groupOf: (name) => name.charAt(0) });
        const working: string[] = [];
        /** When each key was asked for: of asks that lie in the future the earliest counts. */
        const owedAtMs = new Map<string, number>();

        function owe(name: string, delayMs: number): void {
          const atMs = clock.monotonicMs() + delayMs;
          owedAtMs.set(name, Math.min(atMs, owedAtMs.get(name) ?? atMs));
        }

        async function takeOne(): Promise<void> {
          const taken = (await queue.take(new AbortController().signal)) as string;
          expect(working).not.toContain(taken);
          working.push(taken);
          if ((owedAtMs.get(taken) ?? 0) <= clock.monotonicMs()) owedAtMs.delete(taken);
        }

        for (const action of steps) {
          switch (action.type) {
            case "add":
              queue.add(action.key, action.priority);
              owe(action.key, 0);
              break;
            case "addAfter":
              queue.addAfter(action.key, action.delayMs);
              owe(action.key, action.delayMs);
              break;
            case "retry":
              owe(action.key, queue.addRetry(action.key));
              break;
            case "take":
              if (queue.depth > 0) await takeOne();
              break;
            case "done": {
              const [finished] = working.splice(action.which % Math.max(1, working.length), 1);
              if (finished !== undefined) queue.done(finished);
              break;
            }
            case "advance":
              await clock.advance(action.byMs);
              break;
          }
        }

        for (const finished of working.splice(0)) queue.done(finished);
        await clock.advance(10_000_000);
        while (queue.depth > 0) {
          await takeOne();
          for (const finished of working.splice(0)) queue.done(finished);
          await clock.advance(10_000_000);
        }
        expect([...owedAtMs]).toEqual([]);
        expect(clock.pendingTimers()).toBe(0);
      }),
      { numRuns: 300 },
    );
  });
});
