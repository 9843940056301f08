import { join } from "node:path";
import { type Logger, realDisk } from "@tributary/kit";

/** Folders of files that no round after the present one reads. */
const FOLDERS = ["tasks", "reports", "models"];

/** Removes the files of rounds that are over, as long as none is at work; what cannot be removed stays. */
export async function clearVolume(
  { volumeDirectory, log }: { readonly volumeDirectory: string; readonly log: Logger },
  isAtWork: () => boolean,
): Promise<void> {
  for (const folder of FOLDERS) {
    const names = await realDisk.readdir(join(volumeDirectory, folder)).catch(() => []);
    for (const name of names) {
      if (isAtWork()) return;
      await realDisk
        .remove(join(volumeDirectory, folder, name))
        .catch((err: unknown) => log.warn({ err }, "file stays"));
    }
  }
}
