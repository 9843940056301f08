import { createHash } from "node:crypto";
import { createState, type OptimiserParameters, type ServerOptimiser, type ServerState } from "@tributary/federated";
import { type Disk, type DiskFile, readFully, retellStorageError, writeFully } from "@tributary/kit";
import { RunningTag } from "../../../shared/files/piece-tag.ts";
import { bytesOf } from "../../../shared/files/scratch.ts";
import type { KnownFile, WrittenMarks } from "../../store/known-file.ts";

/** Which state an optimiser goes on from, and where its next one goes. */
export interface StateRequest {
  readonly optimiser: ServerOptimiser;
  readonly parameters: OptimiserParameters;
  /** By slot; `undefined` to start from the initial state. */
  readonly state: Readonly<Record<string, KnownFile>> | undefined;
  /** Path of a slot's next state; nothing is written there when the optimiser keeps none. */
  readonly slotOut: (slot: string) => string;
}

/**
 * The state of an optimiser before and after a step: a file a slot, float32, little-endian. All are gone through from the first parameter
 * to the last.
 */
export interface StateFiles {
  read(offset: number, count: number): Promise<ServerState<Float32Array>>;
  write(offset: number, state: ServerState<Float32Array>): Promise<void>;
  /** Tag of each slot that was read; called once, at the end. */
  readTags(): Readonly<Record<string, Buffer>>;
  /** What was written, as it lies on the disk, by slot. STORAGE_UNAVAILABLE when that is not what was written. */
  finish(): Promise<Readonly<Record<string, WrittenSlot>>>;
  close(): Promise<void>;
}

/** A slot of a state that was written. */
export interface WrittenSlot {
  /** Hexadecimal. */
  readonly sha256: string;
  readonly marks: WrittenMarks;
}

/** A slot whose files are open. */
interface OpenSlot {
  readonly name: string;
  /** Absent when the optimiser starts from its initial state. */
  readonly before: DiskFile | undefined;
  readonly after: DiskFile;
  readonly tags: { readonly before: RunningTag; readonly after: RunningTag };
}

const FLOAT_BYTES = 4;
const PIECE_BYTES = 2 ** 20;

/** Opens the state of a model of `total` parameters; only an optimiser with slots has files. */
export async function openState(disk: Disk, request: StateRequest, total: number): Promise<StateFiles> {
  const { optimiser, parameters } = request;
  const slots = await openSlots(disk, request);
  return {
    async read(offset, count) {
      if (request.state === undefined)
        return createState(optimiser, parameters, count, (length) => new Float32Array(length));
      const vectors = slots.map(async ({ name, before, tags }) => {
        const floats = new Float32Array(count);
        tags.before.update(await readFully(before!, offset * FLOAT_BYTES, bytesOf(floats)));
        return [name, floats] as const;
      });
      return Object.fromEntries(await Promise.all(vectors));
    },
    async write(offset, state) {
      for (const { name, after, tags } of slots) {
        const bytes = bytesOf(state[name]!);
        tags.after.update(bytes);
        await writeFully(after, bytes, offset * FLOAT_BYTES);
      }
    },
    readTags: () => Object.fromEntries(slots.map(({ name, tags }) => [name, tags.before.digest()])),
    async finish() {
      const written = slots.map(async (slot) => [slot.name, await finishSlot(slot, request, total)] as const);
      return Object.fromEntries(await Promise.all(written));
    },
    close: () => closeSlots(slots),
  };
}

async function openSlots(disk: Disk, { optimiser, state, slotOut }: StateRequest): Promise<OpenSlot[]> {
  const slots: OpenSlot[] = [];
  try {
    for (const { name } of optimiser.stateSlots) {
      const before = state === undefined ? undefined : await disk.open(state[name]!.path, "r");
      const after = await closingOnFailure(before, () => disk.open(slotOut(name), "w+"));
      slots.push({ name, before, after, tags: { before: new RunningTag(), after: new RunningTag() } });
    }
    return slots;
  } catch (cause) {
    await closeSlots(slots);
    throw cause;
  }
}

async function closeSlots(slots: readonly OpenSlot[]): Promise<void> {
  for (const { before, after } of slots) {
    await before?.close();
    await after.close();
  }
}

async function finishSlot(slot: OpenSlot, { slotOut }: StateRequest, total: number): Promise<WrittenSlot> {
  const sizeBytes = total * FLOAT_BYTES;
  const { sha256, tag } = await digestsOf(slot.after, sizeBytes);
  const written = slot.tags.after.digest();
  if (!written.equals(tag)) throw retellStorageError("STORAGE_UNAVAILABLE", slotOut(slot.name));
  return { sha256, marks: { sizeBytes, tags: [written] } };
}

/** Opens what comes after a file, which does not stay open when that fails. */
export async function closingOnFailure<T>(opened: DiskFile | undefined, open: () => Promise<T>): Promise<T> {
  try {
    return await open();
  } catch (cause) {
    await opened?.close();
    throw cause;
  }
}

/** SHA-256 and tag of a file, as the disk gives it. */
async function digestsOf(file: DiskFile, sizeBytes: number) {
  const hash = createHash("sha256");
  const tag = new RunningTag();
  for (let done = 0; done < sizeBytes; done += PIECE_BYTES) {
    const piece = Buffer.alloc(Math.min(PIECE_BYTES, sizeBytes - done));
    await readFully(file, done, piece);
    hash.update(piece);
    tag.update(piece);
  }
  return { sha256: hash.digest("hex"), tag: tag.digest() };
}
