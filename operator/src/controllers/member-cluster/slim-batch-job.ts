import { cutText, Label } from "@tributary/contracts";
import type { Unstructured } from "../../runtime/api/object.ts";
import type { Transform } from "../../runtime/cache/transform.ts";
import { keepMetadata } from "../shared/keep-metadata.ts";
import { shared } from "../shared/repeated-values.ts";
import { containerLimit, keepResources, messageLimit } from "./slim-pod.ts";

type Fields = Readonly<Record<string, unknown>>;

interface BatchJob {
  readonly spec?: Fields & {
    readonly template?: {
      readonly metadata?: { readonly labels?: Readonly<Record<string, string>> };
      readonly spec?: { readonly containers?: readonly { readonly name: string; readonly resources?: object }[] };
    };
  };
  readonly status?: Fields & { readonly conditions?: readonly Fields[] };
}

/** Longest text of a status that is kept: indexes of 256 workers have 500 characters. */
const textLimit = 1_024;
const conditionLimit = 16;
const templateLabels: readonly string[] = Object.values(Label);

/**
 * Keeps of a batch Job what looks read: whose it is, the plain fields of its spec and its status, and what its pods are made for. Most
 * of it is the runtime's template, and anybody may make one with our labels.
 */
export const slimBatchJob: Transform<Unstructured> = (object) => {
  const { spec, status } = object as BatchJob;
  return {
    metadata: keepMetadata(object),
    ...(spec === undefined ? {} : { spec: { ...plainFields(spec), template: slimTemplate(spec.template) } }),
    ...(status === undefined ? {} : { status: slimStatus(status) }),
  };
};

function slimTemplate(template: NonNullable<BatchJob["spec"]>["template"]) {
  const labels = Object.entries(template?.metadata?.labels ?? {}).filter(([name]) => templateLabels.includes(name));
  const containers = (template?.spec?.containers ?? [])
    .slice(0, containerLimit)
    .map(({ name, resources }) => shared({ name, ...keepResources(resources) }));
  return { metadata: { labels: Object.fromEntries(labels) }, spec: { containers } };
}

function slimStatus({ conditions, ...status }: NonNullable<BatchJob["status"]>): Fields {
  const kept = conditions?.slice(0, conditionLimit).map(({ type, status: holds, reason, message }) => {
    const said = message === undefined ? {} : { message: cutText(String(message), messageLimit) };
    return { type, status: holds, reason, ...said };
  });
  return { ...plainFields(status), ...(kept && { conditions: kept }) };
}

/** Numbers, truths and short texts. */
function plainFields(fields: Fields): Record<string, unknown> {
  const isPlain = (value: unknown): boolean =>
    typeof value === "number" || typeof value === "boolean" || (typeof value === "string" && value.length <= textLimit);
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => isPlain(value)));
}
