import { dataClaimsOf } from "../enrolment/data-claims.ts";
import type { DataSource } from "../identity/data-name.ts";
import type { PodTemplateView } from "../kubernetes/pod-shape.ts";

/**
 * What the workers of a runtime train on: the claims that its trainer mounts, or the runtime itself where it mounts none.
 *
 * @throws ENROLMENT_REFUSED for a mount whose folder depends on the pod.
 */
export function dataSourceOf(runtime: PodTemplateView, sidecarContainer: string): DataSource {
  const { claims, namespace, template } = dataClaimsOf(runtime, sidecarContainer);
  return claims.length === 0 ? { namespace, template } : claims;
}
