import { expect, it } from "vitest";
import { StateFeed } from "./state-feed.ts";

const never = new AbortController().signal;

it("wakes who waits for news", async () => {
  const feed = new StateFeed(7);
  const waiting = feed.waitBeyond(7, 60_000, never);
  feed.changed();
  await waiting;
  expect(feed.revision).toBe(8);
});

it.each([
  ["an older revision", 6],
  ["a higher one of a former process, whose clock was ahead", 1_000],
])("answers at once to %s", async (_, revision) => {
  await new StateFeed(7).waitBeyond(revision, 60_000, never);
});
