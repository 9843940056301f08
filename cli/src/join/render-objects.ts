import { groupVersion, type MemberCluster } from "@tributary/contracts";
import type { KubeObject } from "@tributary/operator";
import type { JoinRequest } from "./join-request.ts";

const managedBy = { "app.kubernetes.io/managed-by": "tributary" };

/** Name of the Secret with a member's kubeconfig. */
export function secretNameOf(member: string): string {
  return `member-${member}`;
}

/** The Secret through which the operator reaches the member. */
export function renderSecret({ name, operatorNamespace }: JoinRequest, kubeconfig: string): KubeObject {
  return {
    metadata: { name: secretNameOf(name), namespace: operatorNamespace, labels: managedBy },
    type: "Opaque",
    data: { kubeconfig: Buffer.from(kubeconfig).toString("base64") },
  } as KubeObject;
}

/** The MemberCluster of a request; what the request leaves open stays as it is in `known`. */
export function renderMember(request: JoinRequest, known?: MemberCluster): MemberCluster & KubeObject {
  const provider = request.provider ?? known?.spec.provider;
  const region = request.region ?? known?.spec.region;
  const organisation = request.organisation ?? known?.spec.organisation;
  return {
    apiVersion: groupVersion,
    kind: "MemberCluster",
    metadata: { name: request.name },
    spec: {
      access: { kubeconfig: { secretName: secretNameOf(request.name) } },
      ...(provider === undefined ? {} : { provider }),
      ...(region === undefined ? {} : { region }),
      ...(organisation === undefined ? {} : { organisation }),
      namespaces: [...request.namespaces],
      gate: { caBundle: request.gateCa.pem },
    },
  };
}
