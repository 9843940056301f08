import { join } from "node:path";
import { type Disk, readFileIfPresent, TributaryError, writeFileDurably } from "@tributary/kit";
import { type JsonFields, parseJsonFields } from "../../shared/config/json-fields.ts";
import { firstRing, planRotation, type Ring, type RingKind, type RotationWish } from "./ring.ts";

/** How the keys of a ring lie in their directory. */
export interface RingFiles<T> extends RingKind {
  readonly directory: string;
  readonly disk: Disk;
  /** The key of a name; `undefined` when its file is not there. */
  load(name: string): Promise<T | undefined>;
  /** Makes the key of a name, durably, also in place of one that is there. */
  make(name: string): Promise<T>;
  fingerprintOf(key: T): string;
  /** Paths of the key's files. */
  pathsOf(name: string): readonly string[];
}

/** A ring with its keys. */
export interface OpenRing<T> {
  /** The oldest first. */
  readonly keys: readonly T[];
  readonly signing: T;
}

/** The keys with the one that signs first: whoever takes one takes that. */
export function signingFirst<T>({ keys, signing }: OpenRing<T>): T[] {
  return [signing, ...keys.filter((key) => key !== signing)];
}

/**
 * Opens the keys of a directory, makes the first where there are none yet, and carries out what the admin wishes. The ring is one file,
 * `<stem>-rotation.json`: whatever is interrupted is found as it was before or as it is after, and done again.
 *
 * @throws CONFIGURATION_INVALID naming the file that is missing or cannot be read, or the wish that cannot be; STORAGE_FULL, STORAGE_UNAVAILABLE.
 */
export async function openRing<T>(files: RingFiles<T>, wish: RotationWish): Promise<OpenRing<T>> {
  const path = join(files.directory, `${files.stem}-rotation.json`);
  const keys = new Map<string, T>();
  const found = (await readRing(path, files)) ?? (await findFirst(files, keys));
  for (const name of found?.names ?? []) keys.set(name, keys.get(name) ?? (await requireKey(files, name, path)));
  // A key that is made now has nothing to be rotated away from.
  const before = found ?? firstRing(files.stem, wish.rotate);
  if (found === undefined) keys.set(files.stem, await files.make(files.stem));
  const { ring, makes } = planRotation(before, wish, files, (name) => files.fingerprintOf(keys.get(name)!));
  // Also where a start that was interrupted left one: it was given to nobody, and nobody knows whether it is durable.
  if (makes !== undefined) keys.set(makes, await files.make(makes));
  // What was found and stays as it is may lie where nothing can be written.
  if (found === undefined || printRing(found) !== printRing(ring))
    await writeFileDurably(path, printRing(ring), 0o644, files.disk);
  await removeGone(files, ring);
  return { keys: ring.names.map((name) => keys.get(name)!), signing: keys.get(ring.signs)! };
}

/** The ring of a key that is there from before rings were written down. */
async function findFirst<T>({ stem, load }: RingFiles<T>, keys: Map<string, T>): Promise<Ring | undefined> {
  const present = await load(stem);
  if (present === undefined) return undefined;
  keys.set(stem, present);
  return firstRing(stem, "");
}

async function requireKey<T>(files: RingFiles<T>, name: string, ringPath: string): Promise<T> {
  const key = await files.load(name);
  if (key !== undefined) return key;
  const paths = files.pathsOf(name).join(" and ");
  throw invalid(paths, `is missing, but ${ringPath} lists it: restore it from a backup of the volume`);
}

/** Keys that the ring has no more; a start that was interrupted may have left them. */
async function removeGone<T>({ stem, disk, pathsOf }: RingFiles<T>, { names, made }: Ring): Promise<void> {
  const all = Array.from({ length: made }, (_, index) => (index === 0 ? stem : `${stem}-${index + 1}`));
  for (const path of all.filter((name) => !names.includes(name)).flatMap(pathsOf)) await disk.remove(path);
}

function printRing({ names, signs, made, label, retired }: Ring): string {
  const gone = retired.length === 0 ? {} : { retired };
  return `${JSON.stringify({ version: 1, names, signs, made, label, ...gone }, null, 2)}\n`;
}

async function readRing<T>(path: string, { stem, disk }: RingFiles<T>): Promise<Ring | undefined> {
  const bytes = await readFileIfPresent(path, disk);
  if (bytes === undefined) return undefined;
  try {
    return parseRing(parseJsonFields(path, bytes.toString("utf8")), stem);
  } catch (cause) {
    throw invalid(path, `is not what the gate wrote: ${(cause as Error).message}; restore it from a backup`, cause);
  }
}

function parseRing(fields: JsonFields, stem: string): Ring {
  fields.integer("version", { min: 1, max: 1 });
  const made = fields.integer("made", { min: 1, max: 1_000_000 });
  const names = fields.textList("names");
  const signs = fields.oneOf("signs", names);
  const retired = fields.has("retired") ? fields.textList("retired") : [];
  const label = fields.textOrNone("label") ?? "";
  fields.end();
  const isOurs = (name: string) =>
    name === stem || (name.startsWith(`${stem}-`) && /^[1-9]\d*$/.test(name.slice(stem.length + 1)));
  if (!names.every(isOurs)) throw fields.refuse("names", `names of ${stem} keys`);
  return { names, signs, made, label, retired };
}

function invalid(path: string, why: string, cause?: unknown): TributaryError {
  return new TributaryError("CONFIGURATION_INVALID", `${path} ${why}`, { cause, details: { path } });
}
