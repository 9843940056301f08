import { TributaryError } from "@tributary/kit";
import { type ParameterEntry, parameterCount } from "../../shared/language-model/lora.ts";
import type { FloatTensors, NamedTensor } from "../contract/tensor-file.ts";

/**
 * Flattens the exchanged matrices into the parameter vector.
 * @throws TributaryError (`TRAINER_MODEL_INVALID`) that names a tensor that is absent, extra or of another shape
 */
export function adapterVector(layout: readonly ParameterEntry[], tensors: FloatTensors): Float32Array {
  const parameters = new Float32Array(parameterCount(layout));
  for (const { name, shape, offset } of layout) {
    const tensor = tensors.get(name);
    if (tensor === undefined || tensor.shape.join() !== shape.join()) {
      const found = tensor === undefined ? "is absent" : `has shape [${tensor.shape}]`;
      throw new TributaryError("TRAINER_MODEL_INVALID", `tensor ${name} ${found}, expected shape [${shape}]`);
    }
    parameters.set(tensor.values, offset);
  }
  if (tensors.size !== layout.length) {
    throw new TributaryError(
      "TRAINER_MODEL_INVALID",
      `the model has ${tensors.size} tensors, the adapter ${layout.length}`,
    );
  }
  return parameters;
}

/** Cuts the parameter vector into the exchanged matrices, as views. */
export function adapterTensors(layout: readonly ParameterEntry[], parameters: Float32Array): FloatTensors {
  const tensors = new Map<string, NamedTensor<Float32Array>>();
  for (const { name, shape, offset } of layout) {
    tensors.set(name, { shape, values: parameters.subarray(offset, offset + shape[0] * shape[1]) });
  }
  return tensors;
}
