import { createHash } from "node:crypto";
import type { JobContext } from "@tributary/federated";
import type { ObjectRef } from "./start-message.ts";

/** The adapter as an object of the start: its configuration and the seed from which its frozen half is drawn. Nobody fetches it. */
export function adapterObject({ adapterJson, seed }: Pick<JobContext, "adapterJson" | "seed">): ObjectRef {
  const text = `${JSON.stringify({ adapter: adapterJson, seed: String(seed) })}\n`;
  const sha256 = new Uint8Array(createHash("sha256").update(text).digest());
  return { name: "adapter", resource: "", sha256, sizeBytes: Buffer.byteLength(text), format: "json" };
}
