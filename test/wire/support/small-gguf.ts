const u32 = (value: number) => Buffer.from(Uint32Array.of(value).buffer);
const u64 = (value: number) => Buffer.from(BigUint64Array.of(BigInt(value)).buffer);
const text = (value: string) => Buffer.concat([u64(value.length), Buffer.from(value)]);

const aligned = (bytes: number) => Math.ceil(bytes / 32) * 32;

/** A GGUF file with the query weights of some blocks, [in, out] each; its weights are zeros. */
export function smallGguf(blocks: number, inputs: number, outputs: number): Buffer {
  const size = aligned(inputs * outputs * 4);
  const metadata = Buffer.concat([text("general.architecture"), u32(8), text("llama")]);
  const tensors = Array.from({ length: blocks }, (_, block) =>
    Buffer.concat([text(`blk.${block}.attn_q.weight`), u32(2), u64(inputs), u64(outputs), u32(0), u64(block * size)]),
  );
  const head = Buffer.concat([Buffer.from("GGUF"), u32(3), u64(blocks), u64(1), metadata, ...tensors]);
  return Buffer.concat([head, Buffer.alloc(aligned(head.length) - head.length + blocks * size)]);
}
