import { createHash } from "node:crypto";
import { type Disk, type DiskFile, readUpTo, writeFully } from "@tributary/kit";
import { withScratch } from "../../shared/files/scratch.ts";

/**
 * Copies a file byte by byte, so that the copy is a new file that shares no block with the old one, and makes sure of what it holds.
 *
 * @param sha256 what the bytes must have, hexadecimal.
 * @throws when they have another; STORAGE_FULL, STORAGE_UNAVAILABLE.
 */
export async function copyVerified(from: string, to: string, sha256: string, disk: Disk): Promise<void> {
  const source = await disk.open(from, "r");
  try {
    const target = await disk.open(to, "wx");
    const found = await copyBytes(source, target).finally(() => target.close());
    if (found !== sha256) throw new Error(`${from} does not hold the model any more`);
  } finally {
    await source.close();
  }
}

/** @returns SHA-256 of what was copied, hexadecimal. */
function copyBytes(source: DiskFile, target: DiskFile): Promise<string> {
  return withScratch(async (scratch) => {
    const hash = createHash("sha256");
    const buffer = scratch.bytes();
    for (let position = 0; ; position += buffer.length) {
      const piece = buffer.subarray(0, await readUpTo(source, position, buffer));
      hash.update(piece);
      await writeFully(target, piece);
      if (piece.length < buffer.length) return hash.digest("hex");
    }
  });
}
