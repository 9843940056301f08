import type { ChildProcess } from "node:child_process";
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { type MarkedProcesses, markProcesses } from "./marked-processes.ts";
import { periodsOf, type RoundMark, readRoundLog } from "./period.ts";
import type { RoundCase, RoundRun } from "./round-case.ts";

/** Rounds of a peer's run: the first is left out, and the last has no next round to end it. */
export const peerRounds = 5;
const droppedRounds = 1;
const lookEveryMs = 500;

/** What a peer needs to start its rounds. */
export interface PeerWork {
  readonly processes: MarkedProcesses;
  /** Folder of this run alone, removed after it. */
  readonly folder: string;
  /** Where its app notes the start of rounds. */
  readonly roundLog: string;
  /** Where its processes write. */
  readonly logPath: string;
  readonly size: RoundCase;
  readonly limitMs: number;
}

/** How a peer is run. */
export interface PeerProgram {
  /** File or folder of `peers/` that its app is made of. */
  readonly app: readonly string[];
  /** Command lines of the processes that aggregate. */
  readonly aggregating: RegExp;
  /** Starts everything; resolves to the process that submits the work: when it fails no rounds need be waited for. */
  start(work: PeerWork): Promise<ChildProcess>;
}

/**
 * Runs a peer's rounds in a folder and in processes of their own, and removes both.
 *
 * @throws when the rounds are not seen within the limit, with the end of what the peer wrote.
 */
export async function runPeer(program: PeerProgram, size: RoundCase): Promise<RoundRun> {
  const folder = mkdtempSync(join(tmpdir(), "tributary-bench-"));
  const limitMs = 240_000 + size.mib * 3_600;
  const processes = markProcesses();
  const removeFolder = () => rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
  // After the listener of the processes, which write there: an interrupted benchmark leaves nothing either.
  process.once("exit", removeFolder);
  const work: PeerWork = {
    ...{ processes, folder, size, limitMs },
    roundLog: join(folder, "rounds.jsonl"),
    logPath: join(folder, "output.log"),
  };
  for (const name of program.app)
    cpSync(fileURLToPath(new URL(`./peers/${name}`, import.meta.url)), join(folder, name), { recursive: true });
  try {
    const submitter = await program.start(work);
    const { marks, peakBytes } = await watchRounds(work, submitter, program.aggregating);
    return { periods: periodsOf(marks, droppedRounds), peakBytes, bytes: [] };
  } finally {
    await processes.end();
    removeFolder();
    process.off("exit", removeFolder);
  }
}

async function watchRounds(
  work: PeerWork,
  submitter: ChildProcess,
  aggregating: RegExp,
): Promise<{ marks: RoundMark[]; peakBytes: number }> {
  const endsAtMs = performance.now() + work.limitMs;
  let peakBytes = 0;
  for (;;) {
    const marks = readRoundLog(readIfPresent(work.roundLog));
    peakBytes = Math.max(peakBytes, work.processes.peakBytes(aggregating));
    const seen = new Set(marks.map(({ round }) => round)).size;
    if (seen >= peerRounds) return { marks, peakBytes };
    const hasFailed = submitter.signalCode !== null || (submitter.exitCode ?? 0) !== 0;
    if (hasFailed || performance.now() > endsAtMs) {
      const why = hasFailed ? "when what submits the work failed" : `within ${work.limitMs / 1000} s`;
      throw new Error(
        `${seen} of ${peerRounds} rounds ${why}; the peer wrote: ${readIfPresent(work.logPath).slice(-3000)}`,
      );
    }
    await sleep(lookEveryMs);
  }
}

function readIfPresent(path: string): string {
  return existsSync(path) ? readFileSync(path, "utf8") : "";
}
