import {
  createRingTile,
  createWeightedSum,
  decodeChunk,
  encodeChunk,
  Keystream,
  type Mask,
  type MaskKey,
  packedSizeBytes,
  type RingBits,
  ROUNDING_BYTES,
  SQUARE_LANES,
  squaredNormOf,
  sumChunks,
  TILE_VALUES,
} from "@tributary/federated";
import { type EncodeRequest, type KernelRequest, type KernelTotals, KernelWork } from "./kernel-request.ts";
import { createKeystream } from "./keystream.ts";

const nothing: KernelTotals = { saturated: 0, squaredNorm: 0 };

/** Runs requests in the calling thread, with one set of kernels; throws ArgumentError as the kernels do. */
export function createKernelRunner(): (request: KernelRequest) => KernelTotals {
  const tile = createRingTile(TILE_VALUES, copyBytes);
  const addWeighted = createWeightedSum(copyBytes);

  function encode(request: EncodeRequest): KernelTotals {
    const { roundingKey, offset } = request;
    const squares = new Float64Array(SQUARE_LANES);
    const rounding = createKeystream(Keystream.Aes256Ctr, roundingKey, ROUNDING_BYTES * offset);
    const masks = openMasks(request.masks, offset, request.ringBits);
    const saturated = encodeChunk(tile, { ...request, rounding, masks, squares });
    return { saturated, squaredNorm: squaredNormOf(squares) };
  }

  return (request) => {
    switch (request.kind) {
      case KernelWork.Encode:
        return encode(request);
      case KernelWork.Sum:
        sumChunks(tile, { ...request, masks: openMasks(request.masks, request.offset, request.ringBits) });
        return nothing;
      case KernelWork.Decode:
        decodeChunk(tile, { ...request, masks: openMasks(request.masks, request.offset, request.ringBits) });
        return nothing;
      case KernelWork.WeightedSum:
        addWeighted(request.inputs, request.weights, request.out);
        return nothing;
    }
  };
}

function openMasks(masks: readonly MaskKey[], offset: number, bits: RingBits): Mask[] {
  const offsetBytes = packedSizeBytes(offset, bits);
  return masks.map(({ keystream, key, sign }) => ({ stream: createKeystream(keystream, key, offsetBytes), sign }));
}

/**
 * As `target.set(source)`, which V8 does word by word where memory is shared: this takes two thirds of its time.
 *
 * A part of the whole buffer is named because Node copies a view's whole length by `set`.
 */
function copyBytes(target: Uint8Array, source: Uint8Array): void {
  const { buffer, byteOffset, byteLength } = source;
  Buffer.prototype.copy.call(new Uint8Array(buffer), target, 0, byteOffset, byteOffset + byteLength);
}
