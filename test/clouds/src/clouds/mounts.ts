import { readFile } from "node:fs/promises";

/** One line of a mount table. */
export interface Mount {
  readonly mountPoint: string;
  readonly fileSystem: string;
  /** Options of the file system itself, for cgroup v1 the controllers of the hierarchy. */
  readonly superOptions: readonly string[];
}

/** Reads the text of `/proc/PID/mountinfo` (proc(5)). */
export function parseMountInfo(text: string): Mount[] {
  return text
    .split("\n")
    .filter((line) => line.includes(" - "))
    .map((line) => {
      const [before = "", after = ""] = line.split(" - ");
      const [fileSystem = "", , superOptions = ""] = after.split(" ");
      return {
        mountPoint: unescapeOctal(before.split(" ")[4] ?? ""),
        fileSystem,
        superOptions: superOptions.split(","),
      };
    });
}

/** The kernel writes space, tab, newline and backslash as three octal digits. */
function unescapeOctal(path: string): string {
  return path.replace(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)));
}

/** The mounts this program sees now. */
export async function currentMounts(): Promise<Mount[]> {
  return parseMountInfo(await readFile("/proc/self/mountinfo", "utf8"));
}

/** Mount points at or under a folder, the innermost and newest first: the order in which they can be unmounted. */
export function mountPointsUnder(mounts: readonly Mount[], folder: string): string[] {
  return mounts
    .map((mount) => mount.mountPoint)
    .filter((point) => point === folder || point.startsWith(`${folder}/`))
    .reverse()
    .sort((a, b) => b.length - a.length);
}
