import { TributaryError } from "@tributary/kit";
import { validateManifest } from "../validate/validate-manifest.ts";
import type { JoinRequest } from "./join-request.ts";
import { renderMember } from "./render-objects.ts";

/** Fields of a MemberCluster, by the flags that they come from. */
const fields: readonly (readonly [flag: string, field: string])[] = [
  ["--provider", "spec.provider"],
  ["--region", "spec.region"],
  ["--organisation", "spec.organisation"],
  ["--map", "spec.namespaces"],
  ["--gate-ca", "spec.gate.caBundle"],
];

/**
 * The request itself, when the hub's API takes the MemberCluster that it makes.
 *
 * @throws TributaryError ARGUMENT_INVALID by the name of the flag
 */
export function checkRequest(request: JoinRequest): JoinRequest {
  const [finding] = validateManifest(renderMember(request));
  if (finding === undefined) return request;
  const [flag] = fields.find(([, field]) => finding.path.startsWith(field)) ?? [finding.path];
  throw new TributaryError("ARGUMENT_INVALID", `${flag} ${finding.message}`);
}
