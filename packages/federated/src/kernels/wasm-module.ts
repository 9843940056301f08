import { KERNELS_BASE64 } from "./generated/kernels-module.ts";

/** The kernels' exports; addresses are bytes in the imported memory. See `assembly/`. */
export interface KernelExports {
  quantise(
    x: number,
    rounding: number,
    out: number,
    residual: number,
    squares: number,
    count: number,
    perStep: number,
    step: number,
    limit: number,
    scratch: number,
  ): number;
  dequantise(q: number, out: number, count: number, scale: number): void;
  setLanes(values: number, lanes: number, vectors: number, bits: number): void;
  readLanes(lanes: number, values: number, vectors: number, bits: number): void;
  accumulate(
    lanes: number,
    packed: number,
    rows: number,
    strideBytes: number,
    vectors: number,
    bits: number,
    subtract: number,
    scratch: number,
  ): void;
  packLanes(lanes: number, packed: number, vectors: number, bits: number, scratch: number): void;
  weightedSum(inputs: number, strideBytes: number, rows: number, weights: number, out: number, count: number): void;
}

/** Kernels bound to a memory of their own. */
export interface KernelInstance {
  readonly kernels: KernelExports;
  readonly buffer: ArrayBuffer;
}

/** The part of the WebAssembly global that is used; no library of types for it comes with the language alone. */
interface WebAssemblyGlobal {
  Module: new (bytes: Uint8Array) => object;
  Memory: new (size: { initial: number; maximum: number }) => { readonly buffer: ArrayBuffer };
  Instance: new (module: object, imports: object) => { readonly exports: unknown };
}

const PAGE_BYTES = 65_536;

let compiled: object | undefined;

/** Instantiates the kernels over a new memory of at least `sizeBytes`, zeroed and of fixed size. */
export function instantiateKernels(sizeBytes: number): KernelInstance {
  const wasm = (globalThis as unknown as { WebAssembly: WebAssemblyGlobal }).WebAssembly;
  compiled ??= new wasm.Module(bytesOfBase64(KERNELS_BASE64));
  const pages = Math.ceil(sizeBytes / PAGE_BYTES);
  const memory = new wasm.Memory({ initial: pages, maximum: pages });
  const { exports } = new wasm.Instance(compiled, { env: { memory } });
  return { kernels: exports as KernelExports, buffer: memory.buffer };
}

function bytesOfBase64(base64: string): Uint8Array {
  return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
}
