/** One manifest as a person may write it. */
export interface ManifestCase {
  /** What is special about it; unique. */
  readonly what: string;
  /** The file, byte for byte. */
  readonly text: string | Uint8Array;
  /** Ending of the file's name; `.yaml` when left out. */
  readonly ending?: string;
  /** Text that the findings hold; the manifest is valid when left out. */
  readonly finding?: string;
  /** Why Tributary refuses what the API server takes. */
  readonly stricter?: string;
}
