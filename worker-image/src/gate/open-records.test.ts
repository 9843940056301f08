import { copyFile, readFile, rm, truncate } from "node:fs/promises";
import { join } from "node:path";
import { create } from "@bufbuild/protobuf";
import { gateV1 } from "@tributary/contracts";
import { Closers, createLogger } from "@tributary/kit";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { trialFolder } from "../shared/files/testing/faulty-disk.ts";
import { readAuditLines } from "./audit/audit-files.ts";
import { recordSum } from "./memory/record-method.ts";
import { digestOf, namesOf, seatName } from "./memory/testing/seats.ts";
import { type GateRecords, openRecords } from "./open-records.ts";

const hold = { requireHeld: async () => {} };
const worker = { cluster: "aws", namespace: "jobs", jobUid: "0b9c", participant: "clinic", workerIndex: 1 };
let folder: string;
let errors: string[];
beforeEach(async () => {
  folder = await trialFolder("open-records");
  errors = [];
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const path = (name: string) => join(folder, name);

/** Opens trail and memory as a gate that starts, does something, and closes them. */
async function withGate(act: (records: GateRecords) => Promise<unknown> = async () => {}): Promise<void> {
  const log = createLogger("test", "error", { write: (line) => void errors.push(JSON.parse(line).msg) });
  const closers = new Closers(log);
  const place = { stateDirectory: folder, memory: { startsPerSeat: 100, bytesPerSeat: 2 ** 20 } };
  await act(await openRecords(place, { closers, log, hold }));
  await closers.closeAll();
}

function record({ trail: audit, memory }: GateRecords, start: string) {
  const request = create(gateV1.RecordRequestSchema, {
    line: 1,
    attempt: 1,
    startSha256: digestOf(start),
    workSha256: digestOf("work"),
    sections: ["update", "evaluation"].map((section) => ({ section, dataNames: namesOf([1, 2, 3]) })),
    threshold: 2,
  });
  return recordSum({ memory, audit }, { worker, dataName: seatName(1) }, request, { repeatedStarts: "Refuse" });
}

async function kinds(): Promise<string[]> {
  const found: string[] = [];
  for await (const line of readAuditLines(folder)) found.push(JSON.parse(line).kind);
  return found;
}

describe("what a gate has written down", () => {
  it("is opened without a word while the memory holds what the trail tells", async () => {
    await withGate();
    await withGate((records) => record(records, "first"));
    await withGate((records) => record(records, "second"));
    await withGate();
    expect([errors, await kinds()]).toEqual([[], ["Recorded", "Recorded"]]);
  });

  it.each([
    ["of an older backup", () => copyFile(path("backup"), path("memory.log"))],
    ["gone", () => rm(path("memory.log"))],
    ["cut at its end", async () => truncate(path("memory.log"), (await readFile(path("memory.log"))).length - 1)],
  ])("tells once, in log and trail, that the memory is %s", async (_, spoil) => {
    await withGate((records) => record(records, "first"));
    await copyFile(path("memory.log"), path("backup"));
    await withGate((records) => record(records, "second"));
    await spoil();
    await withGate();
    await withGate((records) => record(records, "third"));
    await withGate();
    expect(errors).toEqual([expect.stringContaining("lacks sums of which its audit trail tells")]);
    expect(await kinds()).toEqual(["Recorded", "Recorded", "MemoryLost", "Recorded"]);
  });
});
