import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { Protocol } from "@tributary/federated";
import { afterEach, describe, expect, it, vi } from "vitest";
import type { SecureAggregationConfig } from "../config/secure-aggregation.ts";
import type { LedgerLine } from "../store/ledger-line.ts";
import { MemoryJob, type MemoryProcess, participantOf, steadyReport } from "./testing/memory-job.ts";

const WAIT_MS = 60_000;
const jobs: MemoryJob[] = [];
afterEach(async () => {
  for (const job of jobs.splice(0)) await job.destroy();
});

const masked: SecureAggregationConfig = {
  protocol: Protocol.Masking,
  minOrganisations: 2,
  threshold: undefined,
  earlyKeys: true,
};
const participants = [participantOf("p", 2, "clinic"), participantOf("q", 2, "lab")];

async function createJob(secureAggregation?: SecureAggregationConfig): Promise<MemoryJob> {
  const job = await MemoryJob.create({
    parties: 4,
    report: steadyReport(2 ** -9),
    participants,
    ...(secureAggregation !== undefined && { secureAggregation }),
  });
  jobs.push(job);
  return job;
}
const untilCommitted = ({ engine }: MemoryProcess, rounds: number) =>
  vi.waitFor(() => expect(engine.view.committedRounds).toBe(rounds), WAIT_MS);

/** Digest of the model after some rounds. */
async function playRounds(job: MemoryJob, rounds: number): Promise<string> {
  const process = await job.start();
  await job.openWindow(process, rounds - 1);
  await untilCommitted(process, rounds);
  const path = join(job.directory, `data/rounds/${String(rounds - 1).padStart(6, "0")}/line.json`);
  return (JSON.parse(await readFile(path, "utf8")) as LedgerLine).objects.model!;
}

describe("a masked job", () => {
  it("commits the very models that it would without masks", async () => {
    const [plain, hidden] = [await playRounds(await createJob(), 3), await playRounds(await createJob(masked), 3)];
    expect(hidden).toMatch(/^[0-9a-f]{64}$/u);
    expect(hidden).toBe(plain);
  });

  it("goes on without a worker that left, while its threshold is there", async () => {
    const job = await createJob(masked);
    const process = await job.start();
    process.endStream(4);
    await job.openWindow(process, 0, { quorum: 3 });
    await untilCommitted(process, 1);
  });

  it("refuses a window whose quorum opens no sum", async () => {
    const job = await createJob(masked);
    const process = await job.start();
    await expect(job.openWindow(process, 0, { quorum: 2 })).rejects.toMatchObject({
      code: "MESSAGE_INVALID",
      message: "window plan: quorum is 2, must be at least 3, the threshold: fewer workers open no sum",
    });
  });

  it("waits for the workers of another organisation, and says so", async () => {
    const job = await createJob(masked);
    job.change({ participants: [participantOf("p", 3, "clinic"), participantOf("q", 1, "lab")] });
    const process = await job.start();
    process.endStream(4);
    await job.openWindow(process, 0, { quorum: 3 });
    await vi.waitFor(
      () => expect(process.engine.view.problem?.message).toContain("they are of 1 organisations, must be of 2"),
      WAIT_MS,
    );
    expect(process.engine.view.committedRounds).toBe(0);
  });
});
