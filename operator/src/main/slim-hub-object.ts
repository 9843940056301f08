import { Annotation } from "@tributary/contracts";
import { configField } from "../controllers/federated-training-job/render/aggregator.ts";
import { frozenField } from "../controllers/federated-training-job/render/frozen-run.ts";
import { jobNames } from "../controllers/federated-training-job/render/names.ts";
import { keepLabels, keepMetadata } from "../controllers/shared/keep-metadata.ts";
import { keepTexts } from "../controllers/shared/keep-texts.ts";
import type { KubeObject, OwnerReference, Unstructured } from "../runtime/api/object.ts";
import { stripBookkeeping } from "../runtime/cache/transform.ts";

/**
 * Most characters that are kept of a text of an aggregator's ConfigMap. Both of its texts hold the certificates of all members, and an
 * API server takes a mebibyte of both together: none of ours can be longer.
 */
const textLimit = 512 * 1024;
/** A job, and before it a namesake that left the object. */
const ownerLimit = 2;
const ourAnnotations: readonly string[] = Object.values(Annotation);

/**
 * Keeps of an object with our label what looks read, when it has the name and the owner of an aggregator's: its spec, its status and
 * its texts. Of any other only that it is there: whoever may write in some namespace can give an object our label, but an owner
 * takes a job.
 */
export function slimAggregatorPart(object: Unstructured): Unstructured {
  const owners = ownersOf(object);
  const metadata = keepMetadata(object);
  if (owners.length === 0) return { metadata };
  const { spec, status } = object;
  const data = object.data as Record<string, string> | undefined;
  return {
    metadata: { ...metadata, ownerReferences: owners },
    ...(spec === undefined ? {} : { spec }),
    ...(status === undefined ? {} : { status }),
    ...(data && { data: keepTexts(data, [configField, frozenField], textLimit) }),
  };
}

/** The jobs that own an object which has the name of such a job's aggregator. */
function ownersOf({ metadata: { name, ownerReferences = [] } }: KubeObject): OwnerReference[] {
  const isOfAggregator = (owner: OwnerReference): boolean =>
    owner.kind === "FederatedTrainingJob" && jobNames({ metadata: { name: owner.name } }).aggregator === name;
  return ownerReferences.filter(isOfAggregator).slice(0, ownerLimit);
}

/** Drops from an object of our kinds the labels and annotations that nobody here reads: an annotation takes a quarter of a mebibyte. */
export function slimOwnKind<T extends KubeObject>(object: T): T {
  const { metadata, ...fields } = stripBookkeeping(object);
  const { labels, annotations, ...rest } = metadata;
  const ours = Object.entries(annotations ?? {}).filter(([name]) => ourAnnotations.includes(name));
  const kept = {
    ...rest,
    ...(labels === undefined ? {} : { labels: keepLabels(labels) }),
    ...(annotations === undefined ? {} : { annotations: Object.fromEntries(ours) }),
  };
  return { ...fields, metadata: kept } as unknown as T;
}
