import { readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type AuditEvent, verifyAudit } from "@tributary/contracts";
import { createLogger, type Disk } from "@tributary/kit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Fault, FaultyDisk, trialFolder, tryEveryCall } from "../../shared/files/testing/faulty-disk.ts";
import { frameOf, LOG_HEADER } from "../storage/frames.ts";
import { textSha256 } from "./audit-content.ts";
import { readAuditLines } from "./audit-files.ts";
import { AuditTrail } from "./audit-trail.ts";

const log = createLogger("test", "silent");
/** Two or three lines of a test fit into a file. */
const fileBytes = 700;
let folder: string;
let trials = 0;
beforeAll(async () => {
  folder = await trialFolder("audit");
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const enrolled = (worker: number): AuditEvent => ({
  kind: "Enrolled",
  job: "0b9c",
  participant: "clinic",
  worker,
  pod: "4f1e",
  digests: { certificate: textSha256(String(worker)) },
});

function open(directory: string, disk?: Disk): Promise<AuditTrail> {
  return AuditTrail.open({ directory, log, fileBytes, ...(disk !== undefined && { disk }) });
}

async function linesIn(directory: string): Promise<string[]> {
  const lines: string[] = [];
  for await (const line of readAuditLines(directory)) lines.push(line);
  return lines;
}

async function trailOf(workers: number): Promise<string> {
  const directory = join(folder, `trail-${trials++}`);
  const trail = await open(directory);
  for (let worker = 0; worker < workers; worker++) await trail.write(enrolled(worker));
  await trail.close();
  return directory;
}

describe("the audit trail", () => {
  it("goes on over files and openings as one chain, and keeps every file", async () => {
    const directory = join(folder, `trail-${trials++}`);
    for (let opening = 0; opening < 3; opening++) {
      const trail = await open(directory);
      for (let at = 0; at < 7; at += 2)
        await Promise.all([trail.write(enrolled(10 * opening + at)), trail.write(enrolled(10 * opening + at + 1))]);
      expect(trail.head.lines).toBe(8 * (opening + 1));
      await trail.close();
    }
    const lines = await linesIn(directory);
    expect(await verifyAudit(lines, textSha256)).toEqual({ head: { lines: 24, sha256: textSha256(lines.at(-1)!) } });
    expect((await readdir(directory)).length).toBeGreaterThan(5);
  });

  it("takes acts of many at once over several files, each once", async () => {
    const directory = join(folder, `trail-${trials++}`);
    const trail = await open(directory);
    // While the first are durable and the file is full, others still wait to go into it.
    const writeTwo = async (worker: number) => {
      await trail.write(enrolled(worker));
      await trail.write(enrolled(1000 + worker));
    };
    await Promise.all(Array.from({ length: 1000 }, (_, worker) => writeTwo(worker)));
    await trail.close();
    const lines = await linesIn(directory);
    expect((await verifyAudit(lines, textSha256)).wrong).toBeUndefined();
    expect(new Set(lines.map((line) => JSON.parse(line).worker)).size).toBe(2000);
    expect(lines).toHaveLength(2000);
  });

  it("is read while it is written, up to the last line that is whole", async () => {
    const directory = await trailOf(2);
    const path = join(directory, "audit-000001.log");
    const bytes = await readFile(path);
    await writeFile(path, bytes.subarray(0, bytes.length - 5));
    expect(await linesIn(directory)).toHaveLength(1);
    expect(await readFile(path)).toHaveLength(bytes.length - 5);
  });

  it("is not written on where a line of its newest files was changed, and names it", async () => {
    const directory = await trailOf(2);
    const path = join(directory, "audit-000001.log");
    const [first, second] = await linesIn(directory);
    const changed = Buffer.from(`${first!.replace("clinic", "bakery")}\n`);
    const frames = [frameOf(changed, LOG_HEADER.length)];
    frames.push(frameOf(Buffer.from(`${second}\n`), LOG_HEADER.length + frames[0]!.length));
    await writeFile(path, Buffer.concat([LOG_HEADER, ...frames]));
    await expect(open(directory)).rejects.toMatchObject({
      code: "GATE_STATE_DAMAGED",
      message: expect.stringMatching(/^line 2 of the audit trail does not follow the line before/u),
    });
    expect((await verifyAudit(await linesIn(directory), textSha256)).wrong?.line).toBe(2);
  });

  it("is not written on where a file is missing before the newest", async () => {
    const directory = await trailOf(9);
    const names = (await readdir(directory)).sort();
    await rm(join(directory, names.at(-2)!));
    const says = `${names.at(-2)} is missing, and ${names.at(-1)} goes on from its last line`;
    await expect(open(directory)).rejects.toMatchObject({
      code: "GATE_STATE_DAMAGED",
      message: expect.stringContaining(says),
    });
  });

  it("goes on with the number and digest of its last line wherever its older files lie", async () => {
    const directory = await trailOf(9);
    const names = (await readdir(directory)).sort();
    const all = await linesIn(directory);
    for (const name of names.slice(0, -1)) {
      await rm(join(directory, name));
      const trail = await open(directory);
      expect(trail.head).toEqual({ lines: 9, sha256: textSha256(all.at(-1)!) });
      await trail.close();
    }
    const trail = await open(directory);
    await trail.write(enrolled(9));
    await trail.close();
    expect(JSON.parse((await linesIn(directory)).at(-1)!)).toMatchObject({ n: 10, previous: textSha256(all.at(-1)!) });
  });

  it("never begins anew because the end of what was there is not to be found", async () => {
    for (const spoil of ["gone", "without a line", "torn"]) {
      const directory = await trailOf(9);
      const [last = "", newest] = (await readdir(directory)).sort().slice(-2);
      await writeFile(join(directory, newest!), LOG_HEADER);
      const bytes = await readFile(join(directory, last));
      if (spoil === "gone") {
        for (const name of await readdir(directory)) if (name !== newest) await rm(join(directory, name));
      } else {
        await writeFile(join(directory, last), spoil === "torn" ? bytes.subarray(0, -1) : LOG_HEADER);
      }
      await expect(open(directory)).rejects.toMatchObject({
        code: "GATE_STATE_DAMAGED",
        message: expect.stringContaining(last),
      });
    }
  });

  it("writes nothing, and says so to each who asked, while its volume is full, and goes on when there is room", async () => {
    const directory = await trailOf(1);
    const faulty = new FaultyDisk(Fault.Full, 8);
    const trail = await open(directory, faulty.disk);
    const answers = [];
    for (let worker = 1; worker < 6; worker++)
      answers.push(
        await trail.write(enrolled(worker)).then(
          () => "written",
          (error) => error.code,
        ),
      );
    expect(answers).toContain("STORAGE_FULL");
    expect(answers.at(-1)).toBe("STORAGE_FULL");
    faulty.heal();
    await trail.write(enrolled(6));
    await trail.close();
    const lines = await linesIn(directory);
    expect(lines).toHaveLength(2 + answers.filter((answer) => answer === "written").length);
    expect((await verifyAudit(lines, textSha256)).wrong).toBeUndefined();
  });
});

describe.each(Object.values(Fault))("the audit trail, %s at every call in turn", (fault) => {
  it("holds every act that was told to be durable, in one chain", async () => {
    const calls = await tryEveryCall(fault, async () => {
      const directory = join(folder, `trail-${trials++}`);
      const durable: number[] = [];
      const write = async (disk: Disk, upTo: number) => {
        const trail = await open(directory, disk);
        for (let worker = 0; worker < upTo; worker++) {
          if (durable.includes(worker)) continue;
          await trail.write(enrolled(worker));
          durable.push(worker);
        }
        await trail.close();
      };
      const check = async () => {
        const lines = await linesIn(directory);
        expect((await verifyAudit(lines, textSha256)).wrong).toBeUndefined();
        const workers = lines.map((line) => JSON.parse(line).worker);
        expect(
          workers.filter((worker, index) => durable.includes(worker) && workers.indexOf(worker) === index),
        ).toEqual(durable);
      };
      return {
        operate: async (disk) => {
          await write(disk, 2);
          await write(disk, 6);
        },
        check,
        done: check,
      };
    });
    expect(calls).toBeGreaterThan(40);
  });
});
