import { createHash } from "node:crypto";
import { dirname } from "node:path";
import { GROUP_VALUES, type MaskKey, packedSizeBytes, requireRingBits, type SetupSegment } from "@tributary/federated";
import { type Disk, writeFully } from "@tributary/kit";
import { KernelWork } from "../../shared/kernels/kernel-request.ts";
import { processKernels } from "../../shared/kernels/process-kernels.ts";

/** Size and SHA-256 of bytes. */
export interface Digested {
  readonly sizeBytes: number;
  readonly sha256: Uint8Array;
}

/** Takes the packed integers of a segment, in their order. */
export interface SegmentSink {
  /** Takes the next ones; what it was given is overwritten where they are masked, and used again by the caller afterwards. */
  write(packed: Uint8Array): Promise<void>;
  /** Size and digest of the packed integers, as they were before any mask. */
  finish(): Digested;
  close(): Promise<void>;
}

/** Writes the integers as they are. */
export async function fileSink(path: string, disk: Disk): Promise<SegmentSink> {
  await disk.mkdir(dirname(path));
  const file = await disk.open(path, "w");
  const plain = new RunningDigest();
  return {
    async write(packed) {
      await writeFully(file, packed);
      plain.update(packed);
    },
    finish: () => plain.finish(),
    close: () => file.close(),
  };
}

/** Takes the digest of the integers, which the protocol binds before it gives the keys that mask them, and writes them nowhere. */
export function digestSink(): SegmentSink {
  const plain = new RunningDigest();
  return { write: async (packed) => plain.update(packed), finish: () => plain.finish(), close: async () => {} };
}

/** A segment whose integers are masked before they are written. */
export interface MaskingSink extends SegmentSink {
  /** Size and digest of the masked bytes. */
  masked(): Digested;
}

/** Masks the integers and writes what comes out: they themselves are on no disk. */
export async function maskingSink(
  path: string,
  segment: SetupSegment,
  keys: readonly MaskKey[],
  disk: Disk,
): Promise<MaskingSink> {
  await disk.mkdir(dirname(path));
  const file = await disk.open(path, "w");
  const ringBits = requireRingBits(segment.ringBits);
  const [plain, masked] = [new RunningDigest(), new RunningDigest()];
  let offset = 0;
  return {
    async write(packed) {
      plain.update(packed);
      // Whole groups: the last one is filled up with zeros, which are masked as the others are.
      const values = (packed.length / packedSizeBytes(GROUP_VALUES, ringBits)) * GROUP_VALUES;
      const kind = KernelWork.Sum;
      processKernels()({ kind, inputs: [packed], masks: keys, ringBits, offset, values, out: packed });
      offset += values;
      masked.update(packed);
      await writeFully(file, packed);
    },
    finish: () => plain.finish(),
    masked: () => masked.finish(),
    close: () => file.close(),
  };
}

class RunningDigest {
  readonly #hash = createHash("sha256");
  #sizeBytes = 0;

  update(bytes: Uint8Array): void {
    this.#hash.update(bytes);
    this.#sizeBytes += bytes.length;
  }

  finish(): Digested {
    return { sizeBytes: this.#sizeBytes, sha256: new Uint8Array(this.#hash.digest()) };
  }
}
