import { getEventListeners } from "node:events";
import { expect, it } from "vitest";
import { linkSignal } from "./link-signal.ts";

it("aborts with the other signal, or when it is stopped, and leaves nothing with the other one", () => {
  const other = new AbortController();
  const [first, second] = [linkSignal(other.signal), linkSignal(other.signal)];
  first.stop();
  expect([first.signal.aborted, second.signal.aborted]).toEqual([true, false]);
  expect(getEventListeners(other.signal, "abort")).toHaveLength(1);
  other.abort();
  expect([second.signal.aborted, linkSignal(other.signal).signal.aborted]).toEqual([true, true]);
  expect(getEventListeners(other.signal, "abort")).toHaveLength(0);
});
