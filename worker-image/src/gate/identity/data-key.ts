import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { type Disk, readFileIfPresent, realDisk, TributaryError, writeFileDurably } from "@tributary/kit";
import { memoryPath } from "../memory/gate-memory.ts";

const KEY_BYTES = 32;

/**
 * Opens the key of data names in a directory (`data.key`, 32 random bytes), made once: with another one every seat would be a new one to the
 * gate's memory.
 *
 * @throws CONFIGURATION_INVALID naming the file when it is torn or something else, or missing beside a memory; STORAGE_FULL, STORAGE_UNAVAILABLE.
 */
export async function openDataKey(directory: string, disk: Disk = realDisk): Promise<Uint8Array> {
  const path = join(directory, "data.key");
  const present = await readFileIfPresent(path, disk);
  if (present === undefined) {
    await refuseWithMemory(path, directory, disk);
    const key = randomBytes(KEY_BYTES);
    await writeFileDurably(path, key, 0o600, disk);
    return new Uint8Array(key);
  }
  const isZero = present.every((byte) => byte === 0);
  if (present.length === KEY_BYTES && !isZero) return new Uint8Array(present);
  const what = isZero ? `${present.length} bytes of zeros` : `${present.length} bytes`;
  const remedy =
    "restore it from a backup; a key that is made anew gives every seat another data name, and the gate's memory forgets what was signed";
  throw new TributaryError(
    "CONFIGURATION_INVALID",
    `${path} holds ${what}, must be ${KEY_BYTES} random bytes: ${remedy}`,
    {
      details: { path },
    },
  );
}

/** What was signed stands in the memory under names of the key that is gone: a new one would forget it in silence. */
async function refuseWithMemory(path: string, directory: string, disk: Disk): Promise<void> {
  const memory = memoryPath(directory);
  if ((await disk.sizeOf(memory)) === undefined) return;
  const remedy = `restore it from a backup, or move ${memory} away as well, and all that was signed is forgotten`;
  throw new TributaryError("CONFIGURATION_INVALID", `${path} is missing, but ${memory} is there: ${remedy}`, {
    details: { path },
  });
}
