import { createHash } from "node:crypto";
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { type AuditEvent, type AuditHead, describeAuditEnd, emptyTrail, formatAuditLine } from "@tributary/contracts";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { auditCommand } from "./command.ts";

const sha256 = (text: string) => createHash("sha256").update(text, "utf8").digest("hex");
const kubeconfig = JSON.stringify({
  apiVersion: "v1",
  kind: "Config",
  "current-context": "member",
  contexts: [{ name: "member", context: { cluster: "member", user: "admin" } }],
  clusters: [{ name: "member", cluster: { server: "https://127.0.0.1:6443" } }],
  users: [{ name: "admin", user: { token: "abc" } }],
});
const round = { participant: "clinic", worker: 0, line: 1, attempt: 1, digests: { start: "b".repeat(64) } };
const events: AuditEvent[] = [
  {
    kind: "Enrolled",
    job: "one",
    participant: "clinic",
    worker: 0,
    pod: "p",
    digests: { certificate: "a".repeat(64) },
  },
  { kind: "Recorded", job: "one", ...round, bytes: 100 },
  { kind: "Refused", job: "two", ...round, code: "TERMS_REFUSED", reason: "runtimes\u001b[2J" },
];

let folder: string;
let printed: string[];
let path: string | undefined;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "audit-"));
  printed = [];
  path = process.env.PATH;
  process.env.PATH = `${folder}${delimiter}${path}`;
  writeFileSync(join(folder, "member.yaml"), kubeconfig);
});
afterEach(() => {
  process.env.PATH = path;
  rmSync(folder, { recursive: true, force: true });
});

function trailOf(all: readonly AuditEvent[]): { lines: string[]; end: string } {
  let head: AuditHead = emptyTrail;
  const lines = all.map((event, index) => {
    const text = formatAuditLine(event, { n: index + 1, timeMs: index, previous: head.sha256 });
    head = { lines: index + 1, sha256: sha256(text) };
    return text;
  });
  return { lines, end: describeAuditEnd({ before: emptyTrail, head }) };
}

/** A program that stands in for kubectl: it writes down how it was called and says what the gate's container would. */
function putKubectl({
  lines,
  errors = "",
  exitCode = 0,
}: {
  lines: readonly string[];
  errors?: string;
  exitCode?: number;
}) {
  writeFileSync(join(folder, "out"), lines.map((line) => `${line}\n`).join(""));
  writeFileSync(join(folder, "err"), errors);
  const script = `#!/bin/sh\nprintf '%s\\n' "$@" > "${folder}/args"\ncat "${folder}/out"\ncat "${folder}/err" >&2\nexit ${exitCode}\n`;
  writeFileSync(join(folder, "kubectl"), script);
  chmodSync(join(folder, "kubectl"), 0o755);
}

function audit(...options: readonly string[]): Promise<unknown> {
  const command = auditCommand((line) => printed.push(line)).exitOverride();
  return command.parseAsync(["--member-kubeconfig", join(folder, "member.yaml"), ...options], { from: "user" });
}

const { lines, end } = trailOf(events);

describe("kubectl tributary audit", () => {
  it("reads the trail in the gate's container, checks it and says what it adds up to", async () => {
    putKubectl({ lines, errors: `Defaulted container\n${end}\n` });
    await audit();
    expect(printed).toEqual([
      "1 1970-01-01T00:00:00.000Z Enrolled one clinic/0 pod p certificate=aaaaaaaaaaaa",
      "2 1970-01-01T00:00:00.001Z Recorded one clinic/0 line 1 attempt 1 100 bytes start=bbbbbbbbbbbb",
      "3 1970-01-01T00:00:00.002Z Refused two clinic/0 line 1 attempt 1 TERMS_REFUSED runtimes\uFFFD[2J start=bbbbbbbbbbbb",
      "job one: 1 enrolments, 0 admits, 0 refusals, 1 sums signed, 100 bytes left the member",
      "job two: 0 enrolments, 0 admits, 1 refusals, 0 sums signed, 0 bytes left the member",
      `chain: 3 lines are right, SHA-256 of the last: ${sha256(lines[2]!)}`,
    ]);
  });

  it("calls kubectl for the namespace and the container, and runs the image's own program", async () => {
    putKubectl({ lines, errors: `${end}\n` });
    await audit("--namespace", "elsewhere");
    expect(readFileSync(join(folder, "args"), "utf8").split("\n").slice(0, -1)).toEqual([
      ...["--kubeconfig", join(folder, "member.yaml"), "--namespace", "elsewhere", "exec", "deployment/tributary-gate"],
      ...["--container", "gate", "--", "/usr/local/bin/node", "/opt/tributary/launcher.mjs", "gate-audit", "--verify"],
    ]);
  });

  it("gives one job's lines and figures as JSON, after checking all", async () => {
    putKubectl({ lines, errors: `${end}\n` });
    await audit("--job", "two", "-o", "json");
    expect(JSON.parse(printed.join("\n"))).toMatchObject({
      chain: { lines: 3, sha256: sha256(lines[2]!), wrong: null },
      jobs: [{ job: "two", refusals: 1 }],
      lines: [{ n: 3, kind: "Refused", reason: "runtimes\u001b[2J" }],
    });
  });

  it("shows a broken trail and fails, naming the first line that is wrong", async () => {
    const changed = lines.with(1, lines[1]!.replace('"bytes":100', '"bytes":1'));
    putKubectl({ lines: changed, errors: "gate-audit: line 3 …\ncommand terminated with exit code 1\n", exitCode: 1 });
    await expect(audit("--job", "one")).rejects.toMatchObject({
      code: "GATE_STATE_DAMAGED",
      message: expect.stringMatching(/^the trail is broken: line 3 does not follow the line before/u),
    });
    expect(printed.at(-1)).toBe("chain: right up to line 2");
    expect(printed).toHaveLength(4);
    printed = [];
    await expect(audit("-o", "json")).rejects.toThrow("line 3");
    expect(JSON.parse(printed.join("\n")).chain.wrong.line).toBe(3);
  });

  it.each([
    ["ends before its end, with a good exit code", { lines: lines.slice(0, 2), errors: `${end}\n` }],
    ["has no end", { lines, errors: "" }],
    ["could not be read", { lines: [], errors: "gate-audit: a file is damaged\n", exitCode: 72 }],
    ["broke off", { lines, errors: `${end}\nerror: connection lost\n`, exitCode: 1 }],
  ])("takes no trail for whole that %s", async (_, given) => {
    putKubectl(given);
    await expect(audit()).rejects.toMatchObject({
      code: "COMMAND_FAILED",
      message: expect.stringContaining("was not read to its end"),
    });
    // What was read is shown; that it is all, and what it adds up to, is not said.
    expect(printed.filter((line) => /^(?:job|chain)/u.test(line))).toEqual([]);
    printed = [];
    await expect(audit("-o", "json")).rejects.toThrow("was not read to its end");
    expect(() => JSON.parse(printed.join("\n"))).toThrow("JSON");
  });

  it("checks a trail whose first lines are archived from the first that is there, and says which lie elsewhere", async () => {
    const before = { lines: 1, sha256: sha256(lines[0]!) };
    const span = { before, head: { lines: 3, sha256: sha256(lines[2]!) } };
    putKubectl({ lines: lines.slice(1), errors: `${describeAuditEnd(span)}\n` });
    await audit();
    const elsewhere = `lines 1 to 1 are not here, SHA-256 of the last of them: ${before.sha256}`;
    expect(printed.at(-1)).toBe(
      `chain: lines 2 to 3 are right, SHA-256 of the last: ${span.head.sha256}; ${elsewhere}`,
    );
    printed = [];
    await audit("-o", "json", "--job", "none");
    expect(JSON.parse(printed.join("\n"))).toEqual({
      lines: [],
      jobs: [],
      chain: { ...span.head, before, wrong: null },
    });
    putKubectl({ lines: [lines[0]!, lines[2]!], errors: "gate-audit: line 2 …\n", exitCode: 1 });
    await expect(audit()).rejects.toThrow("line 2 has number 3: a line is missing");
  });

  it("says that there is no kubectl", async () => {
    process.env.PATH = join(folder, "nowhere");
    await expect(audit()).rejects.toMatchObject({ code: "COMMAND_FAILED", message: expect.stringContaining("PATH") });
  });

  it.each([
    [["--namespace", "A_B"], '--namespace is "A_B"; must be'],
    [["-o", "yaml"], '--output is "yaml"; must be json'],
  ])("refuses %j", async (options, says) => {
    await expect(audit(...options)).rejects.toMatchObject({
      code: "ARGUMENT_INVALID",
      message: expect.stringContaining(says),
    });
  });

  it("runs no plugin that join would not", async () => {
    const users = [
      { name: "admin", user: { exec: { apiVersion: "client.authentication.k8s.io/v1", command: "./evil" } } },
    ];
    writeFileSync(join(folder, "member.yaml"), JSON.stringify({ ...JSON.parse(kubeconfig), users }));
    putKubectl({ lines, errors: `${end}\n` });
    await expect(audit()).rejects.toMatchObject({ code: "KUBECONFIG_INVALID" });
  });
});
