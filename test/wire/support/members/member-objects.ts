/** Image of every sidecar in these members. */
export const IMAGE = "registry.example/tributary/dataplane:test";
const RUNTIME_LABELS = { "tributary.dev/runtime": "wire" };
const rbac = "rbac.authorization.k8s.io";

/** Namespace of the workers of a member. */
export const namespaceOf = (member: number) => `jobs-${member}`;

/** What the runtime's pods are made of: the trainer mounts the member's data. */
const podSpec = {
  restartPolicy: "Never",
  serviceAccountName: "worker",
  initContainers: [{ name: "sidecar", image: IMAGE, restartPolicy: "Always" }],
  containers: [
    {
      name: "trainer",
      image: "registry.example/trainer:test",
      volumeMounts: [{ name: "data", mountPath: "/data", readOnly: true }],
    },
  ],
  volumes: [{ name: "data", persistentVolumeClaim: { claimName: "notes", readOnly: true } }],
};

/** Accounts, rights and runtime of some members, all in one cluster. */
export function memberObjects(members: number): object {
  const all = Array.from({ length: members }, (_, member) => namespaceOf(member));
  const subjects = [{ kind: "ServiceAccount", name: "gate", namespace: "gate" }];
  const account = (name: string, namespace: string) => ({
    apiVersion: "v1",
    kind: "ServiceAccount",
    metadata: { name, namespace },
  });
  const rules = [
    { apiGroups: ["authentication.k8s.io"], resources: ["tokenreviews"], verbs: ["create"] },
    { apiGroups: [""], resources: ["pods"], verbs: ["get", "list"] },
    { apiGroups: [""], resources: ["podtemplates"], verbs: ["list"] },
  ];
  const items = [
    ...["gate", ...all].map((name) => ({ apiVersion: "v1", kind: "Namespace", metadata: { name } })),
    account("gate", "gate"),
    ...all.map((namespace) => account("worker", namespace)),
    ...all.map((namespace) => ({
      apiVersion: "v1",
      kind: "PodTemplate",
      metadata: { name: "wire", namespace, labels: RUNTIME_LABELS },
      template: { metadata: { labels: RUNTIME_LABELS }, spec: podSpec },
    })),
    { apiVersion: `${rbac}/v1`, kind: "ClusterRole", metadata: { name: "gate" }, rules },
    {
      apiVersion: `${rbac}/v1`,
      kind: "ClusterRoleBinding",
      metadata: { name: "gate" },
      subjects,
      roleRef: { apiGroup: rbac, kind: "ClusterRole", name: "gate" },
    },
  ];
  return { apiVersion: "v1", kind: "List", items };
}

/** A seat of a job. */
export interface MemberSeat {
  readonly member: number;
  readonly index: number;
  readonly jobUid: string;
  readonly participant: string;
}

/** A pod as a Job's would be. */
export function memberPod(name: string, { member, index, jobUid, participant }: MemberSeat): object {
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      name,
      namespace: namespaceOf(member),
      labels: {
        "tributary.dev/job-uid": jobUid,
        "tributary.dev/participant": participant,
        "batch.kubernetes.io/job-completion-index": String(index),
        ...RUNTIME_LABELS,
      },
    },
    spec: podSpec,
  };
}
