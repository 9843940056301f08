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
/** A disk that fails, or a mount whose other end is gone: NFS, FUSE, CSI, Ceph. */
const BROKEN = new Set([
  ...["EIO", "EROFS", "ESTALE", "ENXIO", "ENODEV", "EUCLEAN"],
  ...["ENOTCONN", "ESHUTDOWN", "ETIMEDOUT", "EREMOTEIO", "EHOSTDOWN"],
]);
/** A volume that is there and not for this process: a driver that ignores `fsGroup`, NFS that squashes root, SELinux. */
const DENIED = new Set(["EACCES", "EPERM"]);

let volumes: readonly Volume[] = [];

/** Names the volumes of this process, once at its start: errors about a path say then which claim or emptyDir it is. */
export function nameVolumes(named: readonly Volume[]): void {
  volumes = [...named].sort((a, b) => b.path.length - a.path.length);
}

/** What a full, broken or closed disk answered, as STORAGE_FULL or STORAGE_UNAVAILABLE naming the volume; any other error as it is. */
export function storageError(cause: unknown, path: string): unknown {
  if (isTributaryError(cause)) return cause;
  const errno = String((cause as { readonly code?: unknown } | undefined)?.code);
  const isUnavailable = BROKEN.has(errno) || DENIED.has(errno);
  const code = FULL.has(errno) ? "STORAGE_FULL" : isUnavailable ? "STORAGE_UNAVAILABLE" : undefined;
  return code === undefined ? cause : tellVolume(code, { path, errno, cause });
}

/** What another program said of a volume that this one knows by the path, in this one's words. */
export function retellStorageError(code: StorageError["code"], path: string): TributaryError {
  return tellVolume(code, { path, errno: code === "STORAGE_FULL" ? "ENOSPC" : "EIO" });
}

/** What a disk does wrong that takes no byte of a write and gives no reason, as an error that names the volume. */
export function silentDiskError(path: string): TributaryError {
  return tellVolume("STORAGE_UNAVAILABLE", { path, errno: "no byte taken, no reason given" });
}

interface VolumeFailure {
  readonly path: string;
  /** What the disk answered: most often the name of an error. */
  readonly errno: string;
  readonly cause?: unknown;
}

function tellVolume(code: StorageError["code"], { path, errno, cause }: VolumeFailure): TributaryError {
  const volume = volumes.find((known) => path === known.path || path.startsWith(`${known.path}/`));
  const name = volume?.name ?? `the volume of ${path}`;
  const remedy = volume?.remedy ?? "free space on it or enlarge it";
  const message =
    code === "STORAGE_FULL"
      ? `${name} is full: ${path} cannot be written (${errno}); ${remedy}`
      : `${name} ${describeUnavailable(path, errno)}`;
  return new TributaryError(code, message, { cause, details: { path, errno } });
}

function describeUnavailable(path: string, errno: string): string {
  if (!DENIED.has(errno))
    return `does not work: ${path} cannot be read or written (${errno}); look at the volume and its node`;
  const user = process.getuid?.() ?? "of this process";
  return `denies access: ${path} may not be read or written by user ${user} (${errno}); give it to that user, or to a group that the pod's fsGroup names`;
}

/** An error about a volume that is full, does not work or denies access. */
export type StorageError = TributaryError & { readonly code: "STORAGE_FULL" | "STORAGE_UNAVAILABLE" };

/** Whether an error says that a volume is full, broken or closed to this process: what was being done may succeed later. */
export function isStorageError(value: unknown): value is StorageError {
  return isTributaryError(value, "STORAGE_FULL") || isTributaryError(value, "STORAGE_UNAVAILABLE");
}
