import { Kinds } from "@tributary/contracts";
import { expect, it } from "vitest";
import { createFakeClock } from "../../../runtime/testing/fake-clock.ts";
import type { Action } from "../plan.ts";
import { aSnapshot } from "../testing/a-snapshot.ts";
import { type ActDeps, act, actingMs } from "./act.ts";

const why = "it is tried";
const close: Action = { type: "delete-hub", kind: Kinds.Service, namespace: "research", name: "notes-aggregator", why };
const finish: Action = { type: "finish-job", outcome: "Failed", why };

it("gives up what hangs on the hub while there is time to write down what leaves members", async () => {
  const clock = createFakeClock();
  const begun: string[] = [];
  const hang = (signal: AbortSignal) =>
    new Promise<never>((_resolve, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
  const deps = {
    clock,
    hubObjects: {
      remove: (_job: unknown, _kind: unknown, _ref: unknown, signal: AbortSignal) => {
        begun.push("remove");
        return hang(signal);
      },
    },
    finishJob: async () => void begun.push("finish"),
  } as unknown as ActDeps;
  const { signal } = new AbortController();
  const acting = act(aSnapshot(), [close, finish], deps, signal);
  await clock.advance(actingMs);
  expect((await acting).map(({ action }) => action.type)).toEqual(["delete-hub"]);
  expect(begun).toEqual(["remove"]);
  expect(clock.pendingTimers()).toBe(0);
});

it("goes on after what failed", async () => {
  const clock = createFakeClock();
  const told: string[] = [];
  const deps = {
    clock,
    hubObjects: {
      remove: async () => {
        throw new Error("no");
      },
    },
    finishJob: async () => void told.push("finish"),
  } as unknown as ActDeps;
  const failures = await act(aSnapshot(), [close, finish], deps, new AbortController().signal);
  expect(failures.map(({ action }) => action.type)).toEqual(["delete-hub"]);
  expect(told).toEqual(["finish"]);
  expect(clock.pendingTimers()).toBe(0);
});
