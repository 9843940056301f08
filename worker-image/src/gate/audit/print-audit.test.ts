import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Writable } from "node:stream";
import { createLogger } from "@tributary/kit";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { trialFolder } from "../../shared/files/testing/faulty-disk.ts";
import { frameOf, LOG_HEADER } from "../storage/frames.ts";
import { textSha256 } from "./audit-content.ts";
import { AuditTrail } from "./audit-trail.ts";
import { printAudit } from "./print-audit.ts";

const log = createLogger("test", "silent");
let folder: string;
let state: string;
beforeEach(async () => {
  folder = await trialFolder("print-audit");
  state = join(folder, "state");
  const config = {
    version: 1,
    cluster: "aws",
    namespaces: ["jobs"],
    images: ["i"],
    serverNames: ["g"],
    caDirectory: "/ca",
    stateDirectory: state,
  };
  await writeFile(join(folder, "gate.json"), JSON.stringify(config));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function write(...jobs: readonly string[]): Promise<void> {
  const trail = await AuditTrail.open({ directory: state, log, fileBytes: 500 });
  for (const job of jobs)
    await trail.write({
      kind: "Enrolled",
      job,
      participant: "a",
      worker: 0,
      pod: "p",
      digests: { x: textSha256(job) },
    });
  await trail.close();
}

function sink() {
  const chunks: string[] = [];
  // A reader that is slow: each line waits for the one before.
  const stream = new Writable({
    highWaterMark: 1,
    write: (chunk, _, done) => {
      chunks.push(String(chunk));
      setImmediate(done);
    },
  });
  return { stream, text: () => chunks.join("") };
}

async function print(...options: readonly string[]) {
  const [output, errors] = [sink(), sink()];
  const argv = ["node", "launcher.mjs", "gate-audit", ...options];
  const env = { TRIBUTARY_GATE_CONFIG: join(folder, "gate.json") };
  const code = await printAudit(argv, env, output.stream, errors.stream);
  return { code, lines: output.text().split("\n").slice(0, -1), errors: errors.text() };
}

describe("gate-audit", () => {
  it("prints all lines or those of a job, over all files, and nothing of a trail that was not begun", async () => {
    expect(await print("--verify")).toEqual({
      code: 0,
      lines: [],
      errors: `gate-audit: 0 lines are right, SHA-256 of the last: ${"0".repeat(64)}\n`,
    });
    await write("one", "two", "one");
    const all = await print("--verify");
    const end = `gate-audit: 3 lines are right, SHA-256 of the last: ${textSha256(all.lines.at(-1)!)}\n`;
    expect(all).toMatchObject({ code: 0, errors: end });
    expect(all.lines.map((line) => JSON.parse(line).n)).toEqual([1, 2, 3]);
    const one = await print("--job", "one");
    expect(one).toEqual({ code: 0, lines: [all.lines[0], all.lines[2]], errors: "" });
    expect((await print("--job", "three", "--verify")).lines).toEqual([]);
  });

  it("prints what is there of a chain that is broken, names the line and ends with 1", async () => {
    await write("one");
    const line = (await print()).lines[0]!;
    await mkdir(state, { recursive: true });
    const bytes = Buffer.from(`${line}\n${line}\n`);
    await writeFile(join(state, "audit-000001.log"), Buffer.concat([LOG_HEADER, frameOf(bytes, LOG_HEADER.length)]));
    expect(await print("--verify")).toEqual({
      code: 1,
      lines: [line, line],
      errors: "gate-audit: line 2 has number 1: a line is missing, moved or added\n",
    });
    expect((await print()).code).toBe(0);
  });

  it("says of a trail whose first files are archived which lines it lacks, and removes what it is told was archived", async () => {
    await write("one", "two", "one", "two", "one", "two");
    const { lines } = await print();
    const archived = `4:${textSha256(lines[3]!)}`;
    const { code, errors } = await print("--remove-archived", archived);
    expect({ code, errors }).toEqual({
      code: 0,
      errors: expect.stringMatching(/^gate-audit: removed .*audit-000001\.log/u),
    });
    const left = await print("--verify");
    const n = JSON.parse(left.lines[0]!).n;
    expect(n).toBeGreaterThan(1);
    expect(left).toMatchObject({
      code: 0,
      errors: `gate-audit: lines ${n} to 6 are right, SHA-256 of the last: ${textSha256(lines[5]!)}; lines 1 to ${n - 1} are not here, SHA-256 of the last of them: ${textSha256(lines[n - 2]!)}\n`,
    });
  });

  it.each([
    [["--remove-archived", "4"], '--remove-archived is "4", must be as 40000:<64 hexadecimal digits>'],
    [["--remove-archived", `4:${"a".repeat(64)}`, "--verify"], "goes with no other option"],
    [["--remove-archived", `4:${"a".repeat(64)}`], "names line 4, must be one of those that are here: 1 to 0"],
  ])("refuses %j", async (options, says) => {
    expect(await print(...options)).toMatchObject({ code: 2, lines: [], errors: expect.stringContaining(says) });
  });

  it("says which file is damaged, and where", async () => {
    await write("one", "two", "three");
    await writeFile(join(state, "audit-000001.log"), "something else, not a log of a gate at all");
    const { code, errors } = await print();
    expect({ code, errors }).toEqual({
      code: 72,
      errors: expect.stringMatching(/audit-000001\.log is damaged at byte 0/u),
    });
  });

  it.each([["--jobs"], ["one"], ["--job"]])("refuses %j and says what it takes", async (option) => {
    expect(await print(option)).toMatchObject({ code: 2, errors: expect.stringContaining("[--job UID] [--verify]") });
  });

  it("says that there is no configuration", async () => {
    await rm(join(folder, "gate.json"));
    expect(await print()).toMatchObject({ code: 55, errors: expect.stringContaining("gate.json cannot be read") });
  });
});
