import { AuditChain, type AuditHead, type AuditSpan } from "@tributary/contracts";
import { type Disk, realDisk, TributaryError } from "@tributary/kit";
import { textSha256 } from "./audit-content.ts";
import { auditNumbers, auditPath, linesOfFile } from "./audit-files.ts";

/** Files that stay whatever was archived: the gate goes on in the newest, from the end of the one before. */
const STAYING = 2;

/** What became of a trail that was archived. */
export interface Removal {
  /** Paths of the files that are gone, the oldest first. */
  readonly removed: readonly string[];
  /** The last line of them; that before the first line which was there, where none is gone. */
  readonly through: AuditHead;
}

/**
 * Removes the files of a trail all of whose lines are archived: those up to a line that whoever archived them names by number and SHA-256,
 * and that is found here, at the end of a chain that is right. The gate may be writing meanwhile.
 *
 * @throws ARGUMENT_INVALID when no such line is there, GATE_STATE_DAMAGED when the chain up to it is broken; STORAGE_UNAVAILABLE.
 */
export async function removeArchived(directory: string, archived: AuditHead, disk: Disk = realDisk): Promise<Removal> {
  const chain = new AuditChain(textSha256, undefined);
  const whole: { readonly path: string; readonly end: AuditHead }[] = [];
  const numbers = await auditNumbers(directory, disk);
  for (const path of numbers.map((number) => auditPath(directory, number))) {
    for await (const text of linesOfFile(path, disk)) {
      requireRight(chain, text);
      if (chain.head.lines === archived.lines) requireSame(chain.head, archived);
    }
    // A file that goes on after the line stays.
    if (chain.head.lines <= archived.lines) whole.push({ path, end: chain.head });
    if (chain.head.lines >= archived.lines) break;
  }
  const { before, head } = chain.span;
  if (archived.lines <= before.lines || archived.lines > head.lines) throw notThere(archived, chain.span);
  const gone = whole.slice(0, Math.max(0, numbers.length - STAYING));
  // The oldest first: whatever is interrupted leaves a trail that begins later, and none with a gap.
  for (const { path } of gone) await disk.remove(path);
  return { removed: gone.map(({ path }) => path), through: gone.at(-1)?.end ?? before };
}

/** What is gone, and how the trail that is left says where it begins. */
export function describeRemoval({ removed, through }: Removal): string {
  if (removed.length === 0)
    return "nothing is removed: the newest two files stay, and those before go on after that line";
  return `removed ${removed.join(", ")}: the trail begins after line ${through.lines}, SHA-256 ${through.sha256}`;
}

function requireRight(chain: AuditChain, text: string): void {
  const reading = chain.take(text);
  if (reading.ok) return;
  const message = `line ${chain.head.lines + 1} of the audit trail ${reading.problem}; nothing is removed of a trail that is broken`;
  throw new TributaryError("GATE_STATE_DAMAGED", message);
}

function requireSame(found: AuditHead, archived: AuditHead): void {
  if (found.sha256 === archived.sha256) return;
  const message = `--remove-archived names line ${archived.lines} with SHA-256 ${archived.sha256}, and here it has ${found.sha256}: what was archived is another trail; nothing is removed`;
  throw new TributaryError("ARGUMENT_INVALID", message);
}

function notThere({ lines }: AuditHead, { before, head }: AuditSpan): TributaryError {
  const message = `--remove-archived names line ${lines}, must be one of those that are here: ${before.lines + 1} to ${head.lines}`;
  return new TributaryError("ARGUMENT_INVALID", message);
}
