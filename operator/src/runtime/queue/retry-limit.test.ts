import { expect, it } from "vitest";
import { createFakeClock } from "../testing/fake-clock.ts";
import { createRetryLimit } from "./retry-limit.ts";

it("what fails again before its time, as when there was news, waits no longer for that", async () => {
  const clock = createFakeClock();
  const retries = createRetryLimit({ clock, backoff: { initialMs: 2_000, maxMs: 60_000, factor: 2 } });
  expect(retries.waitMs("a")).toBe(2_000);
  await clock.advance(500);
  for (let look = 0; look < 9; look += 1) expect(retries.waitMs("a")).toBe(1_500);
  await clock.advance(1_500);
  expect(retries.waitMs("a")).toBe(4_000);
  expect(retries.failures("a")).toBe(2);
  expect(retries.waitMs("b")).toBe(2_000);
  retries.forget("a");
  expect(retries.waitMs("a")).toBe(2_000);
});
