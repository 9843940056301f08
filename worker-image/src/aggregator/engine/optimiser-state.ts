import { createHash } from "node:crypto";
import { createState, type OptimiserParameters, type ServerOptimiser, type ServerState } from "@tributary/federated";
import { type Disk, type DiskFile, readFully, retellStorageError, writeFully } from "@tributary/kit";
import { RunningTag } from "../../shared/files/piece-tag.ts";
import { bytesOf } from "../../shared/files/scratch.ts";
import type { KnownFile, WrittenMarks } from "../store/known-file.ts";

/** Which state an optimiser goes on from, and where its next one goes. */
export interface StateRequest {
  readonly optimiser: ServerOptimiser;
  readonly parameters: OptimiserParameters;
  /** `undefined` to start from the initial state. */
  readonly state: KnownFile | undefined;
  /** Written only when the optimiser keeps state. */
  readonly stateOut: string;
}

/**
 * The state of an optimiser before and after a step: one vector a slot, float32, little-endian, end to end in the order of its slots. Both
 * are gone through from the first parameter to the last.
 */
export interface StateFiles {
  read(offset: number, count: number): Promise<ServerState<Float32Array>>;
  write(offset: number, state: ServerState<Float32Array>): Promise<void>;
  /** Tags of the slots that were read; called once, at the end. */
  readTags(): Buffer[];
  /** What was written, as it lies on the disk; `undefined` when there is nothing. STORAGE_UNAVAILABLE when that is not what was written. */
  finish(): Promise<WrittenState | undefined>;
  close(): Promise<void>;
}

/** A state that was written. */
export interface WrittenState {
  /** Hexadecimal. */
  readonly sha256: string;
  readonly marks: WrittenMarks;
}

const FLOAT_BYTES = 4;
const PIECE_BYTES = 2 ** 20;

/** Opens the state of a model of `total` parameters; only an optimiser with slots has files. */
export async function openState(disk: Disk, request: StateRequest, total: number): Promise<StateFiles> {
  const { optimiser, parameters } = request;
  const slots = optimiser.stateSlots.map(({ name }) => name);
  const before =
    request.state === undefined || slots.length === 0 ? undefined : await disk.open(request.state.path, "r");
  const openAfter = async () => (slots.length === 0 ? undefined : disk.open(request.stateOut, "w+"));
  const after = await closingOnFailure(before, openAfter);
  const tags = { before: slots.map(() => new RunningTag()), after: slots.map(() => new RunningTag()) };
  const positionOf = (slot: number, offset: number) => (slot * total + offset) * FLOAT_BYTES;
  return {
    async read(offset, count) {
      if (before === undefined) return createState(optimiser, parameters, count, (length) => new Float32Array(length));
      const vectors = slots.map(async (name, slot) => {
        const floats = new Float32Array(count);
        tags.before[slot]!.update(await readFully(before, positionOf(slot, offset), bytesOf(floats)));
        return [name, floats] as const;
      });
      return Object.fromEntries(await Promise.all(vectors));
    },
    async write(offset, state) {
      for (const [slot, name] of slots.entries()) {
        const bytes = bytesOf(state[name]!);
        tags.after[slot]!.update(bytes);
        if (after !== undefined) await writeFully(after, bytes, positionOf(slot, offset));
      }
    },
    readTags: () => tags.before.map((tag) => tag.digest()),
    async finish() {
      if (after === undefined) return undefined;
      const { sha256, tags: found } = await digestsOf(after, slots.length, total * FLOAT_BYTES);
      const marks = { sizeBytes: slots.length * total * FLOAT_BYTES, tags: tags.after.map((tag) => tag.digest()) };
      if (!marks.tags.every((tag, slot) => tag.equals(found[slot]!)))
        throw retellStorageError("STORAGE_UNAVAILABLE", request.stateOut);
      return { sha256, marks };
    },
    async close() {
      await before?.close();
      await after?.close();
    },
  };
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

/** SHA-256 of slots that lie end to end, and the tag of each, as the disk gives them. */
async function digestsOf(file: DiskFile, slots: number, slotBytes: number) {
  const hash = createHash("sha256");
  const tags = Array.from({ length: slots }, () => new RunningTag());
  for (const [slot, tag] of tags.entries()) {
    for (let done = 0; done < slotBytes; done += PIECE_BYTES) {
      const piece = Buffer.alloc(Math.min(PIECE_BYTES, slotBytes - done));
      await readFully(file, slot * slotBytes + done, piece);
      hash.update(piece);
      tag.update(piece);
    }
  }
  return { sha256: hash.digest("hex"), tags: tags.map((tag) => tag.digest()) };
}
