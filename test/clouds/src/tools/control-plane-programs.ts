import { constants } from "node:fs";
import { access } from "node:fs/promises";
import { join } from "node:path";
import type { Progress } from "../progress.ts";
import { buildKubernetes } from "./build-go.ts";

/** Finds the path of one program by its name. */
export interface ControlPlanePrograms {
  /** Path of a program; builds it first when it is not in `KUBEBUILDER_ASSETS`. */
  path(program: "etcd" | "kube-apiserver" | "kubectl" | "kube-controller-manager"): Promise<string>;
}

/**
 * The programs of a control plane: from the folder `KUBEBUILDER_ASSETS` names, if it is set and holds them, otherwise built from their
 * Go modules.
 */
export function controlPlanePrograms(
  progress: Progress,
  assets: string | undefined = process.env.KUBEBUILDER_ASSETS,
): ControlPlanePrograms {
  return {
    async path(program) {
      if (assets && (await isExecutable(join(assets, program)))) return join(assets, program);
      return join(await buildKubernetes(progress), program);
    },
  };
}

async function isExecutable(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
