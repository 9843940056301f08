import { join } from "node:path";
import { type Disk, syncDirectory, syncFile, writeNewFile } from "@tributary/kit";

/** Folders of a round that holds more than its line. */
const FOLDERS = ["objects", "optimiser"] as const;

/** Ends the name of a folder that was never committed. */
export const UNCOMMITTED = ".tmp";
/** Ends the name of a committed round while it is given anew. */
export const AGAIN = ".again";

/** The folder of one round: its line, the objects that it wrote and the state of its optimiser. */
export class RoundFolder {
  readonly path: string;

  constructor(path: string) {
    this.path = path;
  }

  get linePath(): string {
    return join(this.path, "line.json");
  }

  /** Path of an object that the round wrote. */
  objectPath(name: string): string {
    return join(this.path, objectName(name));
  }

  /** Path of a slot of the optimiser's state after the round. */
  slotPath(slot: string): string {
    return join(this.path, slotName(slot));
  }

  /** Removes what the round left of its optimiser. */
  async removeOptimiser(disk: Disk): Promise<void> {
    await disk.remove(join(this.path, "optimiser"));
  }

  /** Removes the objects that the round wrote. */
  async removeObjects(disk: Disk): Promise<void> {
    await disk.remove(join(this.path, "objects"));
  }

  /** Makes an empty folder for a round that writes objects, or for one that only has a line. */
  async prepare(disk: Disk, writes: boolean): Promise<void> {
    await disk.remove(this.path);
    await disk.mkdir(this.path);
    if (writes) await Promise.all(FOLDERS.map((name) => disk.mkdir(join(this.path, name))));
  }

  /**
   * Writes the line and makes all that is in the folder durable, but for its own name. Nobody looks into it before it has one: each file
   * is written once and synced.
   */
  async seal(disk: Disk, line: Uint8Array): Promise<void> {
    const there = await disk.readdir(this.path);
    const folders = FOLDERS.filter((name) => there.includes(name)).map((name) => this.#sealFolder(disk, name));
    await Promise.all([...folders, writeNewFile(this.linePath, line, 0o644, disk)]);
    await syncDirectory(this.path, disk);
  }

  async #sealFolder(disk: Disk, name: string): Promise<void> {
    const path = join(this.path, name);
    const files = await disk.readdir(path);
    await Promise.all(files.map((file) => syncFile(join(path, file), disk)));
    // An optimiser without state leaves nothing behind.
    if (files.length === 0) await disk.rmdir(path);
    else await syncDirectory(path, disk);
  }
}

/** Name of an object's file below its round. */
export function objectName(name: string): string {
  return `objects/${name}.safetensors`;
}

/** Name of a slot's file below its round. */
export function slotName(slot: string): string {
  return `optimiser/${slot}.bin`;
}

/** Folder of a round: at least six digits, so that names sort as numbers do up to a million rounds. */
export function folderName(round: number): string {
  return String(round).padStart(6, "0");
}
