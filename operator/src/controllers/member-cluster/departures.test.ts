import { expect, it } from "vitest";
import { createFakeClock } from "../../runtime/testing/fake-clock.ts";
import { Departures } from "./departures.ts";

it("a MemberCluster goes only once looks at jobs that had not seen its deletion are over, and so does one of its name", async () => {
  const clock = createFakeClock();
  const departures = new Departures(clock);
  const waitMs = (uid: string) => departures.waitMs({ metadata: { name: "gcp", uid } });
  expect(waitMs("first")).toBe(5_000);
  await clock.advance(4_000);
  expect(waitMs("first")).toBe(1_000);
  await clock.advance(2_000);
  expect(waitMs("first")).toBe(0);
  expect(waitMs("second")).toBe(5_000);
  departures.forget("gcp");
  expect(waitMs("second")).toBe(5_000);
});
