import type { KernelTotals } from "./kernel-request.ts";

/** What a kernel thread says: once that it is ready, then one answer to each request. */
export type KernelReply =
  | { readonly kind: "Ready" }
  | { readonly kind: "Done"; readonly totals: KernelTotals }
  | { readonly kind: "Refused"; readonly argument: string; readonly value: string; readonly bound: string };
