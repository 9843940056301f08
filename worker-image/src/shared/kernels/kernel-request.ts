import {
  ArgumentError,
  GROUP_VALUES,
  type Grid,
  type MaskKey,
  packedSizeBytes,
  type RingBits,
} from "@tributary/federated";

/** What a kernel thread can be asked to do. */
export const KernelWork = { Encode: "Encode", Sum: "Sum", Decode: "Decode", WeightedSum: "WeightedSum" } as const;

/** Quantises, masks and packs part of an update. */
export interface EncodeRequest {
  readonly kind: typeof KernelWork.Encode;
  readonly x: Float32Array;
  readonly grid: Grid;
  readonly ringBits: RingBits;
  /** AES-256-CTR key of the party's private rounding stream of this round and segment. */
  readonly roundingKey: Uint8Array;
  /** Their streams start at the segment's first value. */
  readonly masks: readonly MaskKey[];
  /** First value within the segment, a multiple of eight. */
  readonly offset: number;
  readonly out: Uint8Array;
  /** Error feedback, replaced by what is left over. */
  readonly residual?: Float32Array;
}

/** Adds packed vectors, and masks by their signs, into one packed vector. */
export interface SumRequest {
  readonly kind: typeof KernelWork.Sum;
  readonly inputs: readonly Uint8Array[];
  readonly masks: readonly MaskKey[];
  readonly ringBits: RingBits;
  readonly offset: number;
  readonly values: number;
  /** May be one of the inputs. */
  readonly out: Uint8Array;
}

/** Applies masks to a packed vector and scales its values to float32. */
export interface DecodeRequest {
  readonly kind: typeof KernelWork.Decode;
  readonly packed: Uint8Array;
  readonly masks: readonly MaskKey[];
  readonly ringBits: RingBits;
  readonly offset: number;
  readonly scale: number;
  readonly out: Float32Array;
}

/** Adds float vectors times their weights. */
export interface WeightedSumRequest {
  readonly kind: typeof KernelWork.WeightedSum;
  readonly inputs: readonly Float32Array[];
  readonly weights: readonly number[];
  readonly out: Float32Array;
}

/** Work for the kernel threads; every vector lies in a SharedArrayBuffer, so that nothing is copied between threads. */
export type KernelRequest = EncodeRequest | SumRequest | DecodeRequest | WeightedSumRequest;

/** What a request counted; zeros where there is nothing to count. */
export interface KernelTotals {
  /** Values that were clamped to the grid. */
  readonly saturated: number;
  /** ‖x‖² of what was quantised. */
  readonly squaredNorm: number;
}

const KEY_BYTES = 32;

/** Values that one thread takes at a time. Fixed, so that squared norms do not depend on the number of threads. */
export const BLOCK_VALUES = 2 ** 20;

/** Values that a request works on. */
export function valuesOf(request: KernelRequest): number {
  if (request.kind === KernelWork.Encode) return request.x.length;
  return request.kind === KernelWork.Sum ? request.values : request.out.length;
}

/** The request's values from `start` to `end`, views of the same memory; `start` is a multiple of eight. */
export function sliceRequest(request: KernelRequest, start: number, end: number): KernelRequest {
  switch (request.kind) {
    case KernelWork.Encode: {
      const { x, residual, out, offset, ringBits } = request;
      const left = residual && { residual: residual.subarray(start, end) };
      const packed = slicePacked(out, start, end, ringBits);
      return { ...request, ...left, x: x.subarray(start, end), out: packed, offset: offset + start };
    }
    case KernelWork.Sum: {
      const { inputs, out, offset, ringBits } = request;
      const cut = inputs.map((input) => slicePacked(input, start, end, ringBits));
      const packed = slicePacked(out, start, end, ringBits);
      return { ...request, inputs: cut, out: packed, offset: offset + start, values: end - start };
    }
    case KernelWork.Decode: {
      const { packed, out, offset, ringBits } = request;
      const cut = slicePacked(packed, start, end, ringBits);
      return { ...request, packed: cut, out: out.subarray(start, end), offset: offset + start };
    }
    case KernelWork.WeightedSum: {
      const { inputs, out } = request;
      return { ...request, inputs: inputs.map((input) => input.subarray(start, end)), out: out.subarray(start, end) };
    }
  }
}

/**
 * Refuses vectors outside shared memory, whose results would stay in the thread, and lengths that do not fit together.
 *
 * @throws ArgumentError naming the vector or key.
 */
export function requireRequest(request: KernelRequest): void {
  const values = valuesOf(request);
  const vectors = Object.entries(vectorsOf(request));
  for (const [name, vector] of vectors) {
    const shared = vector.buffer instanceof SharedArrayBuffer;
    if (!shared) throw new ArgumentError(name, vector, "a view of a SharedArrayBuffer");
    const length = vector instanceof Float32Array ? values : packedSizeBytes(values, ringBitsOf(request));
    if (vector.length !== length) throw new ArgumentError(name, vector, `${length} long for ${values} values`);
  }
  for (const [name, key] of keysOf(request)) {
    if (key.length !== KEY_BYTES) throw new ArgumentError(name, key, `${KEY_BYTES} bytes`);
  }
  if ("offset" in request && request.offset % GROUP_VALUES !== 0) {
    throw new ArgumentError("offset", request.offset, `a multiple of ${GROUP_VALUES} values`);
  }
}

function keysOf(request: KernelRequest): [string, Uint8Array][] {
  if (request.kind === KernelWork.WeightedSum) return [];
  const masks = request.masks.map(({ key }, i): [string, Uint8Array] => [`masks[${i}].key`, key]);
  return request.kind === KernelWork.Encode ? [["roundingKey", request.roundingKey], ...masks] : masks;
}

function vectorsOf(request: KernelRequest): Record<string, Float32Array | Uint8Array> {
  switch (request.kind) {
    case KernelWork.Encode: {
      const { x, out, residual } = request;
      return { x, out, ...(residual && { residual }) };
    }
    case KernelWork.Decode:
      return { packed: request.packed, out: request.out };
    default: {
      const inputs = request.inputs.map((input, i): [string, Float32Array | Uint8Array] => [`inputs[${i}]`, input]);
      return { ...Object.fromEntries(inputs), out: request.out };
    }
  }
}

function ringBitsOf(request: KernelRequest): RingBits {
  return request.kind === KernelWork.WeightedSum ? 32 : request.ringBits;
}

function slicePacked(packed: Uint8Array, start: number, end: number, bits: RingBits): Uint8Array {
  return packed.subarray(packedSizeBytes(start, bits), packedSizeBytes(end, bits));
}
