import { Annotation, Label } from "@tributary/contracts";
import type { KubernetesObject } from "../../federated-training-job/plan.ts";
import type { ContainerSpec, Participant } from "../../federated-training-job/snapshot.ts";

interface BatchJob {
  readonly metadata: {
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly spec?: {
    readonly template?: {
      readonly metadata?: { readonly labels?: Readonly<Record<string, string>> };
      readonly spec?: { readonly containers?: readonly ContainerSpec[] };
    };
  };
}

/**
 * Whether a batch Job does other work than the spec of its job asks for: another runtime, data set or accelerator, or other
 * terms than its pods' trainers were told of. The spec may have been edited while nobody looked, as in a suspension that an
 * operator slept through. What the member's admin changes in the runtime itself is for later batch Jobs and restarts nothing,
 * unless it takes a device away that no participant names.
 */
export function isOtherWork(live: object, rendered: KubernetesObject, participant: Participant): boolean {
  const [is, wanted] = [live as BatchJob, rendered as BatchJob];
  const labels = participant.dataset === undefined ? [Label.Runtime] : [Label.Runtime, Label.Dataset];
  if (labels.some((label) => is.metadata.labels?.[label] !== wanted.metadata.labels?.[label])) return true;
  if (hasOtherTerms(is, wanted)) return true;
  const [has, asked] = [devicesOf(is), devicesOf(wanted)];
  const { resource } = participant.accelerator ?? {};
  if (resource !== undefined && has[resource] !== asked[resource]) return true;
  return Object.keys(has).some((device) => asked[device] === undefined);
}

/**
 * What the pods were made with says it, since nobody can change that. A batch Job of an earlier operator has an annotation alone, or
 * nothing, which is no reason to end its workers.
 */
function hasOtherTerms(is: BatchJob, wanted: BatchJob): boolean {
  const termsOf = ({ spec }: BatchJob) => spec?.template?.metadata?.labels?.[Label.Terms];
  const terms = termsOf(is);
  if (terms !== undefined) return terms !== termsOf(wanted);
  const told = is.metadata.annotations?.[Annotation.TrainerTerms];
  return told !== undefined && told !== wanted.metadata.annotations?.[Annotation.TrainerTerms];
}

/** Extended resources of the trainer: their names alone have a slash. */
function devicesOf({ spec }: BatchJob): Readonly<Record<string, string>> {
  const trainer = spec?.template?.spec?.containers?.find(({ name }) => name === "trainer");
  const limits = Object.entries(trainer?.resources?.limits ?? {});
  return Object.fromEntries(limits.flatMap(([name, amount]) => (name.includes("/") ? [[name, String(amount)]] : [])));
}
