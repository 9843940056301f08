import { type Disk, readFileIfPresent, TributaryError } from "@tributary/kit";

/**
 * Reads a JSON file of the data directory; `undefined` when there is none.
 *
 * @throws LEDGER_CORRUPT naming the file when it holds anything but an object, which no crash leaves behind.
 */
export async function readStoredJson<T extends object>(path: string, disk?: Disk): Promise<T | undefined> {
  const bytes = await readFileIfPresent(path, disk);
  if (bytes === undefined) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(bytes.toString("utf8"));
  } catch (cause) {
    throw damagedJson(path, cause);
  }
  if (typeof value !== "object" || value === null) throw damagedJson(path);
  return value as T;
}

/** The error for a file of the data directory that no crash leaves as it is. */
export function damagedJson(path: string, cause?: unknown): TributaryError {
  const message = `${path} cannot be read as JSON; restore the data directory from a backup`;
  return new TributaryError("LEDGER_CORRUPT", message, { cause, details: { path } });
}
