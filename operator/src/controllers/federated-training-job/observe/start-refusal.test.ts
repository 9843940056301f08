import { TributaryError } from "@tributary/kit";
import { describe, expect, it } from "vitest";
import type { ApiClient } from "../../../runtime/api/api-client.ts";
import type { Unstructured } from "../../../runtime/api/object.ts";
import { findStartRefusal } from "./start-refusal.ts";

const statefulSet: Unstructured = { metadata: { name: "notes-aggregator", namespace: "research", uid: "set" } };
const { signal } = new AbortController();
const event = (message: string, lastTimestamp: string, uid = "set", reason = "FailedCreate"): Unstructured => ({
  metadata: { name: "e" },
  involvedObject: { uid },
  reason,
  message,
  lastTimestamp,
});
const look = (list: () => Promise<readonly Unstructured[]>) =>
  findStartRefusal(statefulSet, { list } as unknown as ApiClient, signal);

describe("why an aggregator has no pod", () => {
  it.each([
    ["exceeded quota: pods=0", "QuotaExceeded", "raise the ResourceQuota"],
    ['violates PodSecurity "restricted:latest"', "PodSecurityRefused", "pod security level"],
    ['pods "notes-aggregator-0" already exists', "PodRefused", "correct what refuses or holds the name"],
  ])("is told by the newest refusal: %s", async (said, reason, remedy) => {
    const events = [event("older", "2027-01-15T08:00:00Z"), event(said, "2027-01-15T08:00:09Z")];
    const problem = await look(async () => [...events, event("another's", "2027-01-15T09:00:00Z", "other")]);
    expect(problem?.reason).toBe(reason);
    expect(problem?.message).toContain(`StatefulSet notes-aggregator: ${said}`);
    expect(problem?.message).toContain(remedy);
  });

  const refused = event("exceeded quota: pods=0", "2027-01-15T08:00:00Z");
  const made = (time: string) => event("create Pod successful", time, "set", "SuccessfulCreate");

  it("is told in the second in which its claim was made", async () => {
    expect((await look(async () => [made("2027-01-15T08:00:00Z"), refused]))?.reason).toBe("QuotaExceeded");
  });

  it.each([
    ["there is none", async () => []],
    ["its pod was made since", async () => [refused, made("2027-01-15T08:00:01Z")]],
    [
      "its events are of other things",
      async () => [event("it is deleted", "2027-01-15T08:00:00Z", "set", "SuccessfulDelete")],
    ],
    ["events may not be read", () => Promise.reject(new TributaryError("FORBIDDEN", "may not list events"))],
  ])("stays untold when %s", async (_why, list) => {
    expect(await look(list)).toBeUndefined();
  });
});
