import type { AuditLine, JobAudit } from "@tributary/contracts";
import type { TrailView } from "./read-trail.ts";

/** What a terminal would obey. */
const CONTROL = /[\p{Cc}\u2028\u2029]/gu;

/** A trail as lines for people: what was done, then what it adds up to, then how far it holds. */
export function describeTrail({ lines, jobs, head, wrong }: TrailView): string[] {
  const chain =
    wrong === undefined
      ? `chain: ${head.lines} lines are right, SHA-256 of the last ${head.sha256}`
      : `chain: right up to line ${head.lines}`;
  return [...lines.map(describeLine), ...jobs.map(describeJob), chain].map((text) =>
    text.replaceAll(CONTROL, "\uFFFD"),
  );
}

function describeLine({ n, time, kind, ...line }: AuditLine): string {
  const who = line.participant === undefined ? "" : `${line.participant}/${line.worker}`;
  const about = [
    line.job,
    who,
    line.pod === undefined ? "" : `pod ${line.pod}`,
    line.line === undefined ? "" : `line ${line.line} attempt ${line.attempt}`,
    line.code,
    line.reason,
    line.bytes === undefined ? "" : `${line.bytes} bytes`,
    ...Object.entries(line.digests ?? {}).map(([name, digest]) => `${name}=${digest.slice(0, 12)}`),
  ];
  return [n, time, kind, ...about.filter((part) => part !== undefined && part !== "")].join(" ");
}

function describeJob({ job, enrolments, admits, refusals, sums, bytes }: JobAudit): string {
  return `job ${job}: ${enrolments} enrolments, ${admits} admits, ${refusals} refusals, ${sums} sums signed, ${bytes} bytes left the member`;
}

/** A trail as one JSON document. */
export function trailJson({ lines, jobs, head, wrong }: TrailView): string {
  return JSON.stringify({ chain: { ...head, wrong: wrong ?? null }, jobs, lines }, null, 2);
}
