import { retellStorageError, TributaryError } from "@tributary/kit";
import { sha256OfFile } from "../../shared/files/flat-model-file.ts";

/** Whether a file is there, can be read and has this digest, in hexadecimal. */
export async function hasDigest(path: string, sha256: string): Promise<boolean> {
  const found = await sha256OfFile(path).catch(() => undefined);
  return found !== undefined && Buffer.from(found).toString("hex") === sha256;
}

/** What became of a file that this worker wrote, as an error that names its volume: no other try of reading it ends otherwise. */
export function damagedFile(path: string, became: string, cause?: unknown): TributaryError {
  const volume = retellStorageError("STORAGE_UNAVAILABLE", path);
  const message = `${path} is not what was written there: ${became}; ${volume.message}`;
  return new TributaryError("STORAGE_UNAVAILABLE", message, { cause, details: { path } });
}
