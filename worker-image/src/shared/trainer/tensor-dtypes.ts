/** Types of tensors that the trainer's contract knows, by their names in the safetensors format. */
export const tensorDtypes = ["F32", "F16", "I32", "U32", "U8"] as const;
/** One of {@link tensorDtypes}. */
export type TensorDtype = (typeof tensorDtypes)[number];
