import type { FederatedTrainingJob, MemberCluster } from "@tributary/contracts";
import { checkJobSpec, readOrganisation } from "@tributary/contracts/fields";
import { readCertificates } from "@tributary/kit";
import { maskingProblemsOfSpec } from "@tributary/operator";
import type { Finding } from "../finding.ts";
import { describeField } from "./describe-field.ts";

/** What the operator would refuse at acceptance. */
export function wrongFields(root: unknown, kind: string): Finding[] {
  if (kind === "MemberCluster")
    return [...wrongGateCa(root as MemberCluster), ...wrongOrganisation(root as MemberCluster)];
  if (kind !== "FederatedTrainingJob") return [];
  const { spec } = root as FederatedTrainingJob;
  const wrong = checkJobSpec(spec).map(({ path, value, expected }) => ({
    path,
    message: describeField(path, value, `must be ${expected}`),
  }));
  return wrong.length > 0 ? wrong : unmaskable(spec);
}

/** Masks that no number of organisations makes possible; how many there are stands in MemberClusters. */
function unmaskable(spec: FederatedTrainingJob["spec"]): Finding[] {
  return maskingProblemsOfSpec(spec).map(({ reason, message }) => ({
    path: "spec.privacy.secureAggregation",
    message: `would not be accepted (${reason}): ${message}`,
  }));
}

/** The API server looks at the outside of the PEM alone. */
function wrongGateCa({ spec }: MemberCluster): Finding[] {
  const reading = spec.gate === undefined ? undefined : readCertificates(spec.gate.caBundle);
  if (reading === undefined || reading.ok) return [];
  return [{ path: "spec.gate.caBundle", message: `must be ${reading.expected}` }];
}

/** A pattern cannot see Unicode's forms: two texts that look the same must be one organisation. */
function wrongOrganisation({ spec: { organisation } }: MemberCluster): Finding[] {
  const reading = organisation === undefined ? undefined : readOrganisation(organisation);
  if (reading === undefined || reading.ok) return [];
  const path = "spec.organisation";
  return [{ path, message: describeField(path, organisation, `must be ${reading.expected}`) }];
}
