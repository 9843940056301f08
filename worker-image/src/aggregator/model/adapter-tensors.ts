import type { TensorSpec } from "@tributary/federated";
import { TributaryError } from "@tributary/kit";
import type { TensorShape } from "../../shared/gguf/gguf-file.ts";
import type { AdapterConfig } from "../config/job-config.ts";

/** The name that GGUF gives each projection of a Llama-style block. */
const GGUF_PROJECTIONS: Readonly<Record<string, string>> = {
  q_proj: "attn_q",
  k_proj: "attn_k",
  v_proj: "attn_v",
  o_proj: "attn_output",
  gate_proj: "ffn_gate",
  up_proj: "ffn_up",
  down_proj: "ffn_down",
};

/**
 * The tensors that a LoRA adapter trains under `FreezeA`: `layers.<i>.<target>.lora_B` of shape [out, rank], F32.
 *
 * @throws MODEL_SOURCE_INVALID naming the target that no block of the base model has.
 */
export function adapterTensors(adapter: AdapterConfig, base: readonly TensorShape[]): TensorSpec[] {
  return adapter.targets.flatMap((target) => {
    const pattern = new RegExp(`^blk\\.(\\d+)\\.${GGUF_PROJECTIONS[target]}\\.weight$`);
    const found = base.flatMap(({ name, shape }) => {
      const layer = pattern.exec(name)?.[1];
      const out = shape[0];
      if (layer === undefined || out === undefined) return [];
      return [{ name: `layers.${layer}.${target}.lora_B`, dtype: "F32" as const, shape: [out, adapter.rank] }];
    });
    if (found.length > 0) return found;
    throw new TributaryError("MODEL_SOURCE_INVALID", `the base model has no weight for the adapter's target ${target}`);
  });
}
