import { kubectl, toStandardError } from "@tributary/clouds";
import { beforeAll, describe, expect, it } from "vitest";
import { whyNoClouds } from "../support/can-run-clouds.ts";
import { stackNames } from "../support/stack/install-stack.ts";
import { installNoopStack } from "../support/stack/noop-stack.ts";

const reason = whyNoClouds();
if (reason !== undefined) toStandardError(`charts on real kubelets: ${reason}`);

const { gateNamespace, jobNamespace } = stackNames;

describe.skipIf(reason !== undefined)("the charts on real kubelets", () => {
  let member: string;

  beforeAll(async () => {
    const { clusters } = await installNoopStack(toStandardError);
    member = clusters.members[0]!.name;
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
});
