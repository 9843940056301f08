import {
  type ChartApi,
  isAllowed,
  jobNamespace,
  refusal,
  startHubApi,
  startMemberApi,
  untilRefused,
} from "@tributary/test";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { stringify } from "yaml";
import { bundleOperator } from "../support/operator-process.ts";
import { rigConfiguration } from "../support/operator-rig.ts";
import { until } from "../support/until.ts";

const inJobs = `--namespace=${jobNamespace}`;

describe("the hub's account in a member", () => {
  let member: ChartApi;

  beforeAll(async () => {
    member = await startMemberApi();
    const unlabelled = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "probe", namespace: jobNamespace } };
    await untilRefused(() => member.asHub(["create", "-f", "-"], stringify(unlabelled)), "must carry the label");
  });

  afterAll(async () => {
    await member?.controlPlane.stop();
  });

  const can = (...question: string[]) => isAllowed(member.asHub, ...question);

  it.each([
    ["create", "jobs.batch"],
    ["patch", "jobs.batch"],
    ["delete", "jobs.batch"],
    ["watch", "configmaps"],
    ["patch", "configmaps"],
    ["watch", "pods"],
    ["list", "podtemplates"],
    ["watch", "events"],
  ])("may %s %s where jobs are", async (verb, resource) => {
    expect(await can(verb, resource, inJobs)).toBe(true);
  });

  it("may watch nodes and learn which cluster it speaks to", async () => {
    expect(await can("watch", "nodes")).toBe(true);
    expect(await member.asHub(["get", "namespace", "kube-system", "-o", "name"])).toBe("namespace/kube-system\n");
  });

  it("renews its own token and gets nobody else's", async () => {
    const token = await member.asHub(["create", "token", "tributary-hub", inJobs, "--duration=600s"]);
    expect(token.split(".")).toHaveLength(3);
    expect(await refusal(() => member.asHub(["create", "token", "tributary-worker", inJobs]))).toContain("forbidden");
    expect(
      await refusal(() => member.asHub(["create", "token", "tributary-gate", "--namespace=tributary-gate"])),
    ).toContain("forbidden");
  });

  it("gets no Secret, neither by reading nor by writing", async () => {
    await member.controlPlane.kubectl(["create", "secret", "generic", "key", inJobs, "--from-literal=a=b"]);
    const patch = ["patch", "secret", "key", inJobs, "--type=merge", "--patch", '{"metadata":{"labels":{"a":"b"}}}'];
    expect(await refusal(() => member.asHub(["get", "secret", "key", inJobs]))).toContain("Forbidden");
    expect(await refusal(() => member.asHub(patch))).toContain("Forbidden");
  });

  it.each([
    ["get", "pods"],
    ["create", "pods"],
    ["delete", "pods"],
    ["create", "pods/eviction"],
    ["create", "pods/binding"],
    ["get", "pods/log"],
    ["create", "pods/exec"],
    ["create", "pods/attach"],
    ["create", "pods/portforward"],
    ["patch", "pods/ephemeralcontainers"],
    ["update", "jobs.batch"],
    ["deletecollection", "jobs.batch"],
    ["list", "secrets"],
    ["create", "secrets"],
    ["create", "podtemplates"],
    ["patch", "podtemplates"],
    ["delete", "podtemplates"],
    ["create", "serviceaccounts"],
    ["patch", "networkpolicies.networking.k8s.io"],
    ["delete", "networkpolicies.networking.k8s.io"],
    ["create", "rolebindings.rbac.authorization.k8s.io"],
    ["list", "persistentvolumeclaims"],
    ...["deployments.apps", "statefulsets.apps", "daemonsets.apps", "replicasets.apps", "cronjobs.batch"].map(
      (kind) => ["create", kind],
    ),
    ["create", "replicationcontrollers"],
    ["patch", "jobs.batch/status"],
  ])("may not %s %s where jobs are", async (verb, resource) => {
    expect(await can(verb, resource, inJobs)).toBe(false);
  });

  it.each([
    ["get", "pods", "--namespace=tributary-gate"],
    ["get", "configmaps", "--namespace=tributary-gate"],
    ["get", "configmaps", "--namespace=kube-system"],
    ["list", "namespaces"],
    ["patch", "nodes"],
    ["patch", "validatingadmissionpolicies.admissionregistration.k8s.io"],
  ])("may not %s %s (%s)", async (...question) => {
    expect(await can(...question)).toBe(false);
  });

  it("reads what the gate found of the network, which the gate alone writes, there and in no other ConfigMap", async () => {
    const name = "tributary-gate-network";
    const write = (data: string) => ["patch", "configmap", name, inJobs, "--type=merge", "--patch", data];
    expect(await refusal(() => member.asHub(write('{"data":{"network.json":"{}"}}')))).toContain(
      "may change and delete only what it made",
    );
    const asGate = ["--as=system:serviceaccount:tributary-gate:tributary-gate"];
    const kubectl = (args: readonly string[]) => member.controlPlane.kubectl([...args, ...asGate]);
    await kubectl(write('{"data":{"network.json":"{}"}}'));
    const read = ["get", "configmap", name, inJobs, "-o", "jsonpath={.data.network\\.json}"];
    expect(await member.asHub(read)).toBe("{}");
    for (const other of [
      ["get", "configmap", "kube-root-ca.crt", inJobs],
      ["delete", "configmap", name, inJobs],
      ["get", "configmaps", inJobs],
    ])
      expect(await refusal(() => kubectl(other))).toContain("cannot");
  });

  it("writes no ConfigMap that others made", async () => {
    const patch = ["patch", "configmap", "kube-root-ca.crt", inJobs, "--type=merge", "--patch", '{"data":{"a":"b"}}'];
    expect(await refusal(() => member.asHub(patch))).toContain("may change and delete only what it made");
    expect(await refusal(() => member.asHub(["delete", "configmap", "kube-root-ca.crt", inJobs]))).toContain(
      "may change and delete only what it made",
    );
  });
});

describe("the operator's account on the hub", () => {
  let hub: ChartApi;

  it("is enough to lead, to follow everything and to be ready", async () => {
    const operators = await bundleOperator(hub.controlPlane, rigConfiguration);
    try {
      const operator = await operators.start("operator", { kubeconfig: hub.kubeconfig });
      await operator.logged("this replica leads");
      await until("it is ready", async () => (await operator.readiness()) === 200);
      expect(await operator.metrics()).not.toContain('code="403"');
      operator.child.kill("SIGTERM");
      expect(await operator.ended()).toBe(0);
    } finally {
      await operators.close();
    }
  });

  beforeAll(async () => {
    hub = await startHubApi();
  });

  afterAll(async () => {
    await hub?.controlPlane.stop();
  });

  it.each([
    ["watch", "federatedtrainingjobs.tributary.dev", "--all-namespaces"],
    ["patch", "federatedtrainingjobs.tributary.dev/status", "--all-namespaces"],
    ["create", "trainingrounds.tributary.dev", "--all-namespaces"],
    ["patch", "memberclusters.tributary.dev/status"],
    ["patch", "memberclusters.tributary.dev"],
    ["create", "statefulsets.apps", "--namespace=research"],
    ["patch", "services", "--namespace=research"],
    ["create", "secrets", "--namespace=research"],
    ["get", "persistentvolumeclaims", "--namespace=research"],
    ["create", "events.events.k8s.io", "--namespace=research"],
    ["get", "secrets", "--namespace=tributary-system"],
    ["create", "leases.coordination.k8s.io", "--namespace=tributary-system"],
  ])("may %s %s (%s)", async (...question) => {
    expect(await isAllowed(hub.asHub, ...question)).toBe(true);
  });

  it.each([
    ["list", "secrets", "--all-namespaces"],
    ["list", "secrets", "--namespace=tributary-system"],
    ["get", "pods", "--namespace=research"],
    ["create", "memberclusters.tributary.dev"],
    ["delete", "memberclusters.tributary.dev"],
    ["create", "pods", "--namespace=research"],
    ["create", "pods/exec", "--namespace=research"],
    ["get", "pods/log", "--namespace=research"],
    ["delete", "persistentvolumeclaims", "--namespace=research"],
    ["patch", "federatedtrainingjobs.tributary.dev/scale", "--namespace=research"],
    ["update", "leases.coordination.k8s.io", "--namespace=tributary-system"],
    ["create", "leases.coordination.k8s.io", "--namespace=kube-system"],
    ["create", "clusterrolebindings.rbac.authorization.k8s.io"],
    ["create", "serviceaccounts/token", "--namespace=tributary-system"],
    ["list", "nodes"],
  ])("may not %s %s (%s)", async (...question) => {
    expect(await isAllowed(hub.asHub, ...question)).toBe(false);
  });
});
