/** Paths of a sidecar's files in the shared volume; the trainer sees those of models and tasks. */
export const volumePaths = {
  model: (sha256: string) => `models/${sha256}.safetensors`,
  /** By the name of the work that it comes from. */
  trained: (work: string) => `tasks/${work}.safetensors`,
  segment: (planDigest: Uint8Array, segment: number) => `reports/${prefix(planDigest)}-${segment}.bin`,
  /** What takes the place of a segment that is made again. */
  rebuiltSegment: (planDigest: Uint8Array, segment: number) => `reports/${prefix(planDigest)}-${segment}.again.bin`,
  /** The only files that outlive their round. */
  residual: (segment: number) => `residuals/${segment}.f32`,
  pendingResidual: (planDigest: Uint8Array, segment: number) => `reports/${prefix(planDigest)}-${segment}.residual.f32`,
} as const;

function prefix(planDigest: Uint8Array): string {
  return Buffer.from(planDigest).toString("hex").slice(0, 16);
}
