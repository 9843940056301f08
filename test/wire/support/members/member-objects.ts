import { gateObjects } from "../../../support/gate-objects.ts";

/** Image of every sidecar in these members. */
export const IMAGE = "registry.example/tributary/dataplane:test";
const RUNTIME_LABELS = { "tributary.dev/runtime": "wire" };

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
  const items = [
    ...all.map((name) => ({ apiVersion: "v1", kind: "Namespace", metadata: { name } })),
    ...all.map((namespace) => ({ apiVersion: "v1", kind: "ServiceAccount", metadata: { name: "worker", namespace } })),
    ...all.map((namespace) => ({
      apiVersion: "v1",
      kind: "PodTemplate",
      metadata: { name: "wire", namespace, labels: RUNTIME_LABELS },
      template: { metadata: { labels: RUNTIME_LABELS }, spec: podSpec },
    })),
    ...gateObjects(),
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
