import { join } from "node:path";
import { type ControlPlane, startControlPlane } from "@tributary/clouds";
import { memberValues, refusal } from "@tributary/test";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { stringify } from "yaml";
import { hooksOfMember, removeWorkers, runHelm } from "../support/helm.ts";

const chart = join(import.meta.dirname, "../../charts/tributary-member");
const release = ["member", chart, "--namespace=tributary-gate"];
const until = { timeout: 60_000, interval: 500 };

const restricted = {
  securityContext: { runAsNonRoot: true, runAsUser: 65532, seccompProfile: { type: "RuntimeDefault" } },
  containers: [
    {
      name: "a",
      image: "a/b:1",
      securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] } },
    },
  ],
};

let cluster: ControlPlane;

beforeAll(async () => {
  cluster = await startControlPlane({ name: "lost-namespaces", controllerManager: true });
  await cluster.kubectl(["create", "namespace", "tributary-gate"]);
});

afterAll(async () => {
  await cluster?.stop();
});

const create = (object: object) => cluster.kubectl(["create", "-f", "-"], stringify(object));
const namesIn = (kind: string, namespace: string) =>
  cluster.kubectl(["get", kind, `--namespace=${namespace}`, "-o", "jsonpath={.items[*].metadata.name}"]);

/** A worker of the hub in one job namespace, and in the other what keeps it from ending. */
async function install(kept: string, lost: string, isMade: boolean): Promise<void> {
  if (!isMade) await cluster.kubectl(["create", "namespace", lost]);
  const values = {
    ...memberValues,
    // The lost one first: what lies there is what Helm would come to first.
    jobNamespaces: [
      { name: lost, create: isMade, quota: { pods: "100" } },
      { name: kept, create: true, quota: { pods: "100" } },
    ],
    hub: { serviceAccount: { namespace: kept } },
  };
  await runHelm(cluster, ["install", ...release, "--no-hooks"], values);
  const metadata = { name: "worker", namespace: kept, labels: { "tributary.dev/origin": "hub" } };
  // Until the namespace has its default account.
  await vi.waitFor(() => create({ apiVersion: "v1", kind: "Pod", metadata, spec: restricted }), until);
  const stuck = { name: "stuck", namespace: lost, finalizers: ["tributary.test/stuck"] };
  await create({ apiVersion: "v1", kind: "ConfigMap", metadata: stuck });
}

async function letGo(lost: string): Promise<void> {
  const patch = JSON.stringify({ metadata: { finalizers: null } });
  await cluster.kubectl(["patch", "configmap", "stuck", `--namespace=${lost}`, "--type=merge", `--patch=${patch}`]);
}

async function untilGone(lost: string): Promise<void> {
  await vi.waitFor(
    async () => expect(await cluster.kubectl(["get", "namespace", lost, "--ignore-not-found"])).toBe(""),
    until,
  );
}

const switchHub = (enabled: boolean) =>
  runHelm(cluster, ["upgrade", ...release, "--reuse-values", "--no-hooks"], { hub: { enabled } });

describe("the kill switch while one job namespace is lost", () => {
  afterEach(async () => {
    await runHelm(cluster, ["uninstall", "member", "--namespace=tributary-gate"]);
  });

  it.each([
    ["is gone", { kept: "first", lost: "gone", isMade: false, isStuck: false }],
    ["does not end", { kept: "second", lost: "ending", isMade: false, isStuck: true }],
    ["was made by the chart and does not end", { kept: "third", lost: "ending-too", isMade: true, isStuck: true }],
  ])("works in the others when it %s, and says what it passed over", async (_what, { kept, lost, isMade, isStuck }) => {
    await install(kept, lost, isMade);
    expect(await namesIn("rolebindings", kept)).toBe("tributary-gate tributary-hub tributary-hub-token");
    await cluster.kubectl(["delete", "namespace", lost, "--wait=false"]);
    if (isStuck) await vi.waitFor(async () => expect(await namesIn("rolebindings", lost)).toBe(""), until);
    else {
      await letGo(lost);
      await untilGone(lost);
    }

    // As often as it takes.
    for (const _time of [1, 2])
      expect(await switchHub(false)).toContain(`Namespace ${lost} is gone or being deleted: nothing was done in it.`);
    expect(await namesIn("rolebindings", kept)).toBe("tributary-gate tributary-remove-workers");
    expect(await namesIn("serviceaccounts", kept)).not.toContain("tributary-hub");
    const removal = (await hooksOfMember(cluster)).find(({ kind }) => kind === "Job");
    expect(removal?.spec.template.spec.containers[0].env).toEqual([{ name: "TRIBUTARY_JOB_NAMESPACES", value: kept }]);
    await removeWorkers(cluster, kept);
    expect(await namesIn("pods", kept)).toBe("");

    // A hub that is let in cannot be without a namespace that the values promise it.
    const refused = await refusal(() => switchHub(true));
    expect(refused).toMatch(isStuck ? /because it is being terminated/u : /namespaces "gone" not found/u);
    // Also after an upgrade that failed, which leaves a hub with the rights that it got first.
    await switchHub(false);
    expect(await namesIn("rolebindings", kept)).toBe("tributary-gate tributary-remove-workers");
    if (isStuck) {
      await letGo(lost);
      await untilGone(lost);
    }
  });

  it("makes a namespace of its own again that is gone, and looks there too", async () => {
    await install("fourth", "made-again", true);
    await cluster.kubectl(["delete", "namespace", "made-again", "--wait=false"]);
    await letGo("made-again");
    await untilGone("made-again");
    await switchHub(false);
    expect(await namesIn("rolebindings", "fourth")).toBe("tributary-gate tributary-remove-workers");
    await removeWorkers(cluster, "made-again,fourth");
    expect(await namesIn("pods", "fourth")).toBe("");
  });
});
