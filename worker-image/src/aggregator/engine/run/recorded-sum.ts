import { packedSizeBytes, requireRingBits, toHex } from "@tributary/federated";
import { type Disk, type Logger, realDisk, syncFile, TributaryError } from "@tributary/kit";
import { sha256OfFile } from "../../../shared/files/flat-model-file.ts";
import { sumSegments } from "./segment-sum.ts";

/** A sum on disk, as the attempt's state names it. */
export interface RecordedSum {
  readonly path: string;
  readonly values: number;
  readonly ringBits: number;
  /** SHA-256 of its bytes, which became durable with the survivors. */
  readonly sha256: Uint8Array;
}

/** Bytes that the file of a sum must have. */
export function sumSizeBytes(values: number, ringBits: number): number {
  return packedSizeBytes(values, requireRingBits(ringBits));
}

/** The error for a sum that is not what the attempt's state says. */
export function sumDamaged(path: string, found: string, wanted: string): TributaryError {
  return new TributaryError(
    "SUM_DAMAGED",
    `${path} is ${found}, must be ${wanted}; the round is closed and done again`,
    {
      details: { path },
    },
  );
}

/** @throws SUM_DAMAGED naming file, size and digest when the file is not what was recorded. */
export async function verifySum(sum: RecordedSum, disk: Disk = realDisk): Promise<void> {
  const [sizeBytes, wanted] = [await disk.sizeOf(sum.path), sumSizeBytes(sum.values, sum.ringBits)];
  if (sizeBytes !== wanted) throw sumDamaged(sum.path, `${sizeBytes ?? "no"} bytes`, `${wanted} bytes`);
  const [found, recorded] = [toHex(await sha256OfFile(sum.path, disk)), toHex(sum.sha256)];
  if (found !== recorded) throw sumDamaged(sum.path, `of digest ${found}`, `of ${recorded}`);
}

/**
 * Makes sure of a sum that a former process made durable: one that a disk damaged since is added again from the same parties' staged
 * segments, which gives the same bytes.
 *
 * @throws SUM_DAMAGED when it does not: no other sum may take its place, so that the attempt cannot be finished.
 */
export async function restoreSum(
  sum: RecordedSum,
  inputs: readonly string[],
  { disk = realDisk, log }: { readonly disk?: Disk; readonly log: Logger },
): Promise<void> {
  try {
    await verifySum(sum, disk);
  } catch (damaged) {
    const again = `${sum.path}.tmp`;
    const found = await sumSegments(inputs, sum, again, { disk }).catch(() => undefined);
    if (found === undefined || toHex(found) !== toHex(sum.sha256)) throw damaged;
    await syncFile(again, disk);
    await disk.rename(again, sum.path);
    log.warn({ path: sum.path, err: damaged }, "a damaged sum was added again from the staged segments");
  }
}
