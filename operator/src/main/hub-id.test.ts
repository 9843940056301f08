import { describe, expect, it } from "vitest";
import { chooseHubId } from "./hub-id.ts";

describe("the id of a hub", () => {
  it.each([
    {
      name: "is the cluster's own when none is configured",
      configured: "",
      kept: undefined,
      hasPlacedJobs: false,
      want: "uid",
    },
    { name: "stays over restarts and reinstalls", configured: "", kept: "uid", hasPlacedJobs: true, want: "uid" },
    { name: "is the configured one", configured: "mine", kept: undefined, hasPlacedJobs: false, want: "mine" },
    {
      name: "changes while no job has anything in a member",
      configured: "other",
      kept: "mine",
      hasPlacedJobs: false,
      want: "other",
    },
    { name: "does not change while one has", configured: "other", kept: "mine", hasPlacedJobs: true, want: "mine" },
    {
      name: "stays when it is not configured any more while a job has",
      configured: "",
      kept: "mine",
      hasPlacedJobs: true,
      want: "mine",
    },
    {
      name: "is the former default for jobs of an earlier version",
      configured: "",
      kept: undefined,
      hasPlacedJobs: true,
      want: "hub",
    },
    {
      name: "is the configured one for jobs of an earlier version",
      configured: "mine",
      kept: undefined,
      hasPlacedJobs: true,
      want: "mine",
    },
  ])("$name", ({ want, ...facts }) => {
    expect(chooseHubId({ ...facts, clusterUid: "uid" })).toBe(want);
  });
});
