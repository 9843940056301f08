import { type FederatedTrainingJob, groupVersion, Label } from "@tributary/contracts";
import { modelOf } from "@tributary/contracts/fields";
import type { KubernetesObject } from "../plan.ts";
import { type AggregatorSettings, type FrozenRun, frozenField, type KeptRun, printFrozenRun } from "./frozen-run.ts";
import { hashText } from "./hash-text.ts";
import { jobNames, ledgerVolume } from "./names.ts";

/** Ports of an aggregator inside its pod. */
export const aggregatorPorts = { control: 8443, tensor: 8444, health: 9090 } as const;

/** Field of the aggregator's ConfigMap that the aggregator reads. */
export const configField = "job.json";

/** Annotation by which the aggregator's pod follows its configuration. */
export const configHashAnnotation = "tributary.dev/config-hash";

const claimRoot = "/var/lib/tributary/claims";
const dataRoot = "/var/lib/tributary/data";

/** Labels of every object of a job. */
export function jobLabels(job: FederatedTrainingJob, component: string): Record<string, string> {
  return {
    [Label.JobName]: job.metadata.name,
    [Label.JobUid]: job.metadata.uid ?? "",
    [Label.Component]: component,
    "app.kubernetes.io/managed-by": "tributary",
  };
}

/** Reference by which the job owns an object of its namespace. */
export function ownedBy(job: FederatedTrainingJob): Record<string, unknown>[] {
  return [
    {
      apiVersion: groupVersion,
      kind: "FederatedTrainingJob",
      name: job.metadata.name,
      uid: job.metadata.uid ?? "",
      controller: true,
      blockOwnerDeletion: true,
    },
  ];
}

/** The aggregator's `job.json`, as worker-image/README.md describes it. */
export function renderJobConfig(job: FederatedTrainingJob, run: FrozenRun): Record<string, unknown> {
  const { spec } = job;
  const model = modelOf(spec);
  const source = model.source.persistentVolumeClaim;
  const memberOf = new Map(run.members.map((member) => [member.cluster, member]));
  return {
    version: 1,
    job: { uid: job.metadata.uid, name: job.metadata.name, namespace: jobNames(job).namespace },
    clusters: run.members.map(({ cluster, gateCaPem }) => ({ name: cluster, gateCaPem })),
    participants: spec.participants.map(({ name, cluster, workers, hyperparameters }) => {
      const { namespace, organisation } = memberOf.get(cluster) ?? {};
      const own = hyperparameters === undefined ? {} : { hyperparameters: printTexts(hyperparameters) };
      return {
        name,
        cluster,
        ...(namespace === undefined ? {} : { namespace }),
        ...(organisation === undefined ? {} : { organisation }),
        workers,
        ...own,
      };
    }),
    model: {
      path: `${claimRoot}/${source.claimName}/${source.path}`,
      ...(model.adapter === undefined ? {} : { adapter: model.adapter }),
    },
    trainer: {
      task: spec.trainer.task,
      hyperparameters: printTexts(spec.trainer.hyperparameters ?? {}),
      seed: spec.trainer.seed,
    },
    strategy: { name: spec.strategy.name, parameters: spec.strategy.parameters ?? {} },
    secureAggregation: renderSecureAggregation(spec),
    communication: { initialStep: spec.communication.initialStep },
    directories: { data: dataRoot, output: `${claimRoot}/${spec.output.persistentVolumeClaim}/${job.metadata.name}` },
    tls: {
      certificatePath: "/etc/tributary/tls/tls.crt",
      keyPath: "/etc/tributary/tls/tls.key",
      operatorCaPath: "/etc/tributary/tls/ca.crt",
    },
    listen: {
      controlPort: aggregatorPorts.control,
      tensorPort: aggregatorPorts.tensor,
      healthPort: aggregatorPorts.health,
    },
  };
}

/** What the spec leaves open is left out: the aggregator knows what then holds. */
function renderSecureAggregation({ privacy }: FederatedTrainingJob["spec"]): Record<string, unknown> {
  const { protocol, minOrganisations, threshold } = privacy.secureAggregation;
  return {
    protocol,
    ...(minOrganisations === undefined ? {} : { minOrganisations }),
    ...(threshold === undefined ? {} : { threshold }),
  };
}

function printTexts(values: Readonly<Record<string, unknown>>): Record<string, string> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, String(value)]));
}

/** The ConfigMap that carries `job.json`, and what it was made of. */
export function renderAggregatorConfig(job: FederatedTrainingJob, kept: KeptRun): KubernetesObject {
  return renderConfigAsItIs(job, `${JSON.stringify(renderJobConfig(job, kept.run), null, 2)}\n`, kept);
}

/** The ConfigMap of a job whose present spec does not count, with the text that it has. */
export function renderConfigAsItIs(job: FederatedTrainingJob, configText: string, kept: KeptRun): KubernetesObject {
  const names = jobNames(job);
  return {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: {
      name: names.aggregator,
      namespace: names.namespace,
      labels: jobLabels(job, "aggregator"),
      ownerReferences: ownedBy(job),
    },
    data: { [configField]: configText, [frozenField]: printFrozenRun(kept) },
  };
}

/** The Service by which workers of other clusters reach the aggregator: a node port for each of the two wires. */
export function renderAggregatorService(job: FederatedTrainingJob): KubernetesObject {
  const names = jobNames(job);
  const labels = jobLabels(job, "aggregator");
  return {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name: names.aggregator, namespace: names.namespace, labels, ownerReferences: ownedBy(job) },
    spec: {
      type: "NodePort",
      selector: { [Label.JobUid]: job.metadata.uid ?? "", [Label.Component]: "aggregator" },
      ports: [
        { name: "control", port: aggregatorPorts.control, targetPort: "control", protocol: "TCP" },
        { name: "tensor", port: aggregatorPorts.tensor, targetPort: "tensor", protocol: "TCP" },
      ],
    },
  };
}

/** What an aggregator's StatefulSet is rendered from, besides the job. */
export interface StatefulSetInput {
  readonly run: FrozenRun;
  /** Tells the certificates of the aggregator from others that it may have had. */
  readonly certificateHash?: string | undefined;
  readonly replicas: number;
  /** Configuration that the aggregator keeps, where it is not to be made of the present spec. */
  readonly configText?: string | undefined;
  /** What the present StatefulSet says of that configuration. */
  readonly configHash?: string | undefined;
}

/**
 * The StatefulSet of the aggregator with its claim. Annotations make the pod follow its configuration and its certificates.
 * The job owns the claim, so that the ledger goes with the job and not with the StatefulSet. The StatefulSet does not: its
 * controller would write its ownership into the claim while the scheduler writes the node, and the pod would start later.
 */
export function renderAggregatorStatefulSet(job: FederatedTrainingJob, input: StatefulSetInput): KubernetesObject {
  const { run, certificateHash, replicas } = input;
  const { settings } = run;
  const names = jobNames(job);
  const labels = jobLabels(job, "aggregator");
  return {
    apiVersion: "apps/v1",
    kind: "StatefulSet",
    metadata: { name: names.aggregator, namespace: names.namespace, labels, ownerReferences: ownedBy(job) },
    spec: {
      replicas,
      serviceName: names.aggregator,
      podManagementPolicy: "Parallel",
      persistentVolumeClaimRetentionPolicy: { whenDeleted: "Retain", whenScaled: "Retain" },
      selector: { matchLabels: { [Label.JobUid]: job.metadata.uid ?? "", [Label.Component]: "aggregator" } },
      template: {
        metadata: {
          labels,
          annotations: {
            [configHashAnnotation]: hashConfig(job, input),
            ...(certificateHash === undefined ? {} : { "tributary.dev/certificate-hash": certificateHash }),
          },
        },
        spec: renderAggregatorPod(job, settings),
      },
      volumeClaimTemplates: [
        {
          apiVersion: "v1",
          kind: "PersistentVolumeClaim",
          metadata: {
            name: ledgerVolume,
            ownerReferences: ownedBy(job).map((owner) => ({ ...owner, controller: false })),
          },
          spec: {
            accessModes: ["ReadWriteOnce"],
            volumeMode: "Filesystem",
            ...(settings.storageClass === undefined ? {} : { storageClassName: settings.storageClass }),
            resources: { requests: { storage: settings.dataVolumeSize } },
          },
        },
      ],
    },
  };
}

function hashConfig(job: FederatedTrainingJob, { run, configText, configHash }: StatefulSetInput): string {
  if (configText === undefined) return hashText(JSON.stringify(renderJobConfig(job, run)));
  return configHash ?? hashText(compact(configText));
}

/** The text without the spaces between its fields, as the hash of a configuration is made; as it is when somebody broke it. */
function compact(configText: string): string {
  try {
    return JSON.stringify(JSON.parse(configText));
  } catch {
    return configText;
  }
}

/** Claims of the job's namespace that its aggregator mounts besides its own, each once. */
export function claimsOf({ spec: { model, output } }: FederatedTrainingJob): string[] {
  const source = model === undefined ? [] : [model.source.persistentVolumeClaim.claimName];
  return [...new Set([...source, output.persistentVolumeClaim])];
}

function renderAggregatorPod(job: FederatedTrainingJob, settings: AggregatorSettings): Record<string, unknown> {
  const names = jobNames(job);
  const claims = claimsOf(job);
  return {
    automountServiceAccountToken: false,
    enableServiceLinks: false,
    terminationGracePeriodSeconds: 20,
    securityContext: {
      runAsNonRoot: true,
      runAsUser: 65532,
      runAsGroup: 65532,
      fsGroup: 65532,
      fsGroupChangePolicy: "OnRootMismatch",
      seccompProfile: { type: "RuntimeDefault" },
    },
    containers: [
      {
        name: "aggregator",
        image: settings.image,
        imagePullPolicy: settings.imagePullPolicy,
        args: ["aggregator"],
        env: [{ name: "TRIBUTARY_JOB_CONFIG", value: "/etc/tributary/config/job.json" }],
        ports: [
          { name: "control", containerPort: aggregatorPorts.control, protocol: "TCP" },
          { name: "tensor", containerPort: aggregatorPorts.tensor, protocol: "TCP" },
          { name: "health", containerPort: aggregatorPorts.health, protocol: "TCP" },
        ],
        readinessProbe: {
          httpGet: { path: "/readyz", port: "health" },
          periodSeconds: 2,
          timeoutSeconds: 2,
          failureThreshold: 3,
        },
        livenessProbe: {
          httpGet: { path: "/healthz", port: "health" },
          periodSeconds: 10,
          timeoutSeconds: 5,
          failureThreshold: 6,
        },
        resources: { requests: { cpu: "50m", memory: "128Mi" }, limits: { memory: settings.memoryLimit } },
        securityContext: {
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          capabilities: { drop: ["ALL"] },
        },
        volumeMounts: [
          { name: "config", mountPath: "/etc/tributary/config", readOnly: true },
          { name: "tls", mountPath: "/etc/tributary/tls", readOnly: true },
          { name: ledgerVolume, mountPath: dataRoot },
          { name: "tmp", mountPath: "/tmp" },
          ...claims.map((claim, index) => ({ name: `claim-${index}`, mountPath: `${claimRoot}/${claim}` })),
        ],
      },
    ],
    volumes: [
      { name: "config", configMap: { name: names.aggregator } },
      { name: "tls", secret: { secretName: names.aggregator, defaultMode: 288 } },
      { name: "tmp", emptyDir: { sizeLimit: "64Mi" } },
      ...claims.map((claim, index) => ({ name: `claim-${index}`, persistentVolumeClaim: { claimName: claim } })),
    ],
  };
}
