import { expect, it } from "vitest";
import type { Unstructured } from "../../runtime/api/object.ts";
import { slimEvent } from "./slim-event.ts";

const anEvent = {
  metadata: { name: "e", namespace: "jobs", uid: "u", resourceVersion: "1", creationTimestamp: "2027-01-15T08:00:00Z" },
  involvedObject: { kind: "Job", name: "notes", uid: "job" },
  reason: "FailedCreate",
  message: "exceeded quota",
  lastTimestamp: "2027-01-15T08:00:05Z",
  eventTime: null,
  series: { count: 3, lastObservedTime: "2027-01-15T08:00:09Z" },
  source: { component: "job-controller" },
} as unknown as Unstructured;

it("keeps of an event what it regards, what it says and when", () => {
  expect(slimEvent(anEvent)).toEqual({
    metadata: anEvent.metadata,
    involvedObject: { uid: "job" },
    message: "exceeded quota",
    lastTimestamp: "2027-01-15T08:00:05Z",
    series: { lastObservedTime: "2027-01-15T08:00:09Z" },
  });
});

it("keeps little of one whose author wrote much", () => {
  const long = "x".repeat(1024 * 1024);
  const { metadata } = anEvent;
  const written = {
    metadata: { ...metadata, annotations: { note: long } },
    involvedObject: { uid: long },
    message: long,
    lastTimestamp: long,
  } as unknown as Unstructured;
  expect(JSON.stringify(slimEvent(written)).length).toBeLessThan(5_000);
});
