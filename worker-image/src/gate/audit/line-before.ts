import { basename } from "node:path";
import { type AuditHead, emptyTrail, readAuditLine } from "@tributary/contracts";
import { type Disk, TributaryError } from "@tributary/kit";
import { textSha256 } from "./audit-content.ts";
import { auditPath, lastLineOf } from "./audit-files.ts";

/** Where the files of a trail lie, and their numbers, ascending. */
export interface TrailFiles {
  readonly directory: string;
  readonly numbers: readonly number[];
  readonly disk: Disk;
}

/**
 * The line after which the newest file of a trail goes on; `undefined` where all files before it lie elsewhere, so that its own first line
 * must say it.
 *
 * @throws GATE_STATE_DAMAGED naming the file that is missing or has no whole line at its end; STORAGE_UNAVAILABLE.
 */
export async function lineBeforeNewest({ directory, numbers, disk }: TrailFiles): Promise<AuditHead | undefined> {
  const [before, newest = 1] = [numbers.at(-2), numbers.at(-1)];
  if (newest === 1) return emptyTrail;
  if (before === undefined) return undefined;
  const path = auditPath(directory, newest - 1);
  if (before !== newest - 1) throw broken(path, "is missing", newest);
  const last = await lastLineOf(path, disk);
  const reading = readAuditLine(last);
  if (!reading.ok) throw broken(path, `ends with a line that ${reading.problem}`, newest);
  return { lines: reading.line.n, sha256: textSha256(last) };
}

/**
 * Refuses a trail whose newest file holds nothing while the one before it lies elsewhere: nobody knows how its next line is to be numbered.
 *
 * @throws GATE_STATE_DAMAGED
 */
export function requireEnd({ directory, numbers }: TrailFiles, { lines }: AuditHead): void {
  const newest = numbers.at(-1) ?? 1;
  if (newest > 1 && lines === 0) throw broken(auditPath(directory, newest - 1), "is missing", newest);
}

function broken(path: string, what: string, newest: number): TributaryError {
  const why = `${basename(auditPath("", newest))} goes on from its last line`;
  const remedy =
    "put the file back from the archive or a backup (of a trail that is archived the newest two files stay), or move all files of the trail away, and another one begins";
  return new TributaryError("GATE_STATE_DAMAGED", `${path} ${what}, and ${why}: ${remedy}`, {
    details: { path },
  });
}
