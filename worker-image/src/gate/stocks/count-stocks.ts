import { statfs } from "node:fs/promises";
import { storageError } from "@tributary/kit";
import type { Stock } from "./stock.ts";

/** Room on a volume, in bytes. */
export interface VolumeRoom {
  readonly freeBytes: number;
  readonly sizeBytes: number;
}

/** How full the gate's memory is. */
export interface MemoryRoom {
  /** Starts that are remembered of the seat that has most, each section counted. */
  readonly mostStarts: number;
  readonly startsPerSeat: number;
}

/** The room of a folder's volume that this process may use. @throws STORAGE_UNAVAILABLE. */
export async function readRoom(directory: string): Promise<VolumeRoom> {
  const { bavail, blocks, bsize } = await statfs(directory).catch((cause: unknown) => {
    throw storageError(cause, directory);
  });
  return { freeBytes: bavail * bsize, sizeBytes: blocks * bsize };
}

/** What the gate has only so much of. A volume that does not tell its size, as some of networks, is none of it. */
export function stocksOf({ freeBytes, sizeBytes }: VolumeRoom, { mostStarts, startsPerSeat }: MemoryRoom): Stock[] {
  const all = [
    {
      what: "the volume of the gate's state",
      left: freeBytes,
      of: sizeBytes,
      remedy:
        "once it is full no worker of this member enrols or takes part in a round: archive the audit trail (docs/reference/audit.md), or enlarge the claim",
    },
    {
      what: "the memory of the seat that has signed sums of most starts",
      left: startsPerSeat - mostStarts,
      of: startsPerSeat,
      remedy:
        "once it is full the seat is refused further sums (GATE_MEMORY_FULL), and nothing is forgotten by itself: raise gate.memory.startsPerSeat of the member chart",
    },
  ];
  return all.filter(({ of }) => of > 0);
}
