import { type ChartApi, hubValues, jobNamespace, memberValues, startHubApi, startMemberApi } from "@tributary/test";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { aJob, type Changes } from "../support/a-job.ts";
import { type AuditLog, createAuditLog, grantedTo } from "../support/audited-rights.ts";
import { renderChart } from "../support/charts.ts";
import { eventually } from "../support/eventually.ts";
import { bundleOperator, type OperatorProcess, type OperatorProcesses } from "../support/operator-process.ts";
import { apply, rigConfiguration } from "../support/operator-rig.ts";

const system = rigConfiguration.operatorNamespace;
const inJobs = `--namespace=${jobNamespace}`;
const jobOf = (name: string, more: Changes = {}) =>
  aJob({
    "metadata.name": name,
    "spec.model": { source: { persistentVolumeClaim: { claimName: "models", path: "zeros.safetensors" } } },
    "spec.trainer": { runtime: "noop", task: "noop" },
    "spec.participants": [{ name: "aws", cluster: "aws", workers: 1 }],
    "spec.schedule": { synchronous: { maxRounds: 10, localSteps: 4, quorum: 1, deadline: "10m" } },
    ...more,
  });

const rounds = "rounds are opened where an aggregator runs, which needs a node";
const leftOver = "what an earlier job of the same name left behind";
const looked = "what is there is looked at before it is written, where the cache does not show it";

/** Rights that this run makes no use of, and why they are granted. */
const hubReasons: Readonly<Record<string, string>> = {
  "create trainingrounds.tributary.dev": rounds,
  "get trainingrounds.tributary.dev": rounds,
  "patch trainingrounds.tributary.dev": rounds,
  "patch trainingrounds/status.tributary.dev": rounds,
  "delete trainingrounds.tributary.dev": rounds,
  "delete configmaps": leftOver,
  "delete secrets": leftOver,
  "delete services": leftOver,
  "delete statefulsets.apps": leftOver,
  "get configmaps": looked,
  "get services": looked,
  "get statefulsets.apps": looked,
  "get federatedtrainingjobs.tributary.dev": "read again when a finalizer's patch met another change",
  "get memberclusters.tributary.dev": "read again when a finalizer's patch met another change",
  "patch memberclusters.tributary.dev": "its finalizer",
  "list events": "why the pod of an aggregator could not be made",
  "patch events.events.k8s.io": "the count of an event that came again within minutes",
  "patch secrets": "a member's token that was renewed; the Secret of a job that somebody changed",
  "update federatedtrainingjobs/finalizers.tributary.dev": "asked for where owner references are checked",
};
const memberReasons: Readonly<Record<string, string>> = {
  "create serviceaccounts/token": "after 80 % of a token's life: test/integration/members-links.test.ts",
  "get namespaces": "which cluster this is, and whether a job namespace is gone",
  "list events": "why pods of a Job could not be made",
  "watch events": "why pods of a Job could not be made",
  "patch jobs.batch": "a Job that somebody changed",
  "list nodes": "either by a list or by a watch's first page",
  "watch nodes": "accelerators as nodes come and go",
};

/** The id that this operator is configured with: it needs no right to find one. */
const configured = { hubId: rigConfiguration.hubId };

let hub: ChartApi;
let member: ChartApi;
let hubLog: AuditLog;
let memberLog: AuditLog;
let operators: OperatorProcesses;
let operator: OperatorProcess;

beforeAll(async () => {
  [hubLog, memberLog] = await Promise.all([createAuditLog(), createAuditLog()]);
  [hub, member] = await Promise.all([
    startHubApi({ apiServerFlags: hubLog.apiServerFlags }, configured),
    startMemberApi(memberValues, { apiServerFlags: memberLog.apiServerFlags }),
  ]);
  await hub.controlPlane.kubectl(["wait", "--for=condition=Established", "--timeout=60s", "crd", "--all"]);
  await apply(hub.controlPlane, {
    apiVersion: "v1",
    kind: "PersistentVolumeClaim",
    metadata: { name: "models", namespace: "default" },
    spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } } },
  });
  operators = await bundleOperator(hub.controlPlane, rigConfiguration);
  operator = await operators.start("operator", { kubeconfig: hub.kubeconfig });
});

afterAll(async () => {
  await operators?.close();
  await Promise.all([hub?.controlPlane.stop(), member?.controlPlane.stop()]);
  await Promise.all([hubLog?.remove(), memberLog?.remove()]);
});

const onHub = (...args: string[]) => hub.controlPlane.kubectl(args);
const seats = () =>
  member.controlPlane.kubectl(["get", "jobs,configmaps", inJobs, "-l", "tributary.dev/origin", "-o", "name"]);
const seatIs = (there: boolean) =>
  eventually(`the seat is ${there ? "there" : "gone"}`, async () =>
    (await seats()).includes("job.batch") === there ? true : undefined,
  );
const setSpec = (name: string, spec: object) =>
  onHub("patch", "ftj", name, "--type=merge", "--patch", JSON.stringify({ spec }));

/** What the operator does from the registration of a member to its removal, as far as it goes without nodes. */
async function liveThrough(): Promise<void> {
  const data = { kubeconfig: Buffer.from(member.kubeconfig).toString("base64") };
  await apply(hub.controlPlane, {
    apiVersion: "v1",
    kind: "Secret",
    metadata: { name: "member-aws", namespace: system },
    data,
  });
  await apply(hub.controlPlane, {
    apiVersion: "tributary.dev/v1alpha1",
    kind: "MemberCluster",
    metadata: { name: "aws" },
    spec: {
      access: { kubeconfig: { secretName: "member-aws" } },
      namespaces: [{ hub: "default", member: jobNamespace }],
      gate: { caBundle: hub.controlPlane.authorityPem },
    },
  });
  await apply(hub.controlPlane, jobOf("clinic-notes"));
  await seatIs(true);
  await onHub(
    "patch",
    "service",
    "clinic-notes-aggregator",
    "--type=merge",
    "--patch",
    '{"spec":{"selector":{"a":"b"}}}',
  );
  await onHub("delete", "statefulset", "clinic-notes-aggregator");
  await eventually("the aggregator is made again", () => onHub("get", "statefulset", "clinic-notes-aggregator"));
  await setSpec("clinic-notes", { suspend: true });
  await seatIs(false);
  await setSpec("clinic-notes", { suspend: false });
  await seatIs(true);
  await onHub("delete", "ftj", "clinic-notes", "--timeout=60s");
  await seatIs(false);
  await apply(hub.controlPlane, jobOf("soon-gone", { "spec.ttlSecondsAfterFinished": 0 }));
  await seatIs(true);
  const failed = {
    type: "Failed",
    status: "True",
    reason: "Test",
    message: "-",
    lastTransitionTime: "2026-01-01T00:00:00Z",
  };
  await onHub(
    "patch",
    "ftj",
    "soon-gone",
    "--subresource=status",
    "--type=merge",
    "--patch",
    JSON.stringify({ status: { conditions: [failed] } }),
  );
  await eventually("the finished job is gone", async () =>
    (await onHub("get", "ftj", "-o", "name")) === "" ? true : undefined,
  );
  await seatIs(false);
  await onHub("delete", "mbr", "aws", "--timeout=60s");
  operator.child.kill("SIGTERM");
  await operator.ended();
}

const missing = (from: ReadonlySet<string>, all: Iterable<string>) =>
  [...all].filter((right) => !from.has(right)).sort();

describe("the rights of the charts", () => {
  beforeAll(liveThrough);

  it.each([
    ["on the hub", "tributary-hub", "tributary-operator", system, () => hubLog, hubReasons],
    ["in a member", "tributary-member", "tributary-hub", jobNamespace, () => memberLog, memberReasons],
  ] as const)(
    "%s are those that the operator makes use of",
    async (_where, chart, account, namespace, log, reasons) => {
      const values = chart === "tributary-hub" ? { ...hubValues, ...configured } : memberValues;
      const release = chart === "tributary-hub" ? system : "tributary-gate";
      const granted = grantedTo(account, await renderChart({ chart, release: "r", namespace: release, values }));
      const { used, forbidden } = await log().read(`system:serviceaccount:${namespace}:${account}`);
      expect(forbidden).toEqual([]);
      expect(missing(granted, used)).toEqual([]);
      expect(missing(used, granted).filter((right) => !(right in reasons))).toEqual([]);
      expect(missing(granted, Object.keys(reasons))).toEqual([]);
    },
  );
});
