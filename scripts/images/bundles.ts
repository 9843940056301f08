/** Programs that run from one folder of an image, each bundled into one file. */
export interface BundleSet {
  /** Name of the folder of results. */
  readonly name: string;
  /** Source of each result, by the result's file name. Threads are found beside the program that starts them. */
  readonly files: Readonly<Record<string, string>>;
  /** Modules that are not bundled, because the image holds them as packages. */
  readonly external?: readonly string[];
}

/** Starts the program that the first argument names, so that one image serves several. */
const launcher = "scripts/images/launcher.ts";

/** The programs of each image, and the kubectl plug-in. */
export const bundleSets = {
  operator: {
    name: "operator",
    files: {
      "operator.mjs": "operator/src/main/main.ts",
      "leader-thread.js": "operator/src/runtime/leader/leader-thread.ts",
    },
  },
  dataplane: {
    name: "dataplane",
    files: {
      "launcher.mjs": launcher,
      "aggregator.mjs": "worker-image/src/aggregator/main.ts",
      "sidecar.mjs": "worker-image/src/sidecar/main.ts",
      "gate.mjs": "worker-image/src/gate/main.ts",
      "gate-audit.mjs": "worker-image/src/gate/audit/main.ts",
      "remove-workers.mjs": "worker-image/src/gate/removal/main.ts",
      "kernel-thread.js": "worker-image/src/shared/kernels/kernel-thread.ts",
    },
  },
  trainer: {
    name: "trainer-tfjs",
    files: { "trainer.mjs": "worker-image/src/trainer/main.ts" },
    external: ["@tensorflow/tfjs-node"],
  },
  plugin: { name: "kubectl-tributary", files: { "kubectl-tributary.mjs": "cli/src/main.ts" } },
} as const satisfies Record<string, BundleSet>;
