import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type ControlPlane, startControlPlane } from "@tributary/clouds";
import { validateManifest } from "kubectl-tributary";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { aJob, type Manifest, withChanges } from "../support/a-job.ts";
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
    await expect(patch({ output: { persistentVolumeClaim: "other" } })).rejects.toThrow("create another job");
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
