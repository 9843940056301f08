import {
  type SchemaValidator,
  validateFederatedTrainingJob,
  validateMemberCluster,
  validateTrainingRound,
} from "@tributary/contracts";
import { type Finding, isRecord, kindOfValue } from "../finding.ts";
import { belongingOf } from "./known-kind.ts";
import { checkMetadata } from "./metadata.ts";
import { brokenRules, repeatedEntries } from "./rules.ts";
import { schemaFindings, unknownStatus } from "./schema.ts";
import { wrongFields } from "./wrong-fields.ts";

export type { Finding } from "../finding.ts";

const validators: Readonly<Record<string, SchemaValidator>> = {
  FederatedTrainingJob: validateFederatedTrainingJob,
  MemberCluster: validateMemberCluster,
  TrainingRound: validateTrainingRound,
};

/** The kinds of Tributary. */
export const kinds: readonly string[] = Object.keys(validators);

/**
 * Everything wrong with one manifest by the rules of the CRDs: kind, metadata, schema, unknown fields, CEL rules, keys of
 * lists; then what the operator would refuse. The manifest is not changed. Empty when the API server would take it.
 */
export function validateManifest(manifest: unknown): Finding[] {
  if (!isRecord(manifest)) return [{ path: "", message: `is ${kindOfValue(manifest)}; must be an object` }];
  const belonging = belongingOf(manifest, kinds);
  if (belonging.to === "nobody") return [belonging.finding];
  const validator = validators[belonging.kind];
  if (validator === undefined)
    return [{ path: "kind", message: `is ${belonging.kind}; must be one of ${kinds.join(", ")}` }];
  const object = withoutNulls(manifest) as Record<string, unknown>;
  const metadata = checkMetadata(object.metadata, belonging.kind !== "MemberCluster");
  const schema = [...unknownStatus(validator, object), ...schemaFindings(validator, object, belonging.kind)];
  if (schema.length > 0) return [...metadata, ...schema];
  const rules = brokenRules(object, belonging.kind).filter(
    ({ path }) => metadata.length === 0 || !path.startsWith("metadata"),
  );
  const fields = wrongFields(object, belonging.kind).filter(({ path }) => !rules.some((rule) => rule.path === path));
  return [...metadata, ...repeatedEntries(object, belonging.kind), ...rules, ...fields];
}

/** A field that is null counts as left out, in the API server too; a null in a list does not. */
function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (!isRecord(value)) return value;
  const kept = Object.entries(value).filter(([, child]) => child !== null);
  return Object.fromEntries(kept.map(([key, child]) => [key, withoutNulls(child)]));
}
