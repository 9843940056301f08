import { parseArgs } from "node:util";
import type { AuditHead } from "@tributary/contracts";
import { TributaryError } from "@tributary/kit";

/** What `gate-audit` is asked for. */
export interface AuditOptions {
  /** Uid of the job whose lines are wanted; all when left out. */
  readonly job?: string;
  /** Whether the chain is checked. */
  readonly verify: boolean;
  /** The last line that is archived; absent when nothing is to be removed. */
  readonly archived?: AuditHead;
}

const ARCHIVED = /^([1-9]\d{0,14}):([0-9a-f]{64})$/u;
const USAGE = "options are [--job UID] [--verify], or --remove-archived LINE:SHA256";

/** Reads the command line of `gate-audit`. @throws ARGUMENT_INVALID saying what it takes. */
export function readAuditOptions(argv: readonly string[]): AuditOptions {
  // Node, the launcher and the program's name come before, or node and the program.
  const { job, verify, archived } = parseOptions(argv.slice(argv[2] === "gate-audit" ? 3 : 2));
  if (archived === undefined) return { verify, ...(job !== undefined && { job }) };
  const found = ARCHIVED.exec(archived);
  if (found === null)
    throw wrong(`--remove-archived is ${JSON.stringify(archived)}, must be as 40000:<64 hexadecimal digits>`);
  if (job !== undefined || verify) throw wrong("--remove-archived goes with no other option");
  return { verify, archived: { lines: Number(found[1]), sha256: found[2]! } };
}

function parseOptions(args: string[]) {
  try {
    const { values } = parseArgs({
      args,
      options: {
        job: { type: "string" },
        verify: { type: "boolean", default: false },
        "remove-archived": { type: "string" },
      },
    });
    return { job: values.job, verify: values.verify, archived: values["remove-archived"] };
  } catch (cause) {
    throw wrong((cause as Error).message.replaceAll(/\s+/gu, " "), cause);
  }
}

function wrong(why: string, cause?: unknown): TributaryError {
  return new TributaryError("ARGUMENT_INVALID", `${why}; ${USAGE}`, { cause });
}
