import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type ControlPlane, startControlPlane } from "@tributary/clouds";
import { type FederatedTrainingJob, validateFederatedTrainingJob } from "@tributary/contracts";
import { checkJobSpec, readExtendedResource } from "@tributary/contracts/fields";
import fc from "fast-check";
import { validateManifest } from "kubectl-tributary";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { aJob, type Changes, type Manifest, withChanges } from "../support/a-job.ts";
import { anyFieldValue, anyResource } from "../support/any-job.ts";
import { badJobs } from "../support/bad-jobs.ts";

const root = join(import.meta.dirname, "../..");

const aMember: Manifest = {
  apiVersion: "tributary.dev/v1alpha1",
  kind: "MemberCluster",
  metadata: { name: "aws-us-east-1" },
  spec: {
    access: { kubeconfig: { secretName: "aws" } },
    provider: "aws",
    region: "us-east-1",
    namespaces: [{ hub: "default", member: "jobs" }],
  },
};

const asNoop: Changes = {
  "spec.model": { source: { persistentVolumeClaim: { claimName: "models", path: "zeros.safetensors" } } },
  "spec.trainer": { runtime: "noop", task: "noop" },
  "spec.communication": {},
};

describe("the custom resource definitions on a real API server", () => {
  let hub: ControlPlane;

  beforeAll(async () => {
    hub = await startControlPlane({ name: "hub" });
    for (const plural of ["federatedtrainingjobs", "memberclusters", "trainingrounds"]) {
      await hub.kubectl(["apply", "--server-side", "-f", "-"], readFileSync(join(root, `crds/${plural}.yaml`), "utf8"));
    }
    await hub.kubectl(["wait", "--for=condition=Established", "--timeout=60s", "crd", "--all"]);
  });

  afterAll(async () => {
    await hub?.stop();
  });

  const dryRun = (manifest: Manifest): Promise<string> =>
    hub.kubectl(["create", "--dry-run=server", "--validate=strict", "-o", "json", "-f", "-"], JSON.stringify(manifest));

  it("take a good job and fill in its defaults", async () => {
    const job = JSON.parse(await dryRun(aJob())) as { spec: Record<string, unknown> };
    expect(validateManifest(aJob())).toEqual([]);
    expect(job.spec).toMatchObject({
      paradigm: "Horizontal",
      suspend: false,
      roundHistoryLimit: 10,
      communication: { initialStep: "2^-20" },
      failurePolicy: { workerRestartLimit: 10 },
    });
    expect(job.spec.participants).toMatchObject([{ role: "Trainer" }, { role: "Trainer" }]);
  });

  it.each(badJobs)("refuse %s, as kubectl tributary validate does", async (_what, changes, field, message) => {
    const manifest = aJob(changes);
    const refusal = await dryRun(manifest).then(
      () => "taken",
      (error: unknown) => String(error),
    );
    expect(refusal).not.toBe("taken");
    expect(refusal).toContain(message);
    const findings = validateManifest(manifest);
    expect(findings.map((finding) => `${finding.path}: ${finding.message}`).join("\n")).toContain(message);
    if (field !== "") expect(findings.some((finding) => finding.path.startsWith(field))).toBe(true);
    if (field !== "") expect(refusal).toContain(field);
  });

  it("take a member and refuse one that names a hub namespace twice", async () => {
    await dryRun(aMember);
    const twice = withChanges(aMember, {
      "spec.namespaces": [
        { hub: "default", member: "a" },
        { hub: "default", member: "b" },
      ],
    });
    await expect(dryRun(twice)).rejects.toThrow("Duplicate value");
    expect(validateManifest(twice)).toEqual([
      { path: "spec.namespaces[1].hub", message: expect.stringContaining("must be unique") },
    ]);
  });

  it("let the model of a job never change, and its participants only while it is suspended", async () => {
    await hub.kubectl(["create", "-f", "-"], JSON.stringify(aJob()));
    const patch = (value: object): Promise<string> =>
      hub.kubectl(["patch", "ftj", "clinic-notes", "--type=merge", "-p", JSON.stringify({ spec: value })]);
    const otherModel = { model: { source: { persistentVolumeClaim: { path: "other.gguf" } } } };
    for (const change of [{ output: { persistentVolumeClaim: "other" } }, otherModel, { model: null }])
      await expect(patch(change)).rejects.toThrow("create another job");
    await expect(patch({ schedule: { synchronous: { maxRounds: 20 } } })).rejects.toThrow(
      "only while spec.suspend is true",
    );
    await patch({ suspend: true });
    await patch({ schedule: { synchronous: { maxRounds: 20 } } });
    await patch({ suspend: false });
    const maxRounds = await hub.kubectl([
      "get",
      "ftj",
      "clinic-notes",
      "-o",
      "jsonpath={.spec.schedule.synchronous.maxRounds}",
    ]);
    expect(maxRounds).toBe("20");
  });

  const patch = (name: string, value: object): Promise<string> =>
    hub.kubectl(["patch", "ftj", name, "--type=merge", "-p", JSON.stringify({ spec: value })]);

  it.each<[string, object]>([
    ["participants", { participants: [{ name: "aws", cluster: "aws-us-east-1", workers: 9 }] }],
    [
      "a participant's runtime",
      { participants: [{ name: "aws", cluster: "aws-us-east-1", workers: 4, runtime: "torch" }] },
    ],
    [
      "a participant's hyperparameters",
      { participants: [{ name: "aws", cluster: "aws-us-east-1", workers: 4, hyperparameters: { batchSize: 2 } }] },
    ],
    ["trainer", { trainer: { seed: 2 } }],
    ["strategy", { strategy: { name: "FedAdam" } }],
    ["schedule", { schedule: { synchronous: { quorum: 1 } } }],
    ["communication", { communication: { initialStep: "2^-10" } }],
    ["failurePolicy", { failurePolicy: { workerRestartLimit: 0 } }],
    ["convergence", { convergence: { patience: 9 } }],
    ["convergence, by taking it away", { convergence: null }],
  ])("let %s of a job change only while it is suspended", async (what, change) => {
    const name = `edited-${what.replaceAll(/[^a-z]/gu, "").slice(0, 20)}${Object.keys(change).length}`;
    await hub.kubectl(["create", "-f", "-"], JSON.stringify(aJob({ "metadata.name": name })));
    await expect(patch(name, change)).rejects.toThrow("only while spec.suspend is true");
    await patch(name, { suspend: true });
    await patch(name, change);
    await patch(name, { suspend: false });
    await expect(patch(name, { convergence: { metric: "validation_loss", patience: 77 } })).rejects.toThrow(
      "only while spec.suspend is true",
    );
  });

  it("let a job without a convergence rule get one only while it is suspended", async () => {
    await hub.kubectl(
      ["create", "-f", "-"],
      JSON.stringify(aJob({ "metadata.name": "bare", "spec.convergence": undefined })),
    );
    await patch("bare", { roundHistoryLimit: 3 });
    const rule = { convergence: { metric: "validation_loss", patience: 3 } };
    await expect(patch("bare", rule)).rejects.toThrow("only while spec.suspend is true");
    await patch("bare", { suspend: true });
    await patch("bare", rule);
  });

  it("let suspend, time to live and the length of the history change while a job runs", async () => {
    await hub.kubectl(["create", "-f", "-"], JSON.stringify(aJob({ "metadata.name": "live" })));
    await patch("live", { ttlSecondsAfterFinished: 60, roundHistoryLimit: 2, suspend: false });
  });

  it.each(Object.keys(anyFieldValue))(
    "judge %s exactly as its validator and kubectl tributary validate do",
    async (path) => {
      const base: Changes = path.endsWith(".hyperparameters") ? {} : asNoop;
      const values = fc.sample(anyFieldValue[path]!, { numRuns: 60, seed: 9 });
      const jobs = values.map((value, index) => {
        const task = path.endsWith(".hyperparameters") && index % 2 === 0 ? asNoop : base;
        return aJob({ ...task, [path]: value, "metadata.name": `p${index}` });
      });
      const refused = await refusedOf(jobs);
      const verdicts = jobs.map((job, index) => {
        const defaulted = structuredClone(job);
        const fits = validateFederatedTrainingJob(defaulted);
        return {
          value: values[index],
          server: !refused.has(`p${index}`),
          cli: validateManifest(job).length === 0,
          validator: fits ? checkJobSpec((defaulted as unknown as FederatedTrainingJob).spec).length === 0 : false,
        };
      });
      expect(verdicts.filter(({ server, cli, validator }) => server !== cli || server !== validator)).toEqual([]);
      expect(new Set(verdicts.map(({ server }) => server)).size).toBe(2);
    },
  );

  it("take exactly the accelerators that a Job's container may ask for and a device plugin may offer", async () => {
    const resources = [...new Set(fc.sample(anyResource, { numRuns: 200, seed: 9 }))];
    const refused = await refusedOf(resources.map((resource, index) => aBatchJobOn(resource, `p${index}`)));
    const verdicts = resources.map((resource, index) => ({
      resource,
      server: !refused.has(`p${index}`),
      validator: readExtendedResource(resource).ok,
    }));
    const isNative = ({ resource }: { resource: string }) => resource.includes("kubernetes.io/");
    // Those the API server takes without a look, since its own might be among them.
    expect(verdicts.filter((verdict) => isNative(verdict) && verdict.validator)).toEqual([]);
    const others = verdicts.filter((verdict) => !isNative(verdict));
    expect(others.filter(({ server, validator }) => server !== validator)).toEqual([]);
    expect(new Set(others.map(({ server }) => server)).size).toBe(2);
  });

  /** A Job of Kubernetes whose one container asks for one device. */
  function aBatchJobOn(resource: string, name: string): Manifest {
    const containers = [{ name: "trainer", image: "a/b:1", resources: { limits: { [resource]: "1" } } }];
    const template = { spec: { restartPolicy: "Never", containers } };
    return { apiVersion: "batch/v1", kind: "Job", metadata: { name, namespace: "default" }, spec: { template } };
  }

  /** Names of the objects of one kind that a dry run refuses. */
  async function refusedOf(objects: readonly Manifest[]): Promise<Set<string>> {
    const list = JSON.stringify({ apiVersion: "v1", kind: "List", items: objects });
    const said = await hub.kubectl(["create", "--dry-run=server", "-o", "name", "-f", "-"], list).then(
      () => "",
      (error: unknown) => (error as { stderr: string }).stderr,
    );
    return new Set(
      [...said.matchAll(/(?:Job\.batch|FederatedTrainingJob(?:\.tributary\.dev)?|Job) "([^"]+)" is invalid/gu)].map(
        (match) => match[1] as string,
      ),
    );
  }

  it("take a gate's CA as PEM alone", async () => {
    const withCa = (caBundle: string) => withChanges(aMember, { "spec.gate": { caBundle } });
    await dryRun(withCa(hub.authorityPem + hub.authorityPem));
    for (const bundle of ["MIIBszCCAVmgAwIBAgIU", `${hub.authorityPem}-----BEGIN PRIVATE KEY-----`]) {
      await expect(dryRun(withCa(bundle))).rejects.toThrow("must be the certificates of the gate's CA in PEM");
      expect(validateManifest(withCa(bundle)).map(({ path }) => path)).toEqual(["spec.gate.caBundle"]);
    }
  });

  it.each<[string, Changes]>([
    ["masks and nothing else", { protocol: "Masking" }],
    ["masks that all four workers open", { protocol: "Masking", minOrganisations: 3, threshold: 4 }],
  ])("take a job with %s", async (_what, secureAggregation) => {
    const job = aJob({
      "metadata.name": "with-masks",
      "spec.privacy.secureAggregation": secureAggregation,
      "spec.strategy": { name: "FedAvg", parameters: { serverLearningRate: "0.1" } },
    });
    const taken = JSON.parse(await dryRun(job)) as { spec: { privacy: unknown } };
    expect(taken.spec.privacy).toEqual({ secureAggregation });
  });

  it.each<[string, Changes]>([
    ["nothing of privacy", { "spec.privacy": undefined }],
    ["no word of sums", { "spec.privacy": {} }],
    ["no protocol", { "spec.privacy.secureAggregation": {} }],
    ["a protocol of null", { "spec.privacy.secureAggregation": { protocol: null } }],
  ])("mask a job that says %s", async (_what, changes) => {
    const taken = JSON.parse(await dryRun(aJob({ "metadata.name": "by-default", ...changes }))) as Manifest;
    expect(taken.spec).toMatchObject({ privacy: { secureAggregation: { protocol: "Masking" } } });
  });

  it("let nobody take the masks off a job", async () => {
    const masked = { "metadata.name": "masked", "spec.privacy.secureAggregation": { protocol: "Masking" } };
    await hub.kubectl(["create", "-f", "-"], JSON.stringify(aJob(masked)));
    await patch("masked", { suspend: true });
    for (const secureAggregation of [{ protocol: "None" }, { minOrganisations: 1 }, { threshold: 3 }])
      await expect(patch("masked", { privacy: { secureAggregation } })).rejects.toThrow("create another job");
    // The workers may change, and the threshold with them is still one that they reach.
    await patch("masked", { participants: [{ name: "aws", cluster: "aws-us-east-1", workers: 3 }] });
  });

  it.each(["St. Anna Hospital", "Universit\u00e4t Z\u00fcrich", "o".repeat(63)])(
    "take %s for the organisation of a member",
    async (organisation) => {
      const member = withChanges(aMember, { "spec.organisation": organisation });
      await dryRun(member);
      expect(validateManifest(member)).toEqual([]);
    },
  );

  it.each(["", " a", "a ", "a  b", "a\tb", "a\u00a0b", "a\u200bb", "o".repeat(64)])(
    "refuse %j for the organisation of a member",
    async (organisation) => {
      const member = withChanges(aMember, { "spec.organisation": organisation });
      await expect(dryRun(member)).rejects.toThrow("spec.organisation");
      expect(new Set(validateManifest(member).map(({ path }) => path))).toEqual(new Set(["spec.organisation"]));
    },
  );

  it("never let the plan of a round change", async () => {
    const round = {
      apiVersion: "tributary.dev/v1alpha1",
      kind: "TrainingRound",
      metadata: { name: "clinic-notes-r0", namespace: "default" },
      spec: {
        jobName: "clinic-notes",
        jobUid: "u",
        from: 0,
        through: 0,
        attempt: 1,
        quorum: 3,
        deadline: "10m",
        localSteps: 4,
      },
    };
    await hub.kubectl(["create", "-f", "-"], JSON.stringify(round));
    await expect(
      hub.kubectl(["patch", "trd", "clinic-notes-r0", "--type=merge", "-p", '{"spec":{"quorum":1}}']),
    ).rejects.toThrow("never changes");
  });

  it("print how it is going", async () => {
    const table = await hub.kubectl(["get", "ftj,mbr,trd"]);
    expect(table).toMatch(/NAME\s+STATUS\s+ROUND\s+CLUSTERS\s+METRIC\s+AGE/u);
    expect(table).toMatch(/NAME\s+JOB\s+ROUND\s+STATUS\s+REPORTS\s+METRIC\s+SECONDS\s+AGE/u);
  });
});
