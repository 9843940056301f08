const rbac = "rbac.authorization.k8s.io";

/** The namespace and the account `gate` of a member's gate, with the rights that the chart gives it, here to pods and runtimes of every namespace. */
export function gateObjects(): object[] {
  const subjects = [{ kind: "ServiceAccount", name: "gate", namespace: "gate" }];
  const rules = [
    { apiGroups: ["authentication.k8s.io"], resources: ["tokenreviews"], verbs: ["create"] },
    { apiGroups: [""], resources: ["pods"], verbs: ["get", "list"] },
    { apiGroups: [""], resources: ["podtemplates"], verbs: ["list"] },
  ];
  return [
    { apiVersion: "v1", kind: "Namespace", metadata: { name: "gate" } },
    { apiVersion: "v1", kind: "ServiceAccount", metadata: { name: "gate", namespace: "gate" } },
    { apiVersion: `${rbac}/v1`, kind: "ClusterRole", metadata: { name: "gate" }, rules },
    {
      apiVersion: `${rbac}/v1`,
      kind: "ClusterRoleBinding",
      metadata: { name: "gate" },
      subjects,
      roleRef: { apiGroup: rbac, kind: "ClusterRole", name: "gate" },
    },
  ];
}
