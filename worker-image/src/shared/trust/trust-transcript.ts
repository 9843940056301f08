import { createHash } from "node:crypto";

/** What a member's identity key signs of its trust: `"tributary/trust" ‖ SHA-256(statement)`. */
export function trustTranscript(statement: Uint8Array): Uint8Array {
  const digest = createHash("sha256").update(statement).digest();
  return new Uint8Array(Buffer.concat([Buffer.from("tributary/trust"), digest]));
}
