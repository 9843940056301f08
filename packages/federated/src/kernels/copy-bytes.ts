/** Copies all of `source` to the start of `target`, as `target.set(source)` does. */
export type CopyBytes = (target: Uint8Array, source: Uint8Array) => void;

/** The copy that every engine has. */
export function setBytes(target: Uint8Array, source: Uint8Array): void {
  target.set(source);
}

/** The memory of a vector as bytes, shared with it. */
export function bytesOf({ buffer, byteOffset, byteLength }: Float32Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}
