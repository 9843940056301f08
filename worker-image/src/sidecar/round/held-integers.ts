import { toHex } from "@tributary/federated";
import type { SegmentSink } from "./segment-sink.ts";

/** Most bytes that are held: reports of 50 million values in a ring of 20 bits, an eighth of what a sidecar may take by default. */
const MAX_HELD_BYTES = 128 * 2 ** 20;

/** The integers of one segment, in the order in which they were made. */
interface HeldSegment {
  readonly pieces: Uint8Array[];
  isWhole: boolean;
}

/**
 * The integers of the newest report in the memory of this process, where neither the trainer nor a disk has them: masks are added to them
 * here and they need not be made a second time. What does not fit, and what a former process made, is not here and is made again.
 */
export class HeldIntegers {
  readonly #mostBytes: number;
  readonly #segments = new Map<number, HeldSegment>();
  #planDigest = "";
  #sizeBytes = 0;

  /** @param mostBytes of all segments together; a segment that does not fit any more is not held. */
  constructor(mostBytes = MAX_HELD_BYTES) {
    this.#mostBytes = mostBytes;
  }

  /** A sink that holds what it passes on, in the place of what was held for another plan. */
  hold(planDigest: Uint8Array, segment: number, sink: SegmentSink): SegmentSink {
    this.#turnTo(planDigest);
    this.#drop(segment);
    const held: HeldSegment = { pieces: [], isWhole: false };
    this.#segments.set(segment, held);
    return {
      write: async (packed) => {
        await sink.write(packed);
        this.#add(segment, held, packed);
      },
      finish: () => {
        held.isWhole = true;
        return sink.finish();
      },
      close: () => sink.close(),
    };
  }

  /** Hands over what is held of a segment, and holds it no longer; `undefined` when it is not, or not all of it. */
  take(planDigest: Uint8Array, segment: number): readonly Uint8Array[] | undefined {
    if (this.#planDigest !== toHex(planDigest)) return undefined;
    const held = this.#segments.get(segment);
    this.#drop(segment);
    return held?.isWhole === true ? held.pieces : undefined;
  }

  #add(segment: number, held: HeldSegment, packed: Uint8Array): void {
    // Another report of the segment may have begun since, or there was no room for a piece of this one.
    if (this.#segments.get(segment) !== held) return;
    if (this.#sizeBytes + packed.length > this.#mostBytes) {
      this.#drop(segment);
      return;
    }
    held.pieces.push(packed.slice());
    this.#sizeBytes += packed.length;
  }

  #turnTo(planDigest: Uint8Array): void {
    const digest = toHex(planDigest);
    if (this.#planDigest === digest) return;
    this.#planDigest = digest;
    this.#segments.clear();
    this.#sizeBytes = 0;
  }

  #drop(segment: number): void {
    for (const { length } of this.#segments.get(segment)?.pieces ?? []) this.#sizeBytes -= length;
    this.#segments.delete(segment);
  }
}
