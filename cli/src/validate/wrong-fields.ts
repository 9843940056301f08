import type { FederatedTrainingJob, MemberCluster } from "@tributary/contracts";
import { checkJobSpec, readOrganisation } from "@tributary/contracts/fields";
import { readCertificates } from "@tributary/kit";
import type { Finding } from "../finding.ts";
import { describeField } from "./describe-field.ts";

/** What the operator would refuse at acceptance. */
export function wrongFields(root: unknown, kind: string): Finding[] {
  if (kind === "MemberCluster")
    return [...wrongGateCa(root as MemberCluster), ...wrongOrganisation(root as MemberCluster)];
  if (kind !== "FederatedTrainingJob") return [];
  return checkJobSpec((root as FederatedTrainingJob).spec).map(({ path, value, expected }) => ({
    path,
    message: describeField(path, value, `must be ${expected}`),
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
