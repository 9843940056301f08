/** A safetensors file with one F32 tensor `weights` of zeros, of `sizeBytes` values' bytes: what the no-op trainer counts up from. */
export function zerosModel(sizeBytes: number): Uint8Array {
  const values = Math.floor(sizeBytes / 4);
  const text = JSON.stringify({ weights: { dtype: "F32", shape: [values], data_offsets: [0, values * 4] } });
  const header = new TextEncoder().encode(text.padEnd(Math.ceil(text.length / 8) * 8, " "));
  const file = new Uint8Array(8 + header.length + values * 4);
  new DataView(file.buffer).setBigUint64(0, BigInt(header.length), true);
  file.set(header, 8);
  return file;
}

/** The smallest and the largest value of the only tensor of a file as {@link zerosModel} makes it. */
export function valueRange(file: Uint8Array): { readonly min: number; readonly max: number; readonly count: number } {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const start = 8 + Number(view.getBigUint64(0, true));
  let min = Number.POSITIVE_INFINITY;
  let max = Number.NEGATIVE_INFINITY;
  for (let offset = start; offset < file.byteLength; offset += 4) {
    const value = view.getFloat32(offset, true);
    min = Math.min(min, value);
    max = Math.max(max, value);
  }
  return { min, max, count: (file.byteLength - start) / 4 };
}
