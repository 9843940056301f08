import { groupVersion } from "@tributary/contracts";
import { type Finding, isRecord } from "../finding.ts";
import { showScalar } from "./describe-field.ts";
import { belongingOf } from "./known-kind.ts";
import { kinds } from "./validate-manifest.ts";

/** Versions of Kubernetes' own groups that each of its API servers has, of 1.30 and later. */
const everywhere = new Set([
  "v1",
  "admissionregistration.k8s.io/v1",
  "apiextensions.k8s.io/v1",
  "apiregistration.k8s.io/v1",
  "apps/v1",
  "authentication.k8s.io/v1",
  "authorization.k8s.io/v1",
  "autoscaling/v1",
  "autoscaling/v2",
  "batch/v1",
  "certificates.k8s.io/v1",
  "coordination.k8s.io/v1",
  "discovery.k8s.io/v1",
  "events.k8s.io/v1",
  "flowcontrol.apiserver.k8s.io/v1",
  "networking.k8s.io/v1",
  "node.k8s.io/v1",
  "policy/v1",
  "rbac.authorization.k8s.io/v1",
  "scheduling.k8s.io/v1",
  "storage.k8s.io/v1",
]);

type Fields = Readonly<Record<string, unknown>>;

/** What is wrong with the type of a list: of no version there is, or of one that has no such list. */
export function wrongListType(list: Fields): Finding | undefined {
  const { apiVersion, kind } = list;
  if (kind === "List" && typeof apiVersion === "string" && apiVersion !== "") return wrongVersionOfList(apiVersion);
  const itemKind = typeof kind === "string" ? kind.replace(/List$/u, "") : kind;
  const belonging = belongingOf({ apiVersion, kind: itemKind }, kinds);
  if (belonging.to === "nobody") return belonging.finding.path === "kind" ? wrongKind(kind) : belonging.finding;
  const isForeign = belonging.to === "others" && kinds.includes(String(itemKind));
  if (!isForeign || !(everywhere.has(String(apiVersion)) || holdsOurs(list))) return undefined;
  return {
    path: "apiVersion",
    message: `is ${showScalar(apiVersion)}; must be ${groupVersion}, which has ${String(kind)}`,
  };
}

/** kubectl knows a List in each version that the API server has; whether that has one of somebody else's, a cluster says. */
function wrongVersionOfList(apiVersion: string): Finding | undefined {
  if (apiVersion === groupVersion || everywhere.has(apiVersion)) return undefined;
  return {
    path: "apiVersion",
    message: `is ${showScalar(apiVersion)}, which no API server need have; write v1 for a List`,
  };
}

function wrongKind(kind: unknown): Finding {
  const lists = kinds.map((each) => `${each}List`).join(", ");
  return { path: "kind", message: `is ${showScalar(kind)}; the lists of ${groupVersion} are ${lists}` };
}

function holdsOurs({ items }: Fields): boolean {
  return Array.isArray(items) && items.some((item) => isRecord(item) && item.apiVersion === groupVersion);
}
