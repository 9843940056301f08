/** A safetensors file with one F32 tensor `weights` of zeros, of `sizeBytes` values' bytes: what the no-op trainer counts up from. */
export declare function zerosModel(sizeBytes: number): Uint8Array;
/** The smallest and the largest value of the only tensor of a file as {@link zerosModel} makes it. */
export declare function valueRange(file: Uint8Array): {
    readonly min: number;
    readonly max: number;
    readonly count: number;
};
