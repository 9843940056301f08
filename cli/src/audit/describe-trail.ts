import { type AuditLine, describeAuditSpan, type JobAudit } from "@tributary/contracts";
import type { TrailView } from "./read-trail.ts";

/** What a terminal would obey. */
const CONTROL = /[\p{Cc}\u2028\u2029]/gu;

/** Shows a trail while it is read: a trail may be larger than memory. */
export interface TrailWriter {
  /** Shows a line. */
  line(line: AuditLine): void;
  /** Shows what the lines add up to and how far they hold; not called for a trail that was not read to its end. */
  end(view: TrailView): void;
}

/** A trail as lines for people: what was done, then what it adds up to, then how far it holds. */
export function describeTrail(print: (line: string) => void): TrailWriter {
  const show = (text: string) => print(text.replaceAll(CONTROL, "\uFFFD"));
  return {
    line: (line) => show(describeLine(line)),
    end({ jobs, span, wrong }) {
      for (const job of jobs) show(describeJob(job));
      show(`chain: ${wrong === undefined ? describeAuditSpan(span) : `right up to line ${span.head.lines}`}`);
    },
  };
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

/** A trail as one JSON document, which ends too early where the trail was not read to its end. */
export function trailJson(print: (line: string) => void): TrailWriter {
  let before = '{"lines": [';
  return {
    line(line) {
      print(`${before}${JSON.stringify(line)}`);
      before = ", ";
    },
    end({ jobs, span, wrong }) {
      const chain = { ...span.head, before: span.before, wrong: wrong ?? null };
      print(`${before === ", " ? "" : before}], "jobs": ${JSON.stringify(jobs)}, "chain": ${JSON.stringify(chain)}}`);
    },
  };
}
