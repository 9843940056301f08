import { join } from "node:path";
import { type Disk, realDisk } from "@tributary/kit";
import { LOG_HEADER } from "../storage/frames.ts";
import { damaged, readFrames } from "../storage/read-frames.ts";
import { linesOf } from "./audit-content.ts";

const NAME = /^audit-(\d{6,})\.log$/u;

/** Path of a file of the trail, numbered from 1. */
export function auditPath(directory: string, number: number): string {
  return join(directory, `audit-${String(number).padStart(6, "0")}.log`);
}

/** Numbers of the files of the trail that are there, ascending. */
export async function auditNumbers(directory: string, disk: Disk = realDisk): Promise<number[]> {
  const names = await disk.readdir(directory).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return [];
    throw error;
  });
  const numbers = names.flatMap((name) => NAME.exec(name)?.[1] ?? []).map(Number);
  return numbers.sort((a, b) => a - b);
}

/**
 * The lines of a trail from its first file on, without their ends. The gate may be writing meanwhile: a line that is not whole yet is none.
 *
 * @throws GATE_STATE_DAMAGED naming the file and the place; STORAGE_UNAVAILABLE.
 */
export async function* readAuditLines(directory: string, disk: Disk = realDisk): AsyncGenerator<string, void> {
  for (const number of await auditNumbers(directory, disk)) yield* linesOfFile(auditPath(directory, number), disk);
}

/**
 * The last line of a file that another one follows, so that all of it was durable once.
 *
 * @throws GATE_STATE_DAMAGED naming the place where it is cut or damaged, also at its end, and when it has no line; STORAGE_UNAVAILABLE.
 */
export async function lastLineOf(path: string, disk: Disk = realDisk): Promise<string> {
  const file = await disk.open(path, "r");
  try {
    let [last, end]: [string | undefined, number] = [undefined, LOG_HEADER.length];
    for await (const frame of readFrames(path, file)) {
      last = linesOf(frame.payload).at(-1);
      end = frame.end;
    }
    if ((await file.size()) > end) throw damaged(path, end, "it is cut there, and another file follows");
    if (last === undefined) throw damaged(path, end, "it has no line, and another file follows");
    return last;
  } finally {
    await file.close();
  }
}

/** The lines of one file of a trail. */
export async function* linesOfFile(path: string, disk: Disk = realDisk): AsyncGenerator<string, void> {
  const file = await disk.open(path, "r");
  try {
    for await (const { payload } of readFrames(path, file)) yield* linesOf(payload);
  } finally {
    await file.close();
  }
}
