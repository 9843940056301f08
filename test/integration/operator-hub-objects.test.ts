import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { aJob, type Changes, type Manifest } from "../support/a-job.ts";
import { eventually } from "../support/eventually.ts";
import { apply, createOperatorRig, type OperatorRig } from "../support/operator-rig.ts";

const noop: Changes = {
  "spec.model": { source: { persistentVolumeClaim: { claimName: "models", path: "zeros.safetensors" } } },
  "spec.trainer": { runtime: "noop", task: "noop" },
  "spec.participants": [{ name: "aws", cluster: "aws", workers: 1 }],
  "spec.schedule": { synchronous: { maxRounds: 10, localSteps: 2, quorum: 1, deadline: "1m" } },
};
const named = (name: string): Changes => ({ ...noop, "metadata.name": name });

interface Live {
  readonly metadata: {
    readonly uid: string;
    readonly generation?: number;
    readonly ownerReferences?: readonly { readonly kind: string; readonly uid: string }[];
  };
  readonly spec: Record<string, never>;
  readonly data: Record<string, string>;
}

describe("a job's objects on the hub, on a real API server", () => {
  let rig: OperatorRig;
  let directory: string;

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), "hub-objects-"));
    const policy = {
      apiVersion: "audit.k8s.io/v1",
      kind: "Policy",
      omitStages: ["RequestReceived"],
      rules: [{ level: "Metadata" }],
    };
    await writeFile(join(directory, "policy.json"), JSON.stringify(policy));
    rig = await createOperatorRig(
      ["aws"],
      [`--audit-policy-file=${join(directory, "policy.json")}`, `--audit-log-path=${join(directory, "audit.log")}`],
    );
    rig.startOperator();
    await rig.register("aws", rig.members.aws!.kubeconfig);
  });

  afterAll(async () => {
    await rig?.close();
    await rm(directory, { recursive: true, force: true });
  });

  const conditionOf = async (type: string, name: string) => ({
    reason: await rig.read(`{.status.conditions[?(@.type=="${type}")].reason}`, name),
    message: await rig.read(`{.status.conditions[?(@.type=="${type}")].message}`, name),
  });
  const live = async (kind: string, name: string): Promise<Live | undefined> => {
    const text = await rig.hub.kubectl(["get", kind, name, "--ignore-not-found", "-o", "json"]);
    return text === "" ? undefined : JSON.parse(text);
  };
  const whenPlaced = (name: string) =>
    eventually(`${name} is placed`, async () => {
      const jobs = await rig.members.aws!.kubectl([
        "get",
        "jobs",
        "-n",
        "jobs",
        "-l",
        `tributary.dev/job-name=${name}`,
        "-o",
        "name",
      ]);
      return jobs === "" ? undefined : jobs;
    });
  const writesOf = async (name: string) => {
    const lines = (await readFile(join(directory, "audit.log"), "utf8")).split("\n").filter((line) => line !== "");
    const events = lines.map((line) => JSON.parse(line));
    return events.filter(
      ({ verb, userAgent, objectRef }) =>
        ["create", "update", "patch", "delete"].includes(verb) &&
        userAgent.startsWith("tributary") &&
        objectRef?.subresource === undefined &&
        objectRef?.name?.startsWith(name),
    );
  };
  const patch = (kind: string, name: string, operations: object[]) =>
    rig.hub.kubectl(["patch", kind, name, "--type=json", "-p", JSON.stringify(operations)]);

  const theirs: readonly { readonly kind: string; readonly suffix: string; readonly fields: Manifest }[] = [
    {
      kind: "Service",
      suffix: "aggregator",
      fields: { spec: { selector: { app: "theirs" }, ports: [{ port: 80 }] } } as never,
    },
    { kind: "ConfigMap", suffix: "aggregator", fields: { data: { mine: "yes" } } as never },
    { kind: "Secret", suffix: "aggregator", fields: { stringData: { mine: "yes" } } as never },
    { kind: "Secret", suffix: "ca", fields: { stringData: { mine: "yes" } } as never },
  ];

  it.each(theirs)(
    "leaves a $kind of somebody else named JOB-$suffix alone, says so, and goes on once it is gone",
    async ({ kind, suffix, fields }) => {
      const name = `own-${kind.toLowerCase()}-${suffix}`;
      const object = `${name}-${suffix}`;
      await apply(rig.hub, {
        apiVersion: "v1",
        kind,
        metadata: { name: object, namespace: "default" },
        ...fields,
      } as never);
      const before = await live(kind, object);
      await apply(rig.hub, aJob(named(name)));
      const said = await eventually("the condition says so", async () => {
        const condition = await conditionOf("AggregationReady", name);
        return condition.reason === "NameTaken" ? condition : undefined;
      });
      expect(said.message).toContain(
        `${kind} default/${object} in cluster hub exists and is not ours (made with kubectl)`,
      );
      expect(said.message).toContain("rename the job or remove the object");
      expect(await live("StatefulSet", `${name}-aggregator`)).toBeUndefined();
      expect(await live(kind, object)).toEqual(before);
      await rig.hub.kubectl(["delete", "ftj", name, "--timeout=60s"]);
      expect(await live(kind, object)).toEqual(before);
      await apply(rig.hub, aJob(named(name)));
      await rig.hub.kubectl(["delete", kind, object]);
      await whenPlaced(name);
      const owners = (await live(kind, object))?.metadata.ownerReferences;
      expect(owners).toMatchObject([{ kind: "FederatedTrainingJob" }]);
      await rig.hub.kubectl(["delete", "ftj", name, "--timeout=60s"]);
    },
  );

  it.each([
    {
      what: "somebody else",
      owner: undefined,
      reason: "NameTaken",
      said: "exists and is not ours (made with kubectl)",
    },
    { what: "an earlier job of the same name", owner: "gone-uid", reason: "CleanupPending", said: "of an earlier job" },
  ])(
    "starts no aggregator on a claim of $what that has the ledger's name, says so, and goes on once it is gone",
    async ({ owner, reason, said }) => {
      const name = `ledger-${reason.toLowerCase()}`;
      const claim = `data-${name}-aggregator-0`;
      const ownerReferences =
        owner === undefined
          ? []
          : [{ apiVersion: "tributary.dev/v1alpha1", kind: "FederatedTrainingJob", name, uid: owner }];
      await apply(rig.hub, {
        apiVersion: "v1",
        kind: "PersistentVolumeClaim",
        // A finalizer, since the garbage collector removes what belongs to a job that never was.
        metadata: { name: claim, namespace: "default", ownerReferences, finalizers: ["example.dev/keep"] },
        spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } } },
      } as never);
      const before = await live("pvc", claim);
      await apply(rig.hub, aJob(named(name)));
      const condition = await eventually("the condition says so", async () => {
        const now = await conditionOf("AggregationReady", name);
        return now.reason === reason ? now : undefined;
      });
      expect(condition.message).toContain(`PersistentVolumeClaim default/${claim} `);
      expect(condition.message).toContain(said);
      expect(await live("StatefulSet", `${name}-aggregator`)).toBeUndefined();
      await rig.hub.kubectl(["delete", "pvc", claim, "--wait=false"]);
      await patch("pvc", claim, [{ op: "remove", path: "/metadata/finalizers" }]);
      await whenPlaced(name);
      const after = await eventually("a claim of its own", () => live("pvc", claim));
      expect(after.metadata.uid).not.toBe(before?.metadata.uid);
      expect(after.metadata.ownerReferences).toMatchObject([{ kind: "FederatedTrainingJob" }]);
      await rig.hub.kubectl(["delete", "ftj", name, "--timeout=60s"]);
    },
  );

  it("says why the aggregator's pod is not made, and goes on once it may be", async () => {
    const name = "refused";
    const quota = { apiVersion: "v1", kind: "ResourceQuota", metadata: { name: "none", namespace: "default" } };
    await apply(rig.hub, { ...quota, spec: { hard: { pods: "0" } } } as never);
    await eventually(
      "the quota holds",
      async () => ((await live("resourcequota", "none")) as never as { status?: { hard?: object } })?.status?.hard,
    );
    await apply(rig.hub, aJob(named(name)));
    const said = await eventually("the condition says so", async () => {
      const condition = await conditionOf("AggregationReady", name);
      return condition.reason === "QuotaExceeded" ? condition : undefined;
    });
    expect(said.message).toContain(`StatefulSet ${name}-aggregator: `);
    expect(said.message).toContain("exceeded quota");
    expect(said.message).toContain("raise the ResourceQuota");
    await rig.hub.kubectl(["delete", "resourcequota", "none"]);
    await rig.hub.kubectl(["delete", "ftj", name, "--timeout=60s"]);
  });

  it("writes each object once, however often the job is looked at", async () => {
    await apply(rig.hub, aJob(named("calm")));
    await whenPlaced("calm");
    const before = (await writesOf("calm-"))
      .map(({ verb, objectRef }) => `${verb} ${objectRef.resource} ${objectRef.name}`)
      .sort();
    expect(before).toEqual([
      "patch configmaps calm-aggregator",
      "patch secrets calm-aggregator",
      "patch secrets calm-ca",
      "patch services calm-aggregator",
      "patch statefulsets calm-aggregator",
    ]);
    for (let look = 0; look < 20; look += 1)
      await rig.hub.kubectl(["annotate", "ftj", "calm", `example.dev/look=${look}`, "--overwrite"]);
    await rig.hub.kubectl(["annotate", "statefulset", "calm-aggregator", "example.dev/theirs=kept"]);
    await rig.hub.kubectl(["annotate", "ftj", "calm", "example.dev/look=last", "--overwrite"]);
    await eventually("the last look is over", async () => {
      const seen = await rig.hub.kubectl([
        "get",
        "ftj",
        "calm",
        "-o",
        "jsonpath={.metadata.annotations.example\\.dev/look}",
      ]);
      return seen === "last" ? true : undefined;
    });
    // A kind that is mended at the next look shows that looks went on.
    await patch("configmap", "calm-aggregator", [{ op: "remove", path: "/data/job.json" }]);
    await eventually(
      "the ConfigMap again",
      async () => (await live("configmap", "calm-aggregator"))?.data?.["job.json"],
    );
    expect((await writesOf("calm-")).filter(({ userAgent }) => userAgent.startsWith("tributary")).length).toBe(
      before.length + 1,
    );
  });

  it.each([
    {
      what: "a scaled StatefulSet",
      kind: "statefulset",
      operations: [{ op: "replace", path: "/spec/replicas", value: 0 }],
    },
    {
      what: "another image",
      kind: "statefulset",
      operations: [{ op: "replace", path: "/spec/template/spec/containers/0/image", value: "evil" }],
    },
    {
      what: "another selector",
      kind: "service",
      operations: [{ op: "replace", path: "/spec/selector", value: { app: "evil" } }],
    },
    { what: "another port", kind: "service", operations: [{ op: "replace", path: "/spec/ports/0/port", value: 1 }] },
    {
      what: "another configuration",
      kind: "configmap",
      operations: [{ op: "replace", path: "/data/job.json", value: "{}" }],
    },
  ])("mends $what", async ({ kind, operations }) => {
    const before = await live(kind, "calm-aggregator");
    await patch(kind, "calm-aggregator", operations);
    await eventually("it is as before", async () => {
      const now = await live(kind, "calm-aggregator");
      return JSON.stringify([now?.spec, now?.data]) === JSON.stringify([before?.spec, before?.data]) ? true : undefined;
    });
  });

  it.each(["configmap", "service", "statefulset"])("makes a deleted %s again", async (kind) => {
    const before = await live(kind, "calm-aggregator");
    await rig.hub.kubectl(["delete", kind, "calm-aggregator"]);
    await eventually("another one", async () => {
      const now = await live(kind, "calm-aggregator");
      return now !== undefined && now.metadata.uid !== before?.metadata.uid ? now : undefined;
    });
  });

  const secretOf = async (name: string) => (await live("secret", name))?.data ?? {};
  const anchorOf = (name: string) =>
    rig.members.aws!.kubectl([
      "get",
      "configmap",
      "-n",
      "jobs",
      "-l",
      `tributary.dev/job-name=${name}`,
      "-o",
      "jsonpath={.items[0].data}",
    ]);

  it("replaces a lost job CA, while workers go on knowing the aggregator by its certificate", async () => {
    const [before, anchor, set] = [
      await secretOf("calm-aggregator"),
      await anchorOf("calm"),
      await live("statefulset", "calm-aggregator"),
    ];
    await rig.hub.kubectl(["delete", "secret", "calm-ca"]);
    const ca = await eventually("another CA", async () => {
      const now = await secretOf("calm-ca");
      return now["ca.crt"] !== undefined && now["ca.crt"] !== before["ca.crt"] ? now["ca.crt"] : undefined;
    });
    const after = await eventually("the aggregator is given it", async () => {
      const now = await secretOf("calm-aggregator");
      return now["ca.crt"] === ca ? now : undefined;
    });
    expect(after).toEqual({ ...before, "ca.crt": ca });
    await eventually("the aggregator starts again with it", async () => {
      const now = await live("statefulset", "calm-aggregator");
      return now?.metadata.generation !== set?.metadata.generation ? now : undefined;
    });
    expect(await anchorOf("calm")).toBe(anchor);
  });

  it("issues a lost certificate of the aggregator again by the same CA", async () => {
    const [before, ca] = [await secretOf("calm-aggregator"), await secretOf("calm-ca")];
    await rig.hub.kubectl(["delete", "secret", "calm-aggregator"]);
    const after = await eventually("another certificate", async () => {
      const now = await secretOf("calm-aggregator");
      return now["tls.crt"] !== undefined && now["tls.crt"] !== before["tls.crt"] ? now : undefined;
    });
    expect(after["ca.crt"]).toBe(ca["ca.crt"]);
    expect(await secretOf("calm-ca")).toEqual(ca);
  });

  it("tells workers of another CA when both Secrets are lost at once, and leaves their Job alone", async () => {
    const [before, jobsBefore] = [await secretOf("calm-aggregator"), await whenPlaced("calm")];
    const uidOf = () =>
      rig.members.aws!.kubectl(["get", "-n", "jobs", jobsBefore.trim(), "-o", "jsonpath={.metadata.uid}"]);
    const uid = await uidOf();
    await rig.hub.kubectl(["delete", "secret", "calm-aggregator", "calm-ca"]);
    const after = await eventually("other certificates", async () => {
      const now = await secretOf("calm-aggregator");
      const ca = now["server-ca.crt"];
      return ca !== undefined && ca !== before["server-ca.crt"] ? ca : undefined;
    });
    const [, line] = Buffer.from(after, "base64").toString("utf8").split("\n");
    await eventually("the workers' parameters name it", async () =>
      (await anchorOf("calm")).includes(line ?? "-") ? true : undefined,
    );
    expect(await uidOf()).toBe(uid);
  });

  it("keeps the ledger's claim for the job when the StatefulSet is deleted, and makes a StatefulSet of other fixed fields again", async () => {
    const claim = await eventually("the claim", () => live("pvc", "data-calm-aggregator-0"));
    expect(claim.metadata.ownerReferences?.map(({ kind }) => kind)).toEqual(["FederatedTrainingJob"]);
    const { metadata, spec, ...rest } = JSON.parse(
      await rig.hub.kubectl(["get", "statefulset", "calm-aggregator", "-o", "json"]),
    );
    await rig.stopOperator();
    await rig.hub.kubectl(["delete", "statefulset", "calm-aggregator"]);
    const { name, namespace, labels, ownerReferences } = metadata;
    const [container] = spec.template.spec.containers;
    container.volumeMounts = container.volumeMounts.filter((mount: { name: string }) => mount.name !== "data");
    const withoutClaim = { ...spec, volumeClaimTemplates: [] };
    await apply(rig.hub, {
      ...rest,
      status: undefined,
      metadata: { name, namespace, labels, ownerReferences },
      spec: withoutClaim,
    } as never);
    rig.startOperator();
    await eventually("a StatefulSet with its claim", async () => {
      const now = await live("statefulset", "calm-aggregator");
      return now?.spec.volumeClaimTemplates?.[0] === undefined ? undefined : now;
    });
    expect((await live("pvc", "data-calm-aggregator-0"))?.metadata.uid).toBe(claim.metadata.uid);
  });

  it("leaves a running aggregator as it was accepted, and takes the new values when the job is resumed", async () => {
    const newer = { image: "dataplane:2", imagePullPolicy: "Always", dataVolumeSize: "3Gi", memoryLimit: "1Gi" };
    const [set, config] = [await live("statefulset", "calm-aggregator"), await live("configmap", "calm-aggregator")];
    await rig.stopOperator();
    const spec = { gate: { caBundle: rig.hub.authorityPem + rig.members.aws!.authorityPem } };
    await rig.hub.kubectl(["patch", "mbr", "aws", "--type=merge", "-p", JSON.stringify({ spec })]);
    rig.startOperator(undefined, { aggregator: newer });
    await patch("statefulset", "calm-aggregator", [{ op: "replace", path: "/spec/replicas", value: 3 }]);
    await eventually("a look at the job", async () =>
      (await live("statefulset", "calm-aggregator"))?.spec.replicas === (1 as never) ? true : undefined,
    );
    expect((await live("statefulset", "calm-aggregator"))?.spec).toEqual(set?.spec);
    expect((await live("configmap", "calm-aggregator"))?.data).toEqual(config?.data);
    await rig.hub.kubectl(["patch", "ftj", "calm", "--type=merge", "-p", '{"spec":{"suspend":true}}']);
    await eventually("it is suspended", async () =>
      (await conditionOf("Suspended", "calm")).reason === "Suspended" ? true : undefined,
    );
    expect((await live("statefulset", "calm-aggregator"))?.spec).toEqual(set?.spec);
    await rig.hub.kubectl(["patch", "ftj", "calm", "--type=merge", "-p", '{"spec":{"suspend":false}}']);
    await eventually("the new values", async () => {
      const spec = (await live("statefulset", "calm-aggregator"))?.spec as never as
        | {
            template: { spec: { containers: [{ image: string }] } };
            volumeClaimTemplates: [{ spec: { resources: { requests: { storage: string } } } }];
          }
        | undefined;
      const [image, size] = [
        spec?.template.spec.containers[0].image,
        spec?.volumeClaimTemplates[0].spec.resources.requests.storage,
      ];
      return image === newer.image && size === newer.dataVolumeSize ? true : undefined;
    });
    const kept = JSON.parse((await live("configmap", "calm-aggregator"))!.data["job.json"]!);
    expect(kept.clusters).toEqual([{ name: "aws", gateCaPem: spec.gate.caBundle }]);
    expect(await conditionOf("AggregationReady", "calm")).toMatchObject({ reason: "AggregatorNotReady" });
  });
});
