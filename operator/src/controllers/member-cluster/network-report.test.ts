import { TributaryError } from "@tributary/kit";
import { describe, expect, it } from "vitest";
import type { ApiClient } from "../../runtime/api/api-client.ts";
import { readNetworkReport } from "./network-report.ts";

/** Reads the report of a member whose API server answers so. */
function read(answer: () => unknown, signal = new AbortController().signal) {
  const asked: unknown[] = [];
  const client = {
    get: async (_kind: unknown, place: unknown) => {
      asked.push(place);
      return answer();
    },
  } as unknown as ApiClient;
  return readNetworkReport(client, "jobs", signal).then((report) => ({ asked, report }));
}

const published = (egressEnforced: unknown) => () => ({
  metadata: { name: "tributary-gate-network" },
  data: { "network.json": JSON.stringify({ egressEnforced }) },
});
const open = { status: "False", reason: "ForbiddenOpen", message: "a connection that is forbidden opens" };

describe("what a gate reports of its network", () => {
  it("is read in the job namespace and said as it is", async () => {
    expect(await read(published(open))).toEqual({
      asked: [{ namespace: "jobs", name: "tributary-gate-network" }],
      report: open,
    });
  });

  it.each<[string, () => unknown, string]>([
    ["nothing is there", () => undefined, "is not there; the member's admin upgrades"],
    ["the gate has written nothing", () => ({ metadata: {} }), "holds nothing yet"],
    ["it is no JSON", () => ({ data: { "network.json": "{" } }), "must have egressEnforced"],
    ["it has another status", published({ ...open, status: "Maybe" }), "must have egressEnforced"],
    ["its reason is no word", published({ ...open, reason: "a b" }), "must have egressEnforced"],
    ["it has no message", published({ ...open, message: 1 }), "must have egressEnforced"],
    ["it is null", published(null), "must have egressEnforced"],
    [
      "it may not be read",
      () => {
        throw new TributaryError("FORBIDDEN", "may not get configmaps");
      },
      "cannot be read: may not get configmaps",
    ],
  ])("is not known where %s", async (_what, answer, says) => {
    const { report } = await read(answer);
    expect(report).toMatchObject({ status: "Unknown", reason: "NetworkNotReported" });
    expect(report.message).toContain(says);
  });

  it("is cut where a status has no room for it, and nothing once nobody waits for it", async () => {
    expect((await read(published({ ...open, message: "m".repeat(5_000) }))).report.message).toHaveLength(900);
    const stopped = AbortSignal.abort(new Error("stopped"));
    const failing = () => {
      throw new TributaryError("OPERATION_ABORTED", "stopped");
    };
    await expect(read(failing, stopped)).rejects.toThrow("stopped");
  });
});
