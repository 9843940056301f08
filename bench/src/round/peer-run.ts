import type { ChildProcess } from "node:child_process";
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { type MarkedProcesses, markProcesses } from "./marked-processes.ts";
import { periodsOf, type RoundMark, readRoundLog } from "./period.ts";
import type { RoundRun, RoundSize } from "./round-case.ts";
import type { WireBytes, WireCounter } from "./wire-counter.ts";

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
  readonly size: RoundSize;
  /** Rounds to run: the first is left out, and the last has no next round to end it. */
  readonly rounds: number;
  readonly limitMs: number;
}

/** A peer that runs. */
export interface StartedPeer {
  /** The process that submits the work: when it fails no rounds need be waited for. */
  readonly submitter: ChildProcess;
  /** Counts what goes between its clients and its server; absent where nobody counts. */
  readonly wire?: WireCounter;
}

/** How a peer is run. */
export interface PeerProgram {
  /** File or folder of `peers/` that its app is made of. */
  readonly app: readonly string[];
  /** Command lines of the processes that aggregate. */
  readonly aggregating: RegExp;
  /** Command lines of the processes of clients; absent where nobody looks at their memory. */
  readonly working?: RegExp;
  /** Rounds of a run of a size, at least three. */
  rounds(size: RoundSize): number;
  /** How long these may take; what rounds without masks take at most where it does not say. */
  limitMs?(size: RoundSize): number;
  /** Starts everything. */
  start(work: PeerWork): Promise<StartedPeer>;
}

/**
 * Runs a peer's rounds in a folder and in processes of their own, and removes both.
 *
 * @throws when the rounds are not seen within the limit, with the end of what the peer wrote.
 */
export async function runPeer(program: PeerProgram, size: RoundSize): Promise<RoundRun> {
  const folder = mkdtempSync(join(tmpdir(), "tributary-bench-"));
  const limitMs = program.limitMs?.(size) ?? 240_000 + size.mib * 3_600;
  const processes = markProcesses();
  const removeFolder = () => rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
  // After the listener of the processes, which write there: an interrupted benchmark leaves nothing either.
  process.once("exit", removeFolder);
  const work: PeerWork = {
    ...{ processes, folder, size, limitMs, rounds: program.rounds(size) },
    roundLog: join(folder, "rounds.jsonl"),
    logPath: join(folder, "output.log"),
  };
  for (const name of program.app)
    cpSync(fileURLToPath(new URL(`./peers/${name}`, import.meta.url)), join(folder, name), { recursive: true });
  let started: StartedPeer | undefined;
  try {
    started = await program.start(work);
    return await watchRounds(work, started, program);
  } finally {
    await processes.end();
    started?.wire?.close();
    removeFolder();
    process.off("exit", removeFolder);
  }
}

async function watchRounds(work: PeerWork, { submitter, wire }: StartedPeer, program: PeerProgram): Promise<RoundRun> {
  const endsAtMs = performance.now() + work.limitMs;
  const { processes, rounds } = work;
  // Of the clients too, one process at a time: none of ours is as large as all of a machine's together.
  const peaks = { peakBytes: 0, workerPeakBytes: 0 };
  const carried: WireBytes[] = [];
  for (;;) {
    const marks = readRoundLog(readIfPresent(work.roundLog));
    peaks.peakBytes = Math.max(peaks.peakBytes, processes.peakBytes(program.aggregating));
    if (program.working !== undefined)
      peaks.workerPeakBytes = Math.max(peaks.workerPeakBytes, processes.peakBytes(program.working));
    const seen = new Set(marks.map(({ round }) => round)).size;
    if (wire !== undefined) noteRounds(carried, seen, wire.look());
    if (seen >= rounds) return { ...peaks, ...figuresOfPeer(marks, carried) };
    const hasFailed = submitter.signalCode !== null || (submitter.exitCode ?? 0) !== 0;
    if (hasFailed || performance.now() > endsAtMs) {
      const why = hasFailed ? "when what submits the work failed" : `within ${work.limitMs / 1000} s`;
      throw new Error(
        `${seen} of ${rounds} rounds ${why}; the peer wrote: ${readIfPresent(work.logPath).slice(-3000)}`,
      );
    }
    await sleep(lookEveryMs);
  }
}

/** Keeps what had been carried when each round was first seen to have started. */
function noteRounds(carried: WireBytes[], seen: number, now: WireBytes): void {
  while (carried.length < seen) carried.push(now);
}

function figuresOfPeer(
  marks: readonly RoundMark[],
  carried: readonly WireBytes[],
): Pick<RoundRun, "periods" | "bytes" | "bytesUp"> {
  const rounds = carried.slice(droppedRounds);
  const between = rounds.slice(1).map(({ up, down }, index) => {
    const before = rounds[index]!;
    return { up: up - before.up, down: down - before.down };
  });
  return {
    periods: periodsOf(marks, droppedRounds),
    bytes: between.map(({ up, down }) => up + down),
    bytesUp: between.map(({ up }) => up),
  };
}

function readIfPresent(path: string): string {
  return existsSync(path) ? readFileSync(path, "utf8") : "";
}
