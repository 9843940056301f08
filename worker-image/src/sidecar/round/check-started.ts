import { isDeepStrictEqual } from "node:util";
import {
  equalBytes,
  isArgumentError,
  isTensorSection,
  layoutModel,
  type ReportLayout,
  type RoundPlan,
  type Section,
  signedLayout,
  startDigest,
  startTranscript,
} from "@tributary/federated";
import { adapterObject } from "../../shared/terms/adapter-object.ts";
import { decodeStart, type ObjectRef } from "../../shared/terms/start-message.ts";
import { TermsRefusal, termsRefused } from "../../shared/terms/terms-refusal.ts";
import type { CheckedTerms, Trust } from "./check-opened.ts";

/** A round that may be worked on: terms, start and plan hold and fit each other. */
export interface CheckedRound extends CheckedTerms {
  readonly plan: RoundPlan;
  readonly layout: ReportLayout;
  /** The model that the round starts from. */
  readonly model: ObjectRef;
  readonly startSha256: Uint8Array;
}

/**
 * Checks what an opened round starts from, before anything of it is fetched or trained.
 *
 * @throws TERMS_REFUSED naming the refusal and what differs.
 */
export function checkStarted(
  { crypto, aggregatorKey }: Pick<Trust, "crypto" | "aggregatorKey">,
  opened: CheckedTerms,
  plan: RoundPlan,
  started: { readonly start: Uint8Array; readonly signature: Uint8Array },
): CheckedRound {
  const objects = decodeStart(started.start);
  const startSha256 = digestOf(crypto, objects);
  if (!equalBytes(startSha256, plan.modelSha256)) throw changed("the objects are not those that the signed plan names");
  if (!crypto.verifyEd25519(aggregatorKey, startTranscript(opened.signed, startSha256), started.signature))
    throw termsRefused(TermsRefusal.SignatureInvalid, "the start is not signed by this job's aggregator");
  const model = requireObjects(opened, objects);
  const { setup, terms } = opened;
  const layout = signedLayout(terms.sections, terms.seats.length, { setup, plan });
  if (layout === undefined)
    throw termsRefused(TermsRefusal.LayoutChanged, "the plan's steps do not follow from the report");
  return { ...opened, plan, layout, model, startSha256 };
}

function digestOf(crypto: Trust["crypto"], objects: readonly ObjectRef[]): Uint8Array {
  try {
    return startDigest(crypto, objects);
  } catch (cause) {
    if (!isArgumentError(cause)) throw cause;
    throw changed(cause.message);
  }
}

/** Exactly what the script reads: the frozen base is the job's source, the adapter follows from the terms. */
function requireObjects({ script, terms }: CheckedTerms, objects: readonly ObjectRef[]): ObjectRef {
  const names = objects.map(({ name }) => name);
  if (!isDeepStrictEqual(names, [...script.reads]))
    throw changed(`the start holds ${names.join(", ")}, the script reads ${script.reads.join(", ")}`);
  const [base, adapter, model] = ["base", "adapter", "model"].map((name) =>
    objects.find((object) => object.name === name),
  );
  const { context } = terms;
  if (base !== undefined && !(base.format === "gguf" && equalBytes(base.sha256, context.sourceSha256)))
    throw changed("the frozen base is not the job's model source");
  if (adapter !== undefined && !isSameObject(adapter, adapterObject(context)))
    throw changed("the adapter is not the one of the terms");
  if (model?.format !== "safetensors") throw changed(`the model has the format ${model?.format}, must be safetensors`);
  const sizeBytes = sizeOf(terms.sections);
  if (sizeBytes !== undefined && model.sizeBytes !== sizeBytes)
    throw changed(`the model has ${model.sizeBytes} bytes, its tensors take ${sizeBytes}`);
  return model;
}

/** Bytes of a file of the tensors that the report sums; unknown when it sums none. */
function sizeOf(sections: readonly Section[]): number | undefined {
  const section = sections.find(isTensorSection);
  return section && layoutModel(section.tensors).sizeBytes;
}

function isSameObject(a: ObjectRef, b: ObjectRef): boolean {
  return a.format === b.format && equalBytes(a.sha256, b.sha256);
}

function changed(why: string) {
  return termsRefused(TermsRefusal.StartChanged, why);
}
