import { createHash } from "node:crypto";
import {
  AuditChain,
  type AuditLine,
  type AuditSpan,
  AuditSummary,
  type JobAudit,
  readAuditLine,
} from "@tributary/contracts";

/** What a trail adds up to. */
export interface TrailView {
  /** The lines that are there and right. */
  readonly span: AuditSpan;
  /** The first line that is not. */
  readonly wrong?: { readonly line: number; readonly problem: string };
  /** What was done for that job, or for each. */
  readonly jobs: readonly JobAudit[];
}

/** What of a trail is wanted. */
export interface TrailWish {
  /** Job whose lines are wanted; all when `undefined`. */
  readonly job: string | undefined;
  /** Told of each of them as it is read, also of those after a wrong one: a trail may be larger than memory. */
  readonly onLine: (line: AuditLine) => void;
}

/** Reads a trail from the first line that is there to its last and checks that each follows the one before. */
export async function readTrail(
  texts: AsyncIterable<string> | Iterable<string>,
  { job, onLine }: TrailWish,
): Promise<TrailView> {
  const chain = new AuditChain((text) => createHash("sha256").update(text, "utf8").digest("hex"), undefined);
  const summary = new AuditSummary();
  let wrong: TrailView["wrong"];
  for await (const text of texts) {
    const reading = wrong === undefined ? chain.take(text) : readAuditLine(text);
    if (!reading.ok) wrong ??= { line: chain.head.lines + 1, problem: reading.problem };
    const read = readAuditLine(text);
    if (!read.ok || (job !== undefined && read.line.job !== job)) continue;
    onLine(read.line);
    summary.take(read.line);
  }
  return { span: chain.span, jobs: summary.jobs(), ...(wrong !== undefined && { wrong }) };
}
