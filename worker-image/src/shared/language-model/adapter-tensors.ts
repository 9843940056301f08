import type { GgufFile } from "../gguf/gguf-file.ts";
import { decoderConfigOf } from "./decoder-config.ts";
import { loraTargetsOf, parameterLayout } from "./lora.ts";

/** Name and shape of a tensor of 32-bit floats. */
export type AdapterTensor = { readonly name: string; readonly shape: readonly [number, number] };

/**
 * The tensors that a LoRA job exchanges under the rule `FreezeA`: B of every adapted projection, all zero at round 0. They
 * follow from the base model's header, so whoever starts the job needs no trainer.
 * @param adapter rank and targets as in the job's `model.adapter`
 * @throws TributaryError when the file is no Llama-style GGUF or a target cannot carry an adapter
 */
export function adapterTensors(
  base: GgufFile,
  adapter: { readonly rank: number; readonly targets: readonly string[] },
): AdapterTensor[] {
  const targets = loraTargetsOf(adapter.targets);
  const layout = parameterLayout(decoderConfigOf(base.metadata), { rank: adapter.rank, targets });
  return layout.map(({ name, shape }) => ({ name, shape }));
}
