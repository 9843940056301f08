/** What the TensorFlow.js addon is built from. A change of any value here, or of the sources, gives another cache key. */
export const pins = {
  /** The wheel whose shared libraries and C headers stand in for the libtensorflow archive that tfjs-node would download. */
  wheel: {
    name: "tensorflow-cpu",
    version: "2.21.0",
    /** The wheel is only unpacked, never run, so one build serves whatever Python the machine has. */
    python: "3.11",
    abi: "cp311",
    platform: "manylinux_2_27_x86_64",
    file: "tensorflow_cpu-2.21.0-cp311-cp311-manylinux_2_27_x86_64.whl",
    sha256: "2b847d217b02ee7731ed91431daf3250daa0196c3c94614d23be27232e6e5b6c",
  },
  tfjsNode: "4.22.0",
  /** The addon uses Node-API only, so it needs no rebuild for another Node. */
  napiVersion: 8,
} as const;

/** Shared libraries of the wheel, by their names there; the addon finds them in `deps/lib` through its run path. */
export const libraries = ["libtensorflow_cc.so.2", "libtensorflow_framework.so.2"] as const;

/** The part of the wheel's headers that the addon's two sources include, directly or not (6 MB of 287). */
export const headerFolders = [
  "tensorflow/include/tensorflow/c/",
  "tensorflow/include/tensorflow/core/platform/",
  "tensorflow/include/tsl/",
  "tensorflow/include/xla/tsl/",
] as const;

/**
 * Files that the addon adds to `node_modules/@tensorflow/tfjs-node`, relative to it. An image takes these and the
 * JavaScript; headers are needed only to build.
 */
export const addonFiles = [
  ...libraries.map((name) => `deps/lib/${name}`),
  `lib/napi-v${pins.napiVersion}/tfjs_binding.node`,
] as const;
