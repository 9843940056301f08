import { existsSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { Protocol } from "@tributary/federated";
import { nodeDisk } from "@tributary/kit";
import { afterEach, describe, expect, it, vi } from "vitest";
import { MemoryJob, type MemoryProcess, participantOf, steadyReport } from "./testing/memory-job.ts";

const WAIT_MS = 20_000;
const until = (what: () => void) => vi.waitFor(what, WAIT_MS);
let job: MemoryJob;
/** Holds the last report back. */
let held: PromiseWithResolvers<void>;
afterEach(async () => {
  held.resolve();
  vi.restoreAllMocks();
  await job.destroy();
});

/** A job whose first round is in work, and whose volume fails once while the second is opened early; what a test then does lets the round end. */
async function whileFailing(
  call: "rename" | "mkdir",
  fail: () => Promise<never>,
): Promise<{ process: MemoryProcess; end: () => void }> {
  job = await MemoryJob.create({
    parties: 4,
    report: steadyReport(2 ** -9),
    participants: [participantOf("p", 2, "clinic"), participantOf("q", 2, "lab")],
    secureAggregation: { protocol: Protocol.Masking, minOrganisations: 2, threshold: undefined, earlyKeys: true },
  });
  held = Promise.withResolvers<void>();
  job.parties[3]!.onStaged = () => held.promise;
  const real = nodeDisk[call] as (...paths: string[]) => Promise<never>;
  let failed = 0;
  vi.spyOn(nodeDisk, call).mockImplementation(async (...paths: string[]) => {
    const isEarly = job.parties[0]!.heard.includes("started 1") && /cohorts\.json$|2-1\/sums$/u.test(paths.at(-1)!);
    if (!isEarly || failed++ > 0) return real(...paths);
    // As a process that dies in the middle leaves it.
    if (call === "mkdir") await real(...paths);
    return fail();
  });
  const process = await job.start();
  await job.openWindow(process, 1);
  await until(() => expect(failed).toBe(1));
  return { process, end: held.resolve };
}

const failing = (code: string) => () => Promise.reject(Object.assign(new Error(`${code}: injected`), { code }));

describe("a volume that fails while the next round is opened early", () => {
  it.each([
    { call: "rename", errno: "ENOSPC", code: "STORAGE_FULL" },
    { call: "rename", errno: "EDQUOT", code: "STORAGE_FULL" },
    { call: "rename", errno: "EIO", code: "STORAGE_UNAVAILABLE" },
    { call: "mkdir", errno: "ENOSPC", code: "STORAGE_FULL" },
    { call: "mkdir", errno: "EIO", code: "STORAGE_UNAVAILABLE" },
  ] as const)("costs that opening alone, and is told of: $call, $errno", async ({ call, errno, code }) => {
    const { process, end } = await whileFailing(call, failing(errno));
    await until(() => expect(job.lines).toContainEqual(expect.objectContaining({ level: "warn", code })));
    expect(process.engine.view).toMatchObject({ round: 0, attempt: 1, failedRounds: 0, problem: undefined });
    end();
    await until(() => expect(process.engine.view.committedRounds).toBe(2));
    const { heard } = job.parties[0]!;
    await until(() => expect(heard.at(-1)).toMatch(/^committed [23]$/u));
    // The round in work was taken up by nobody else: its parties heard of it once, and of nothing early.
    const setup = heard.at(-1)!.slice("committed ".length);
    const lived = ["opened", "started", "committed"];
    expect(heard).toEqual([...lived.map((word) => `${word} 1`), ...lived.map((word) => `${word} ${setup}`)]);
    expect(job.lines.filter(({ level }) => level === "error")).toEqual([]);
  });

  it("leaves nothing that a restarted process takes up: the folder that it began goes, and the round in work goes on", async () => {
    const { process, end } = await whileFailing("mkdir", failing("EIO"));
    const open = join(job.directory, "data/open");
    await until(() => expect(existsSync(join(open, "cohorts/2-1/sums"))).toBe(true));
    const stopped = process.stop();
    end();
    await stopped;
    expect(JSON.parse(await readFile(join(open, "cohorts.json"), "utf8"))).toMatchObject({
      ...{ line: 0, attempt: 1, failed: 0, cohorts: [{ setup: 1, attempt: 1 }] },
    });
    const next = await job.start();
    await until(() => expect(next.engine.view.committedRounds).toBe(2));
    expect(next.engine.view.failedRounds).toBe(0);
    for (const { heard } of job.parties) expect(heard).not.toContain("started 2");
    expect(await readdir(join(open, "cohorts"))).not.toContain("2-1");
  });
});
