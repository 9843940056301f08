import { isTributaryError, TributaryError } from "../errors/tributary-error.ts";

/** A mounted volume as people know it. */
export interface Volume {
  /** Where it is mounted. */
  readonly path: string;
  /** What it is: the claim or emptyDir that it stands for. */
  readonly name: string;
  /** How it gets room. */
  readonly remedy: string;
}

const FULL = new Set(["ENOSPC", "EDQUOT", "EFBIG"]);
const BROKEN = new Set(["EIO", "EROFS", "ESTALE", "ENXIO", "ENODEV", "EUCLEAN"]);

let volumes: readonly Volume[] = [];

/** Names the volumes of this process, once at its start: errors about a path say then which claim or emptyDir it is. */
export function nameVolumes(named: readonly Volume[]): void {
  volumes = [...named].sort((a, b) => b.path.length - a.path.length);
}

/** What a full or broken disk answered, as STORAGE_FULL or STORAGE_UNAVAILABLE naming the volume; any other error as it is. */
export function storageError(cause: unknown, path: string): unknown {
  if (isTributaryError(cause)) return cause;
  const code = String((cause as { readonly code?: unknown } | undefined)?.code);
  if (!FULL.has(code) && !BROKEN.has(code)) return cause;
  const volume = volumes.find((known) => path === known.path || path.startsWith(`${known.path}/`));
  const name = volume?.name ?? `the volume of ${path}`;
  const details = { path, errno: code };
  if (FULL.has(code)) {
    const remedy = volume?.remedy ?? "free space on it or enlarge it";
    return new TributaryError("STORAGE_FULL", `${name} is full: ${path} cannot be written (${code}); ${remedy}`, {
      cause,
      details,
    });
  }
  return new TributaryError(
    "STORAGE_UNAVAILABLE",
    `${name} does not work: ${path} cannot be read or written (${code}); look at the volume and its node`,
    { cause, details },
  );
}

/** What another program said of a volume that this one knows by the path, in this one's words. */
export function retellStorageError(code: StorageError["code"], path: string): TributaryError {
  const errno = code === "STORAGE_FULL" ? "ENOSPC" : "EIO";
  return storageError(Object.assign(new Error("told by another program"), { code: errno }), path) as TributaryError;
}

/** An error about a volume that is full or does not work. */
export type StorageError = TributaryError & { readonly code: "STORAGE_FULL" | "STORAGE_UNAVAILABLE" };

/** Whether an error says that a volume is full or broken: what was being done may succeed later. */
export function isStorageError(value: unknown): value is StorageError {
  return isTributaryError(value, "STORAGE_FULL") || isTributaryError(value, "STORAGE_UNAVAILABLE");
}
