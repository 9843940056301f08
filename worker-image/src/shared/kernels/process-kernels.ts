import type { KernelRequest, KernelTotals } from "./kernel-request.ts";
import { createKernelRunner } from "./run-kernel-request.ts";

/** Runs kernels in the calling thread, at once. */
export type KernelRunner = (request: KernelRequest) => KernelTotals;

let runner: KernelRunner | undefined;

/**
 * The one set of kernels of this process. Making kernels reserves memory for WebAssembly, so a set for each vector costs more in
 * collected garbage than a small round's work; runs are synchronous, so that users never meet.
 */
export function processKernels(): KernelRunner {
  runner ??= createKernelRunner();
  return runner;
}
