import type { TrainingRound } from "@tributary/contracts";
import { TributaryError } from "@tributary/kit";
import { describe, expect, it } from "vitest";
import type { ApiClient } from "../../../runtime/api/api-client.ts";
import { renderTrainingRound } from "../render/training-round.ts";
import { aJob, aReport, aRound, aSnapshot } from "../testing/a-snapshot.ts";
import { writeRounds } from "./write-rounds.ts";

const { signal } = new AbortController();

/** A hub that holds one version of each TrainingRound, and refuses what was made from another. */
function aHub(live: { readonly uid: string; readonly resourceVersion: string }) {
  const done: string[] = [];
  const refuse = () => new TributaryError("API_CONFLICT", "it changed", { details: { reason: "Conflict" } });
  const client = {
    async applyStatus(_kind: unknown, { metadata, status }: { metadata: typeof live; status: { phase: string } }) {
      const { uid = live.uid, resourceVersion = live.resourceVersion } = metadata;
      if (uid !== live.uid || resourceVersion !== live.resourceVersion) throw refuse();
      done.push(`${status.phase}`);
    },
    async delete(_kind: unknown, { name }: { name: string }, { uid = live.uid }: { uid?: string }) {
      if (uid !== live.uid) throw refuse();
      done.push(`deleted ${name}`);
    },
  };
  return { done, client: client as unknown as ApiClient };
}

function aWindow(from: number, status?: TrainingRound["status"]): TrainingRound {
  const { metadata, spec } = renderTrainingRound(aJob(), { from, through: from, attempt: 1, evaluateOnly: false });
  const identity = { uid: "seen", resourceVersion: "5" };
  return { metadata: { ...metadata, ...identity }, spec, ...(status && { status }) } as unknown as TrainingRound;
}

const open = aSnapshot({
  aggregator: {
    state: "heard",
    heardMs: 1,
    report: aReport({ window: { from: 0, through: 0, attempt: 1, evaluateOnly: false } }),
  },
  rounds: [aWindow(0)],
});

describe("writeRounds", () => {
  it("writes over the TrainingRound that was seen", async () => {
    const hub = aHub({ uid: "seen", resourceVersion: "5" });
    expect(await writeRounds(hub.client, open, signal)).toBe("written");
    expect(hub.done).toEqual(["Open"]);
  });

  it.each([
    { what: "one that was closed since", live: { uid: "seen", resourceVersion: "6" } },
    { what: "a successor's of the same name", live: { uid: "another", resourceVersion: "5" } },
  ])("writes over no other: $what", async ({ live }) => {
    const hub = aHub(live);
    expect(await writeRounds(hub.client, open, signal)).toBe("stale");
    expect(hub.done).toEqual([]);
  });

  it("removes what history has no room for, and no successor's of the same name", async () => {
    const closed = { phase: "Committed", committed: 1, completionTime: "2027-01-15T08:00:00.000Z" } as const;
    const seen = aSnapshot({
      job: aJob({ roundHistoryLimit: 0 }),
      aggregator: { state: "heard", heardMs: 1, report: aReport({ history: [aRound(0, 1)], committedRounds: 1 }) },
      rounds: [aWindow(0, closed)],
    });
    const own = aHub({ uid: "seen", resourceVersion: "5" });
    expect([await writeRounds(own.client, seen, signal), own.done]).toEqual(["written", ["deleted notes-r0"]]);
    const other = aHub({ uid: "another", resourceVersion: "1" });
    expect([await writeRounds(other.client, seen, signal), other.done]).toEqual(["stale", []]);
  });
});
