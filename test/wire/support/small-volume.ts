import { statfsSync } from "node:fs";
import { appendFile, rm } from "node:fs/promises";
import { join } from "node:path";

/** Why this machine cannot mount small volumes; undefined when it can. CI skips nothing: there it fails instead. */
export function whyNoSmallVolumes(): string | undefined {
  if (process.env.CI === "true") return undefined;
  return process.platform === "linux" && process.getuid?.() === 0
    ? undefined
    : "skipped: a small volume in a mount namespace of its own needs Linux and root";
}

/** Command that runs another one with a folder on a small volume of its own, which only it and who enters its namespace sees. */
export function onSmallVolume(folder: string, sizeBytes: number): string[] {
  const script = `mkdir -p "$0" && mount -t tmpfs -o size=${sizeBytes},mode=777 tmpfs "$0" && exec "$@"`;
  return ["unshare", "-m", "bash", "-c", script, folder];
}

/** A small volume seen from outside, through a process that has it mounted. */
export class SmallVolume {
  readonly #folder: string;

  constructor(pid: number, folder: string) {
    this.#folder = `/proc/${pid}/root${folder}`;
  }

  /** Takes every byte that is free now, as a neighbour on the same volume may; again for what was freed since. */
  async fill(): Promise<void> {
    const { bavail, bsize } = statfsSync(this.#folder);
    // Others may take some of it at the same time: the volume is full either way.
    await appendFile(this.#ballast, Buffer.alloc(bavail * bsize)).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== "ENOSPC") throw error;
    });
  }

  /** Frees what was taken. */
  async free(): Promise<void> {
    await rm(this.#ballast, { force: true });
  }

  get #ballast(): string {
    return join(this.#folder, "ballast");
  }
}
