import { cp, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, expect, it, vi } from "vitest";
import type { LedgerLine } from "../store/ledger-line.ts";
import { MemoryJob, type MemoryProcess, steadyReport } from "./testing/memory-job.ts";

const WAIT_MS = 60_000;
const VALUES = 16;
/** A power of two, so that quantising leaves nothing over. */
const UPDATE = 2 ** -9;

let job: MemoryJob;
afterEach(() => job.destroy());

const committed = (process: MemoryProcess, rounds: number) =>
  vi.waitFor(() => expect(process.engine.view).toMatchObject({ committedRounds: rounds, window: undefined }), WAIT_MS);

async function lineOf(round: number): Promise<LedgerLine> {
  return JSON.parse(await readFile(join(job.directory, `data/rounds/00000${round}/line.json`), "utf8")) as LedgerLine;
}

it("goes on from a backup with workers that took later setups, and each of its rounds counts once", async () => {
  job = await MemoryJob.create({ parties: 3, report: steadyReport(UPDATE) });
  let process = await job.start();
  await job.openWindow(process, 1);
  await committed(process, 2);
  await process.stop();
  const [data, backup] = [join(job.directory, "data"), join(job.directory, "backup")];
  await cp(data, backup, { recursive: true });

  process = await job.start();
  await job.openWindow(process, 4, { from: 2 });
  await committed(process, 5);
  await process.stop();
  const [last] = (await lineOf(4)).cohorts;
  expect(job.parties.map(({ lastSetup }) => lastSetup)).toEqual([5, 5, 5]);
  expect(last).toMatchObject({ round: 5, attempt: 1, baseRound: 4 });

  await rm(data, { recursive: true });
  await cp(backup, data, { recursive: true });
  process = await job.start();
  await job.openWindow(process, 3, { from: 2 });
  await committed(process, 4);
  expect((await lineOf(2)).cohorts).toMatchObject([{ round: 6, attempt: 1, baseRound: 2, dropOuts: 0 }]);
  expect((await lineOf(3)).cohorts).toMatchObject([{ round: 7, attempt: 1, baseRound: 3, dropOuts: 0 }]);
  const warned = job.lines.filter(({ msg }) => String(msg).startsWith("workers took later setups"));
  expect(warned).toMatchObject([{ round: 2, setup: 6, last: 2 }]);
  const bytes = await readFile(join(data, "rounds/000003/objects/model.safetensors"));
  const values = new Float32Array(new Uint8Array(bytes.subarray(-4 * VALUES)).buffer);
  expect([...values]).toEqual(Array.from({ length: VALUES }, () => 0.5 + 4 * UPDATE));
});
