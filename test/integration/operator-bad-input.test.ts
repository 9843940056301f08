import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { aJob, type Changes } from "../support/a-job.ts";
import { eventually } from "../support/eventually.ts";
import { apply, createOperatorRig, type OperatorRig } from "../support/operator-rig.ts";

const noop: Changes = {
  "spec.model": { source: { persistentVolumeClaim: { claimName: "models", path: "zeros.safetensors" } } },
  "spec.trainer": { runtime: "noop", task: "noop" },
  "spec.participants": [{ name: "aws", cluster: "aws", workers: 3 }],
};

const masked: Changes = { "spec.privacy.secureAggregation": { protocol: "Masking" } };

/** From the first contact with what is wrong until a person can read it. */
const toldWithinMs = 10_000;

interface Told {
  readonly reason: string;
  /** What must be named, and the remedy. */
  readonly parts: readonly string[];
}

describe("bad input that the operator finds", () => {
  let rig: OperatorRig;

  beforeAll(async () => {
    rig = await createOperatorRig(["aws"]);
    rig.startOperator();
    await rig.register("aws", rig.members.aws!.kubeconfig);
    await eventually("aws is ready", async () =>
      (await read("mbr", "aws", "Ready", "status")) === "True" ? true : undefined,
    );
    await apply(rig.hub, aJob({ ...noop, "metadata.name": "good" }));
    await untilPlaced("good");
  });

  afterAll(async () => {
    await rig?.close();
  });

  const read = (kind: string, name: string, type: string, field: string, namespace = "default"): Promise<string> =>
    rig.hub.kubectl([
      ...["get", kind, name, "-n", namespace],
      ...["-o", `jsonpath={.status.conditions[?(@.type=="${type}")].${field}}`],
    ]);

  const disclosuresOf = async (name: string): Promise<string> => {
    const line = "{.role} {.set} {.disclosure}: {.meaning}";
    const lines = `jsonpath={range .status.disclosures[*]}${line}{"|"}{end}`;
    return (await rig.hub.kubectl(["get", "ftj", name, "-o", lines])).replace(/[|]$/u, "");
  };

  const untilPlaced = (name: string): Promise<string> =>
    eventually(`${name} is placed`, async () => {
      const found = await rig.members.aws!.kubectl(["get", "jobs", "-n", "jobs", "-o", "name"]);
      return found.includes(`${name}-aws`) ? found : undefined;
    });

  /** The condition, the event and `kubectl describe` all say what is wrong and what to do. */
  async function expectTold(kind: string, name: string, type: string, { reason, parts }: Told, namespace = "default") {
    await eventually(
      `${kind} ${name}: ${type} has reason ${reason}`,
      async () => ((await read(kind, name, type, "reason", namespace)) === reason ? true : undefined),
      toldWithinMs,
    );
    const message = await read(kind, name, type, "message", namespace);
    for (const part of parts) expect(message).toContain(part);
    const described = await eventually(
      `kubectl describe ${kind} ${name} shows the event`,
      async () => {
        const text = await rig.hub.kubectl(["describe", kind, name, "-n", namespace]);
        return text.slice(text.indexOf("\nEvents:")).includes(reason) ? text : undefined;
      },
      toldWithinMs,
    );
    const [status = "", events = ""] = described.split("\nEvents:");
    for (const text of [status, events]) for (const part of parts) expect(text).toContain(part);
  }

  it.each<[string, Changes, Told]>([
    [
      "an unknown cluster",
      { "spec.participants.0.cluster": "moon" },
      { reason: "ClusterNotFound", parts: ["participant aws", "moon", "kubectl tributary join"] },
    ],
    [
      "a runtime that is not there",
      { "spec.trainer.runtime": "jax" },
      { reason: "RuntimeNotFound", parts: ["runtime jax", "offered (noop)", "spec.trainer.runtime", "member's admin"] },
    ],
    [
      "a runtime of a participant's own that is not there",
      { "spec.participants.0.runtime": "torch" },
      {
        reason: "RuntimeNotFound",
        parts: ["participant aws", "runtime torch", "offered (noop)", "spec.participants[].runtime"],
      },
    ],
    [
      "a data set that is not there",
      { "spec.participants.0.dataset": "secrets" },
      { reason: "DatasetNotFound", parts: ["data set secrets", "none is offered", "member's admin"] },
    ],
    [
      "a claim that is not there",
      { "spec.output.persistentVolumeClaim": "nowhere" },
      { reason: "ClaimNotFound", parts: ["PersistentVolumeClaim nowhere", "create it", "spec.output"] },
    ],
    [
      "masks for two workers",
      {
        ...masked,
        "spec.participants.0.workers": 2,
        "spec.schedule.synchronous.quorum": 2,
      },
      { reason: "TooFewWorkers", parts: ["workers is 2, must be at least 3", "spec.participants", "protocol None"] },
    ],
    [
      "masks for the workers of one organisation",
      masked,
      { reason: "TooFewOrganisations", parts: ["1 organisation (aws)", "must be of at least 2", "protocol None"] },
    ],
    [
      "masks whose quorum opens no sum",
      { ...masked, "spec.schedule.synchronous.quorum": 2 },
      { reason: "QuorumTooLow", parts: ["spec.schedule.synchronous.quorum is 2, must be at least 3", "raise it"] },
    ],
  ])("is told of a job that names %s", async (_what, changes, told) => {
    const name = `bad-${told.reason.toLowerCase()}`;
    await apply(rig.hub, aJob({ ...noop, ...changes, "metadata.name": name }));
    await expectTold("ftj", name, "Accepted", told);
    expect(await rig.hub.kubectl(["get", "ftj", name])).toMatch(/Rejected/u);
    expect(await disclosuresOf(name)).toBe("");
    await rig.hub.kubectl(["delete", "ftj", name, "--timeout=30s"]);
  });

  it("says what the workers of an accepted job disclose", async () => {
    const told = await disclosuresOf("good");
    expect(told.split("|")).toEqual(
      ["update", "training", "evaluation"].map((set) => expect.stringMatching(`^Trainer ${set} SumOnly: .*hub admin`)),
    );
  });

  it("is told of a job whose namespace is not mapped", async () => {
    await rig.hub.kubectl(["create", "namespace", "unmapped"]);
    const claim = { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } } };
    await apply(rig.hub, {
      apiVersion: "v1",
      kind: "PersistentVolumeClaim",
      metadata: { name: "models", namespace: "unmapped" },
      spec: claim,
    });
    await apply(rig.hub, aJob({ ...noop, "metadata.namespace": "unmapped" }));
    const parts = ["MemberCluster aws", "unmapped", "spec.namespaces"];
    await expectTold("ftj", "clinic-notes", "Accepted", { reason: "NamespaceNotMapped", parts }, "unmapped");
  });

  it.each<[string, (good: string) => string, Told]>([
    [
      "a malformed kubeconfig",
      () => "not: a kubeconfig",
      { reason: "KubeconfigInvalid", parts: ["Secret member-wrong", "kubeconfig", "kubectl config use-context"] },
    ],
    [
      "a text that is no YAML",
      () => "{]",
      { reason: "KubeconfigInvalid", parts: ["kubeconfig text", "is not YAML", "as kubectl writes it"] },
    ],
    [
      "an unreachable API server",
      (good) => good.replace(/server: .*/u, "server: https://127.0.0.1:1"),
      { reason: "ClusterUnreachable", parts: ["ECONNREFUSED", "check the address"] },
    ],
    [
      "a refused credential",
      (good) => good.replace(/client-certificate-data: .*/u, "token: wrong").replace(/\s*client-key-data: .*/u, ""),
      { reason: "CredentialRejected", parts: ["Secret member-wrong", "renew the credential"] },
    ],
  ])("is told of a member with %s, and of the jobs that use it", async (_what, kubeconfigOf, told) => {
    const member = "wrong";
    await rig.register(member, kubeconfigOf(rig.members.aws!.kubeconfig));
    await expectTold("mbr", member, "Ready", { ...told, parts: ["MemberCluster wrong", ...told.parts] });
    const name = `uses-${told.reason.toLowerCase()}`;
    await apply(rig.hub, aJob({ ...noop, "metadata.name": name, "spec.participants.0.cluster": member }));
    await expectTold("ftj", name, "ClustersReady", { ...told, parts: ["participant aws", ...told.parts] });
    expect(await read("mbr", "aws", "Ready", "status")).toBe("True");
    await rig.hub.kubectl(["delete", "mbr", member]);
    await rig.hub.kubectl(["delete", "ftj", name, "--timeout=30s"]);
  });

  it("is told of a member whose Secret is not there", async () => {
    await apply(rig.hub, {
      apiVersion: "tributary.dev/v1alpha1",
      kind: "MemberCluster",
      metadata: { name: "no-secret" },
      spec: {
        access: { kubeconfig: { secretName: "absent" } },
        namespaces: [{ hub: "default", member: "jobs" }],
      },
    });
    const parts = ['Secret "absent" does not exist', "create it"];
    await expectTold("mbr", "no-secret", "Ready", { reason: "SecretNotFound", parts });
  });

  it("stops no other job, and kubectl get answers how each is going", async () => {
    await untilPlaced("good");
    const table = await rig.hub.kubectl(["get", "ftj,mbr,trd", "-A"]);
    expect(table).toMatch(/good\s+Starting\s/u);
    expect(table).toMatch(/clinic-notes\s+Rejected\s/u);
    expect(table).toMatch(/membercluster\S*\/aws\s.*True/u);
    expect(table).toMatch(/membercluster\S*\/no-secret\s.*False/u);
  });
});
