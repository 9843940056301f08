import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

const reference = fileURLToPath(new URL("../../examples/smollm2-lora/reference", import.meta.url));
const program = "import json, sys; from ledger import check_ledger; print(json.dumps(check_ledger(sys.argv[1])[0]))";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "ledger-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

type Line = { version: number; round: number; previous: string; reads: Objects; objects: Objects };
type Objects = { model: string };
const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");

/** Lines that chain, as an aggregator writes them; `change` spoils one after the chain was made. */
function chain(length: number, change: (line: Line) => Line = (line) => line, at = -1): string[] {
  const lines: string[] = [];
  let previous = sha256("source");
  for (let round = 0; round < length; round++) {
    const [reads, objects] = [{ model: sha256(`model ${round}`) }, { model: sha256(`model ${round + 1}`) }];
    const line = { version: 2, round, previous, reads, objects };
    previous = sha256(`${JSON.stringify(line)}\n`);
    lines.push(`${JSON.stringify(round === at ? change(line) : line)}\n`);
  }
  return lines;
}

function problemsOf(path: string): string[] {
  const env = { ...process.env, PYTHONPATH: reference, PYTHONDONTWRITEBYTECODE: "1" };
  return JSON.parse(execFileSync("python3", ["-c", program, path], { env, encoding: "utf8" }));
}

describe("the ledger check of examples/smollm2-lora/check.py", () => {
  it("finds nothing wrong with a chain, in one file or in a folder of rounds", () => {
    const lines = chain(3);
    writeFileSync(join(folder, "ledger.jsonl"), lines.join(""));
    expect(problemsOf(join(folder, "ledger.jsonl"))).toEqual([]);
    lines.forEach((line, round) => {
      mkdirSync(join(folder, `00000${round}`));
      writeFileSync(join(folder, `00000${round}`, "line.json"), line);
    });
    expect(problemsOf(folder)).toEqual([]);
  });

  it.each([
    {
      name: "a changed model",
      change: (line: Line) => ({ ...line, objects: { model: sha256("other") } }),
      want: /^round 2 names/,
    },
    {
      name: "another base",
      change: (line: Line) => ({ ...line, reads: { model: sha256("other") } }),
      want: /^round 1 starts from/,
    },
    {
      name: "a line of another version",
      change: (line: Line) => ({ ...line, version: 1 }),
      want: /^line 1 is of version 1, this check reads version 2/,
    },
    { name: "another round", change: (line: Line) => ({ ...line, round: 7 }), want: /^line 1 is of round 7/ },
  ])("finds $name", ({ change, want }) => {
    writeFileSync(join(folder, "ledger.jsonl"), chain(3, change, 1).join(""));
    expect(problemsOf(join(folder, "ledger.jsonl")).some((problem) => want.test(problem))).toBe(true);
  });

  it("finds a missing round and an empty ledger", () => {
    const lines = chain(3);
    writeFileSync(join(folder, "ledger.jsonl"), [lines[0], lines[2]].join(""));
    expect(problemsOf(join(folder, "ledger.jsonl")).length).toBeGreaterThan(1);
    writeFileSync(join(folder, "ledger.jsonl"), "");
    expect(problemsOf(join(folder, "ledger.jsonl"))[0]).toContain("holds no line");
  });
});
