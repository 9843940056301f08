import { createRingKernels, GROUP_VALUES, requireRingBits, type SetupSegment } from "@tributary/federated";
import { sumDamaged } from "./recorded-sum.ts";

const kernels = createRingKernels();

/**
 * Whether opened values can be the sum of so many parties' values. Where a mask is left in the sum its values are spread over the whole
 * ring, of which honest ones take a part: in a ring of 20 bits with four parties of 16 bits each value is caught with a chance of three quarters.
 */
export class SumRange {
  readonly #segment: SetupSegment;
  readonly #largest: number;
  readonly #parties: number;
  #unpacked = new Int32Array(0);

  /** @param parties that are in the sum. */
  constructor(segment: SetupSegment, parties: number) {
    this.#segment = segment;
    this.#parties = parties;
    this.#largest = parties * (2 ** (segment.valueBits - 1) - 1);
  }

  /** @throws SUM_DAMAGED naming the first of `values` packed sums that no such parties can have come to. */
  check(packed: Uint8Array, values: number): void {
    const { id, ringBits } = this.#segment;
    const padded = Math.ceil(values / GROUP_VALUES) * GROUP_VALUES;
    if (this.#unpacked.length < padded) this.#unpacked = new Int32Array(padded);
    const sums = kernels.unpack(packed, requireRingBits(ringBits), this.#unpacked.subarray(0, padded));
    for (let index = 0; index < values; index++)
      if (Math.abs(sums[index]!) > this.#largest)
        throw sumDamaged(
          `the opened sum of segment ${id}`,
          `${sums[index]} somewhere`,
          `within ±${this.#largest}, as ${this.#parties} parties' values come to: a party masked otherwise than it said`,
        );
  }
}
