import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { type AuditHead, emptyTrail, verifyAudit } from "./audit-chain.ts";
import { type AuditEvent, formatAuditLine, readAuditLine } from "./audit-line.ts";
import { AuditSummary } from "./audit-summary.ts";

const sha256 = (text: string) => createHash("sha256").update(text, "utf8").digest("hex");
const digests = { certificate: "a".repeat(64) };
const clinic = { job: "0b9c", participant: "clinic" };
const round = (line: number, worker = 0) => ({
  ...clinic,
  worker,
  line,
  attempt: 1,
  digests: { start: "b".repeat(64) },
});
const events: AuditEvent[] = [
  { kind: "TrustChanged", digests: { peers: "c".repeat(64) } },
  { kind: "Enrolled", ...clinic, worker: 0, pod: "pod-1", digests },
  { kind: "Admitted", ...round(1) },
  { kind: "Recorded", ...round(1), bytes: 100 },
  { kind: "Recorded", ...round(1), bytes: 100 },
  { kind: "Attested", ...clinic, worker: 0, pod: "pod-1", bytes: 90, digests },
  { kind: "Refused", ...round(2), code: "TERMS_REFUSED", reason: "minOrganisations" },
  { kind: "Enrolled", ...clinic, worker: 1, pod: "pod-2", digests },
  { kind: "Recorded", ...round(1, 1), bytes: 100 },
  { kind: "Recorded", ...round(3, 1), bytes: 50 },
  { kind: "Attested", ...clinic, worker: 1, pod: "pod-2", bytes: 200, digests },
  { kind: "Attested", ...clinic, worker: 1, pod: "pod-3", bytes: 30, digests },
  { kind: "Enrolled", job: "another", participant: "clinic", worker: 0, pod: "pod-4", digests },
];

function linesOf(all: readonly AuditEvent[]): string[] {
  let head: AuditHead = emptyTrail;
  return all.map((event) => {
    const place = { n: head.lines + 1, timeMs: 1_764_698_400_000 + head.lines, previous: head.sha256 };
    const text = formatAuditLine(event, place);
    head = { lines: place.n, sha256: sha256(text) };
    return text;
  });
}

const lines = linesOf(events);

describe("a line of the trail", () => {
  it("says its fields in one order, whatever order they were given in", () => {
    const { digests: d, ...rest } = events[3] as Extract<AuditEvent, { kind: "Recorded" }>;
    const turned = Object.fromEntries(Object.entries({ digests: d, ...rest }).reverse()) as unknown as AuditEvent;
    expect(linesOf([turned])).toEqual([
      `{"n":1,"time":"2025-12-02T18:00:00.000Z","kind":"Recorded","job":"0b9c","participant":"clinic","worker":0,"line":1,"attempt":1,"bytes":100,"digests":{"start":"${"b".repeat(64)}"},"previous":"${"0".repeat(64)}"}`,
    ]);
  });

  it("is one line, whatever its texts hold, and shows where a reason is cut", () => {
    const [line] = linesOf([
      { kind: "Refused", ...round(1), code: "TERMS_REFUSED", reason: `a\nb\u2028${"c".repeat(600)}` },
    ]);
    expect(line).not.toMatch(/\n/u);
    const reading = readAuditLine(line!);
    expect(reading.ok && reading.line.reason?.endsWith("c…")).toBe(true);
  });

  it("may be of a later release", () => {
    const [line] = linesOf([events[0]!]);
    const later = line!.replace('"kind":"TrustChanged"', '"kind":"Forgotten","more":[1]');
    expect(readAuditLine(later)).toMatchObject({ ok: true, line: { kind: "Forgotten" } });
  });

  it.each([
    ["", "is no JSON object"],
    ["[]", "is no JSON object"],
    ['{"n":0}', "n is 0, must be the number of the line"],
    [lines[0]!.replace("Z", ""), "time is"],
    [lines[0]!.replace('"TrustChanged"', '""'), 'kind is "", must be a word'],
    [lines[0]!.replace(/"previous":"0/u, '"previous":"'), "previous is"],
    [lines[1]!.replace('"worker":0', '"worker":-1'), "worker is -1, must be a whole number"],
    [lines[1]!.replace('"job":"0b9c"', '"job":1'), "job is 1, must be a text"],
    [lines[1]!.replace("aaaa", "AAAA"), "digests is"],
  ])("that is %j cannot be read", (text, problem) => {
    expect(readAuditLine(text)).toMatchObject({ ok: false, problem: expect.stringContaining(problem) });
  });
});

describe("a trail", () => {
  it("that nobody touched is whole, and so is one that was not begun", async () => {
    expect(await verifyAudit(lines, sha256)).toEqual({ head: { lines: 13, sha256: sha256(lines.at(-1)!) } });
    expect(await verifyAudit([], sha256)).toEqual({ head: emptyTrail });
  });

  it("names the first line that does not fit, for every line that is changed, left out, doubled or moved", async () => {
    for (let index = 0; index < lines.length; index++) {
      const changed = lines.with(index, lines[index]!.replace('"time":"2025', '"time":"2024'));
      const isLast = index === lines.length - 1;
      // Whoever changes the last line leaves nothing behind that knows it.
      expect((await verifyAudit(changed, sha256)).wrong?.line).toBe(isLast ? undefined : index + 2);
      const without = lines.toSpliced(index, 1);
      expect((await verifyAudit(without, sha256)).wrong?.line).toBe(isLast ? undefined : index + 1);
      const doubled = lines.toSpliced(index, 0, lines[index]!);
      expect((await verifyAudit(doubled, sha256)).wrong?.line).toBe(index + 2);
      const moved = lines.toSpliced(index, 1).concat(lines[index]!);
      if (!isLast) expect((await verifyAudit(moved, sha256)).wrong?.line).toBe(index + 1);
    }
  });

  it("whose line was changed with its number kept does not hold for the next line", async () => {
    const changed = lines.with(3, lines[3]!.replace('"bytes":100', '"bytes":1'));
    expect((await verifyAudit(changed, sha256)).wrong).toMatchObject({
      line: 5,
      problem: expect.stringContaining("does not follow the line before"),
    });
  });

  it("adds up to what was done for each job; a sum that was asked for twice is one", () => {
    const summary = new AuditSummary();
    for (const text of lines) {
      const reading = readAuditLine(text);
      if (reading.ok) summary.take(reading.line);
    }
    expect(summary.jobs()).toEqual([
      // Of the first worker its report, of the second what its two pods told.
      { job: "0b9c", enrolments: 2, admits: 1, refusals: 1, sums: 3, bytes: 100 + 230 },
      { job: "another", enrolments: 1, admits: 0, refusals: 0, sums: 0, bytes: 0 },
    ]);
  });
});
