import { mkdir, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePorts } from "@tributary/clouds";
import { type RunningProcess, startProgram } from "../../wire/support/running-process.ts";
import { type AuditLog, createAuditLog } from "../audited-rights.ts";
import { type ChartApi, jobNamespace, startMemberApi } from "../chart-api.ts";
import { memberValues, type RenderedObject } from "../charts.ts";
import { eventually } from "../eventually.ts";
import { writeGateFiles } from "../gate-files.ts";
import { renderSeat, type SeatChoice } from "../render-seat.ts";
import { type ApiCaller, callAs } from "../smuggling/api-caller.ts";

/** An account that may do everything, in namespace `default`. */
const ADMIN = "enrolment-admin";
const gateNamespace = "tributary-gate";

/** What a member has that touches its pods: plug-ins that are built in and must be asked for, limits, classes, pull secrets. */
const PLUG_INS = ["NodeRestriction", "AlwaysPullImages", "ExtendedResourceToleration", "PodTolerationRestriction"];
const trainer = {
  image: { repository: "registry.example/trainer", digest: `sha256:${"b".repeat(64)}` },
  env: { TF_NUM_INTRAOP_THREADS: "1" },
  acceleratorLimits: { "nvidia.com/gpu": 4 },
};
const classes: readonly RenderedObject[] = [
  {
    apiVersion: "scheduling.k8s.io/v1",
    kind: "PriorityClass",
    metadata: { name: "training" },
    value: 1000,
    preemptionPolicy: "Never",
  },
  {
    apiVersion: "scheduling.k8s.io/v1",
    kind: "PriorityClass",
    metadata: { name: "everyday" },
    value: 10,
    globalDefault: true,
  },
  {
    apiVersion: "node.k8s.io/v1",
    kind: "RuntimeClass",
    metadata: { name: "gvisor" },
    handler: "runsc",
    overhead: { podFixed: { cpu: "100m", memory: "64Mi" } },
    scheduling: {
      nodeSelector: { "sandbox.example/runtime": "gvisor" },
      tolerations: [{ key: "sandbox.example/runtime", operator: "Equal", value: "gvisor", effect: "NoSchedule" }],
    },
  },
];
const limits: RenderedObject = {
  apiVersion: "v1",
  kind: "LimitRange",
  metadata: { name: "limits", namespace: jobNamespace },
  spec: {
    limits: [
      {
        type: "Container",
        default: { cpu: "2", memory: "3Gi", "ephemeral-storage": "2Gi" },
        defaultRequest: { cpu: "250m", memory: "128Mi" },
      },
    ],
  },
};

/** Values of a member whose runtimes use what a runtime may. */
const values = {
  ...memberValues,
  dataplaneImage: { repository: "registry.example/dataplane", digest: `sha256:${"a".repeat(64)}` },
  imagePullSecrets: ["registry-of-the-member"],
  runtimes: [
    { name: "plain", trainer },
    {
      name: "full",
      dataset: "notes",
      claimName: "notes",
      subPath: "legal",
      priorityClassName: "training",
      runtimeClassName: "gvisor",
      nodeSelector: { pool: "gpu" },
      tolerations: [{ key: "sku", operator: "Equal", value: "gpu", effect: "NoSchedule" }],
      trainer: {
        ...trainer,
        command: ["node"],
        args: ["trainer.mjs"],
        resources: { requests: { cpu: "1", memory: "2Gi" }, limits: { memory: "4Gi" } },
      },
    },
    // By tag: what the gate says of images is another runtime's.
    { name: "tagged", trainer: { image: { repository: "registry.example/trainer", tag: "1" } } },
  ],
};

/** Ports of a gate that is a process. */
export interface GatePorts {
  readonly port: number;
  readonly workerPort: number;
}

/** Ports that are free now. */
export async function freeGatePorts(): Promise<GatePorts> {
  const [port, workerPort] = (await freePorts(2)) as [number, number];
  return { port, workerPort };
}

/** A member cluster as its chart makes it, with the controllers that make pods, and its gate as a process. */
export interface EnrolmentGround {
  readonly member: ChartApi;
  readonly admin: ApiCaller;
  readonly gate: RunningProcess;
  readonly ports: GatePorts;
  readonly gateCaPem: string;
  readonly audit: AuditLog;
  stop(): Promise<void>;
}

export async function startEnrolmentGround(more: object = {}): Promise<EnrolmentGround> {
  const audit = await createAuditLog();
  const directory = await mkdtemp(join(tmpdir(), "gate-enrolment-"));
  const member = await startMemberApi(
    { ...values, ...more },
    {
      apiServerFlags: [`--enable-admission-plugins=${PLUG_INS.join(",")}`, ...audit.apiServerFlags],
      controllerManagerFlags: ["--kube-api-qps=500", "--kube-api-burst=500"],
    },
  );
  const stops = [
    () => rm(directory, { recursive: true, force: true }),
    () => audit.remove(),
    () => member.controlPlane.stop(),
  ];
  const stop = async () => {
    for (const each of stops.toReversed()) await each();
  };
  try {
    const admin = await becomeAdmin(member);
    stops.push(async () => admin.close());
    for (const object of [...classes, limits]) await make(member, object);
    const ports = await freeGatePorts();
    const gate = await startGate(member, directory, ports);
    stops.push(() => gate.kill());
    const gateCaPem = await readFile(join(directory, "ca/ca.crt"), "utf8");
    return { member, admin, gate, ports, gateCaPem, audit, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** An account that may do everything on an API server; the caller closes it. */
export async function becomeAdmin({ controlPlane }: Pick<ChartApi, "controlPlane">): Promise<ApiCaller> {
  await eventually("the admin's account", () => controlPlane.kubectl(["create", "serviceaccount", ADMIN]));
  await controlPlane.kubectl([
    "create",
    "clusterrolebinding",
    ADMIN,
    "--clusterrole=cluster-admin",
    `--serviceaccount=default:${ADMIN}`,
  ]);
  const token = await controlPlane.mintToken({ namespace: "default", serviceAccount: ADMIN });
  return callAs(controlPlane.url, controlPlane.authorityPem, token);
}

async function make({ controlPlane }: ChartApi, object: object): Promise<void> {
  await controlPlane.kubectl(["create", "--validate=strict", "-f", "-"], JSON.stringify(object));
}

async function startGate(member: ChartApi, directory: string, ports: GatePorts): Promise<RunningProcess> {
  await mkdir(join(directory, "ca"));
  const gate = await startChartGate(member, directory, ports);
  await eventually("the gate is ready", async () => gate.lines.find(({ msg }) => msg === "gate is ready"));
  return gate;
}

/** The gate with the configuration and the rights that the chart gives it, as a process; `directory` is its volumes. */
export async function startChartGate(
  { controlPlane }: Pick<ChartApi, "controlPlane">,
  directory: string,
  ports: GatePorts,
): Promise<RunningProcess> {
  const inGate = `--namespace=${gateNamespace}`;
  const rendered = JSON.parse(await controlPlane.kubectl(["get", "configmap", "tributary-gate", inGate, "-o", "json"]));
  const config = {
    ...JSON.parse(rendered.data["gate.json"]),
    caDirectory: join(directory, "ca"),
    stateDirectory: directory,
    serverNames: ["gate.test"],
    listen: { ...ports, healthPort: 0 },
  };
  const token = await controlPlane.mintToken({ namespace: gateNamespace, serviceAccount: "tributary-gate" });
  const env = await writeGateFiles(directory, controlPlane, { config, token });
  return startProgram("gate", { name: "gate", env, logPath: join(directory, "gate.jsonl") });
}

// biome-ignore lint/suspicious/noExplicitAny: tests read into pods
export type Pod = any;

/** A seat, and the runtime that it is of. */
export interface SeatOfRuntime extends SeatChoice {
  readonly runtime: string;
}

/** Who makes seats. */
export interface SeatGround {
  readonly member: Pick<ChartApi, "asHub">;
  readonly admin: ApiCaller;
}

/** The pods of a seat: the hub makes its Job of the runtime's PodTemplate as it sees it, and the Job controller makes the pods. */
export async function makeSeat({ member, admin }: SeatGround, seat: SeatOfRuntime): Promise<readonly Pod[]> {
  const { runtime, job, workers, accelerator } = seat;
  const one = `--field-selector=metadata.name=${runtime}`;
  const inJobs = `--namespace=${jobNamespace}`;
  const listed = JSON.parse(await member.asHub(["get", "podtemplates", one, inJobs, "-o", "json"]));
  const { anchor, batchJob } = renderSeat(listed.items[0], { job, workers, accelerator });
  for (const object of [anchor, batchJob]) await member.asHub(["create", "-f", "-"], JSON.stringify(object));
  const { name } = batchJob.metadata;
  const path = `/api/v1/namespaces/${jobNamespace}/pods?labelSelector=batch.kubernetes.io%2Fjob-name%3D${name}`;
  return eventually(`${workers} pods of ${name}`, async () => {
    const { items } = (await admin.call({ method: "GET", path })).body;
    return items.length === workers ? items : undefined;
  });
}

/** The token that the kubelet would give a pod's sidecar. */
export async function tokenOf({ admin }: Pick<EnrolmentGround, "admin">, { metadata, spec }: Pod): Promise<string> {
  const { name, uid } = metadata;
  const body = {
    apiVersion: "authentication.k8s.io/v1",
    kind: "TokenRequest",
    spec: {
      audiences: ["tributary"],
      expirationSeconds: 3600,
      boundObjectRef: { kind: "Pod", apiVersion: "v1", name, uid },
    },
  };
  const path = `/api/v1/namespaces/${metadata.namespace}/serviceaccounts/${spec.serviceAccountName}/token`;
  const answer = await admin.call({ method: "POST", path, body });
  if (answer.status !== 201) throw new Error(`no token for ${name}: ${JSON.stringify(answer.body)}`);
  return answer.body.status.token;
}
