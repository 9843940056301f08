import { isTributaryError, TributaryError } from "@tributary/kit";
import { GgufFile, type TensorShape } from "../../shared/gguf/gguf-file.ts";

/**
 * Reads names and shapes of a base model's tensors, and no weight.
 *
 * @throws MODEL_SOURCE_INVALID naming the file and what is wrong with it.
 */
export function readBaseTensors(path: string): readonly TensorShape[] {
  try {
    using file = GgufFile.open(path);
    return file.tensorShapes;
  } catch (cause) {
    if (!isTributaryError(cause, "TRAINER_MODEL_INVALID")) throw cause;
    throw new TributaryError("MODEL_SOURCE_INVALID", `${path}: ${cause.message}`, { cause, details: { path } });
  }
}
