import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { ensureTools, kubectl, type RunningCluster, toStandardError } from "@tributary/clouds";
import { renderAnchor, renderBatchJob, type SeatInput } from "@tributary/operator";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { whyNoClouds } from "../support/can-run-clouds.ts";
import { eventually } from "../support/eventually.ts";
import { stackNames } from "../support/stack/install-stack.ts";
import { installNoopStack } from "../support/stack/noop-stack.ts";
import { runTool } from "../support/stack/run-tool.ts";

const reason = whyNoClouds();
if (reason !== undefined) toStandardError(`charts on real kubelets: ${reason}`);

const { gateNamespace, jobNamespace } = stackNames;

describe.skipIf(reason !== undefined)("the charts on real kubelets", () => {
  let cluster: RunningCluster;
  let member: string;
  let isHubOff = false;

  beforeAll(async () => {
    const { clusters } = await installNoopStack(toStandardError);
    cluster = clusters.members[0]!;
    member = cluster.name;
  });

  // Others find the hub switched on, with a token of its new account.
  afterAll(async () => {
    if (isHubOff) await installNoopStack(toStandardError);
  });

  const inGate = (...command: string[]) =>
    kubectl(member, ["exec", "-n", gateNamespace, "deployment/tributary-gate", "--", ...command]);
  const gateCa = () => inGate("node", "-p", "fs.readFileSync('/var/lib/tributary-gate/ca/ca.crt', 'utf8')");

  it("give a gate that restarts the CA it had", async () => {
    const before = await gateCa();
    await kubectl(member, ["rollout", "restart", "deployment/tributary-gate", "-n", gateNamespace]);
    await kubectl(member, ["rollout", "status", "deployment/tributary-gate", "-n", gateNamespace, "--timeout=120s"], {
      timeoutMs: 150_000,
    });
    expect(await gateCa()).toBe(before);
  });

  it("run processes that are nobody in particular and cannot write their image", async () => {
    expect((await inGate("node", "-p", "process.getuid()")).trim()).toBe("65532");
    await expect(inGate("node", "-e", "fs.writeFileSync('/opt/tributary/gate.mjs', '')")).rejects.toThrow(
      "read-only file system",
    );
  });

  it("keep pods with more rights out of the job namespace", async () => {
    const pod = {
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name: "privileged", namespace: jobNamespace },
      spec: { hostNetwork: true, containers: [{ name: "a", image: "a/b:1" }] },
    };
    await expect(
      kubectl(member, ["create", "--dry-run=server", "-f", "-"], { input: JSON.stringify(pod) }),
    ).rejects.toThrow('violates PodSecurity "restricted');
  });

  it("remove what runs for the hub, before the upgrade that switches it off has ended", async () => {
    const [batchJob] = await startWorkers();
    const listed = (kind: string) => kubectl(member, ["get", kind, "-n", jobNamespace, "-o", "name"]);
    await eventually("a worker on a node", async () => (await podsOf(batchJob!)).find(({ spec }) => spec.nodeName));
    isHubOff = true;
    await switchHubOff();
    expect(await listed("jobs")).toBe("");
    expect(await listed("pods")).toBe("");
    const account = ["get", "serviceaccount", "tributary-hub", "-n", jobNamespace];
    await expect(kubectl(member, account)).rejects.toThrow("not found");
  });

  const podsOf = async (batchJob: string): Promise<{ spec: { nodeName?: string } }[]> => {
    const selector = `batch.kubernetes.io/job-name=${batchJob}`;
    return JSON.parse(await kubectl(member, ["get", "pods", "-n", jobNamespace, "-l", selector, "-o", "json"])).items;
  };

  /** Workers of a hub that is not there to look after them. */
  async function startWorkers(): Promise<string[]> {
    const template = JSON.parse(
      await kubectl(member, ["get", "podtemplate", "noop", "-n", jobNamespace, "-o", "json"]),
    );
    // Clouds that are kept still have the anchor of the run before.
    const uid = randomUUID();
    const input = {
      job: {
        metadata: { name: `left-alone-${uid.slice(0, 8)}`, namespace: "research", uid },
        spec: { failurePolicy: { workerRestartLimit: 3 }, trainer: { task: "noop", seed: 1 } },
      },
      participant: { name: "aws", workers: 1 },
      namespace: jobNamespace,
      origin: "another-hub",
      endpoint: { controlAddress: "192.0.2.10:30443", tensorAddress: "192.0.2.10:30444" },
      caPem: "",
      template,
    } as unknown as SeatInput;
    const objects = [renderAnchor(input), renderBatchJob(input)];
    for (const object of objects) await kubectl(member, ["create", "-f", "-"], { input: JSON.stringify(object) });
    return objects.map(({ metadata }) => metadata.name);
  }

  async function switchHubOff(): Promise<void> {
    const { helm } = await ensureTools(() => {});
    const chart = join(import.meta.dirname, "../../charts/tributary-member");
    const args = ["upgrade", "tributary", chart, "--namespace", gateNamespace, "--reuse-values"];
    await runTool(helm, [...args, "--set", "hub.enabled=false", "--wait", "--timeout", "4m"], {
      env: { KUBECONFIG: cluster.kubeconfigPath },
    });
  }
});
