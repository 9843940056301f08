import { createHash } from "node:crypto";
import {
  AuditChain,
  type AuditHead,
  type AuditLine,
  AuditSummary,
  type JobAudit,
  readAuditLine,
} from "@tributary/contracts";

/** A trail as one reads it. */
export interface TrailView {
  /** The last line up to which all are right. */
  readonly head: AuditHead;
  /** The first line that is not. */
  readonly wrong?: { readonly line: number; readonly problem: string };
  /** Lines of the job that was asked for, or all. */
  readonly lines: readonly AuditLine[];
  /** What was done for that job, or for each. */
  readonly jobs: readonly JobAudit[];
}

/** Reads a trail from its first line to its last and checks that each follows the one before; those after a wrong one are shown too. */
export async function readTrail(
  texts: AsyncIterable<string> | Iterable<string>,
  job: string | undefined,
): Promise<TrailView> {
  const chain = new AuditChain((text) => createHash("sha256").update(text, "utf8").digest("hex"));
  const summary = new AuditSummary();
  const lines: AuditLine[] = [];
  let wrong: TrailView["wrong"];
  for await (const text of texts) {
    const reading = wrong === undefined ? chain.take(text) : readAuditLine(text);
    if (!reading.ok) wrong ??= { line: chain.head.lines + 1, problem: reading.problem };
    const read = readAuditLine(text);
    if (!read.ok || (job !== undefined && read.line.job !== job)) continue;
    lines.push(read.line);
    summary.take(read.line);
  }
  return { head: chain.head, lines, jobs: summary.jobs(), ...(wrong !== undefined && { wrong }) };
}
