import { stringify } from "yaml";

/**
 * Storage class of claims that are filled before any pod uses them: bound at once. The default class binds a claim when its first
 * pod has a node, because a scheduler that saw an unbound claim looks at the pod again only minutes later when it misses the binding.
 */
export const filledStorageClass = "standard";

/** User as which kube-network-policies asks the API server, and the role that names all it may read. */
export const networkPolicyUser = "kube-network-policies";

/** Objects every cloud starts with: the storage classes, whose volumes any user may write to, and the rights of kube-network-policies. */
export function renderClusterObjects(): string {
  return [...storageClasses(), ...networkPolicyRights()].map((object) => stringify(object)).join("---\n");
}

function storageClasses(): object[] {
  const isDefault = "storageclass.kubernetes.io/is-default-class";
  const storageClass = (name: string, volumeBindingMode: string, annotations: Readonly<Record<string, string>>) => ({
    apiVersion: "storage.k8s.io/v1",
    kind: "StorageClass",
    metadata: { name, annotations },
    provisioner: "tributary.dev/local-volume",
    reclaimPolicy: "Delete",
    volumeBindingMode,
  });
  return [
    storageClass(filledStorageClass, "Immediate", { [isDefault]: "false" }),
    storageClass("standard-late", "WaitForFirstConsumer", { [isDefault]: "true" }),
  ];
}

function networkPolicyRights(): object[] {
  const apiVersion = "rbac.authorization.k8s.io/v1";
  const metadata = { name: networkPolicyUser };
  const verbs = ["list", "watch"];
  return [
    {
      apiVersion,
      kind: "ClusterRole",
      metadata,
      rules: [
        { apiGroups: [""], resources: ["pods", "namespaces"], verbs },
        { apiGroups: ["networking.k8s.io"], resources: ["networkpolicies"], verbs },
      ],
    },
    {
      apiVersion,
      kind: "ClusterRoleBinding",
      metadata,
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: networkPolicyUser },
      subjects: [{ apiGroup: "rbac.authorization.k8s.io", kind: "User", name: networkPolicyUser }],
    },
  ];
}
