import type { KubeObject, OwnerReference } from "../../runtime/api/object.ts";

/** The object that controls another one; undefined when none does. */
export function controllerOf({ metadata }: KubeObject): OwnerReference | undefined {
  return metadata.ownerReferences?.find(({ controller }) => controller === true);
}

/**
 * Whether a pod that carries our labels comes of a batch Job of ours, as far as can be told. What a ReplicaSet, a StatefulSet or any
 * other kind made of a copied template is somebody else's, and so are pods of the Jobs in `foreignJobs`: uids of Jobs that we
 * did not write (see `readForeignJobs`). A pod that nothing controls counts as ours: a Job that is deleted without its pods
 * leaves them so, and they go on training.
 */
export function isPodOfOurs(pod: KubeObject, foreignJobs: ReadonlySet<string>): boolean {
  const controller = controllerOf(pod);
  return controller === undefined || (isBatchJob(controller) && !foreignJobs.has(controller.uid));
}

/** Names by uid of the Jobs that control these pods and are not among the listed ones: gone, or without our labels. */
export function unlistedJobsOf(pods: readonly KubeObject[], listed: readonly KubeObject[]): Map<string, string> {
  const known = new Set(listed.map(({ metadata }) => metadata.uid));
  const controllers = pods.map(controllerOf).filter((controller) => controller !== undefined);
  return new Map(
    controllers.filter((one) => isBatchJob(one) && !known.has(one.uid)).map(({ uid, name }) => [uid, name]),
  );
}

function isBatchJob({ apiVersion, kind }: OwnerReference): boolean {
  return kind === "Job" && apiVersion.startsWith("batch/");
}
