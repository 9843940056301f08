import { describe, expect, it } from "vitest";
import { seatName } from "../controllers/federated-training-job/render/names.ts";
import { aJob, aPlacement, withPlacements } from "../controllers/federated-training-job/testing/a-snapshot.ts";
import { chooseHubId, isNamedUnder } from "./hub-id.ts";

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
    {
      name: "is told by the names of what jobs have in members when it was lost",
      configured: "",
      kept: undefined,
      hasPlacedJobs: true,
      namedUnder: "uid",
      want: "uid",
    },
    {
      name: "is not the cluster's own when what jobs have in members was named otherwise",
      configured: "",
      kept: undefined,
      hasPlacedJobs: true,
      namedUnder: "hub",
      want: "hub",
    },
    {
      name: "is the cluster's own when it was lost and jobs have nothing in members that could tell another",
      configured: "",
      kept: undefined,
      hasPlacedJobs: true,
      hasPlaces: false,
      want: "uid",
    },
  ])("$name", ({ want, namedUnder = "hub", hasPlaces = true, ...facts }) => {
    const job = aJob();
    const name = seatName(namedUnder, job, "aws");
    // A participant that no job can have: somebody wrote it there, and it has no name.
    const odd = { ...aPlacement({ name: "odd" }), participant: "p".repeat(60) };
    const jobs = [aJob({}, { name: "empty" }), withPlacements(job, odd, ...(hasPlaces ? [aPlacement({ name })] : []))];
    const given = { ...facts, clusterUid: "uid", isNamedUnder: (hubId: string) => isNamedUnder(jobs, hubId) };
    expect(chooseHubId(given)).toBe(want);
  });
});
