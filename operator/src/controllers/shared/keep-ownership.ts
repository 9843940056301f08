import { Label, type ResourceKind } from "@tributary/contracts";
import type { ApiClient, CallOptions } from "../../runtime/api/api-client.ts";
import type { KubeObject } from "../../runtime/api/object.ts";
import { shared } from "./repeated-values.ts";
import { isWrittenByUs, ourMark } from "./written-by-us.ts";

const ownershipLabels = [Label.JobUid, Label.JobNamespace, Label.JobName, Label.Participant];

/**
 * Keeps of a listed object what tells whose it is: a large job has 25,600 pods, which are listed each minute, and anybody may put
 * hundreds of kilobytes of annotations on an object of theirs that has our labels.
 */
export function keepOwnership(object: KubeObject): KubeObject {
  const { name, uid, labels = {}, ownerReferences = [], deletionTimestamp } = object.metadata;
  const kept = ownershipLabels.flatMap((label) => (labels[label] === undefined ? [] : [[label, labels[label]]]));
  const controllers = ownerReferences.filter(({ controller }) => controller === true);
  return {
    metadata: {
      name,
      ...(uid === undefined ? {} : { uid }),
      labels: shared(Object.fromEntries(kept)),
      ownerReferences: shared(controllers),
      ...(deletionTimestamp === undefined ? {} : { deletionTimestamp }),
      ...(isWrittenByUs(object) ? { managedFields: ourMark } : {}),
    },
  };
}

/** Lists objects of one namespace by labels, of each what {@link keepOwnership} keeps. */
export function listOwnership(
  client: ApiClient,
  kind: ResourceKind,
  selection: { readonly namespace: string; readonly labelSelector: string },
  call: CallOptions,
): Promise<KubeObject[]> {
  return client.list<KubeObject>(kind, { ...call, ...selection, metadataOnly: true, prepare: keepOwnership });
}

/** Participant that an object in a member says to be of; empty when it says none. */
export function participantOf({ metadata }: KubeObject): string {
  return metadata.labels?.[Label.Participant] ?? "";
}
