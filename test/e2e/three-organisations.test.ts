import { join } from "node:path";
import { down, kubeconfigOf, kubectl, toStandardError } from "@tributary/clouds";
import type { AuditLine } from "@tributary/contracts";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { survivorsOf } from "../demo/ledger.ts";
import { whyNoClouds } from "../support/can-run-clouds.ts";
import { eventually } from "../support/eventually.ts";
import { stackNames } from "../support/stack/install-stack.ts";
import {
  type JobRef,
  parseEntry,
  readCommitted,
  readLedger,
  untilCommittedAbove,
  untilCondition,
  untilNothingIsLeft,
  untilTraining,
} from "../support/stack/job-progress.ts";
import { killContainerProcesses, processesOf } from "../support/stack/kill-process.ts";
import { linesInForce } from "../support/stack/member-trust.ts";
import { installNoopStack, type NoopStack, ownNoopJob, readClosedForm } from "../support/stack/noop-stack.ts";
import { applyJob, deleteJob, readJob, waitForEnd } from "../support/stack/run-job.ts";
import { runTool } from "../support/stack/run-tool.ts";

const reason = whyNoClouds() ?? (process.env.KUBECONFIGS ? "KUBECONFIGS names other clusters than lab" : undefined);
if (reason !== undefined) toStandardError(`three organisations: ${reason}`);

const { gateNamespace, hubNamespace } = stackNames;
const organisations = ["aws-us-east-1", "gcp-europe-west4", "lab"] as const;
const localSteps = 4;
const maxRounds = 12;
/** Of four seats so many must sign what is opened: a gate that is away then keeps nobody waiting, and has not signed. */
const threshold = 3;

describe.skipIf(reason !== undefined)("a masked job of three organisations, each of which must be in every sum", () => {
  let stack: NoopStack;
  let job: JobRef;

  beforeAll(async () => {
    stack = await installNoopStack(toStandardError, {}, ["lab"]);
    job = { hub: stack.clusters.hub.name, name: "three-organisations" };
    await deleteJob(job.hub, hubNamespace, job.name);
    const manifest = await ownNoopJob(stack, job.name, (spec) => {
      spec.trainer.hyperparameters.simulateStepMs = 200;
      spec.participants = [
        { name: "aws", cluster: "aws-us-east-1", workers: 2 },
        { name: "gcp", cluster: "gcp-europe-west4", workers: 1 },
        { name: "lab", cluster: "lab", workers: 1 },
      ];
      spec.schedule.synchronous.maxRounds = maxRounds;
      spec.privacy.secureAggregation = { minOrganisations: 3 };
    });
    await applyJob(job.hub, manifest);
  });

  afterAll(async () => {
    if (stack === undefined) return;
    await deleteJob(job.hub, hubNamespace, job.name);
    await kubectl(job.hub, ["delete", "mbr", "lab", "--ignore-not-found", "--timeout=60s"]);
    await down({ extra: ["lab"] });
  });

  it("is masked without having asked for it, and says that no organisation reads another's part", async () => {
    await untilCommittedAbove(job, 0);
    expect(await untilCondition(job, "PeerPrivacy", "OrganisationsHidden")).toContain("at least 3 organisations");
  });

  it("goes on when every gate is killed in a round", async () => {
    await untilTraining(job);
    const before = await readCommitted(job);
    expect(killContainerProcesses(processesOf.gate)).toBe(organisations.length);
    await untilCommittedAbove(job, before);
  });

  it("stops where an organisation withdraws, says whose word it is, and goes on when it is back", async () => {
    const kept = await readPolicy();
    await writePolicy({ ...kept, withdrawn: true });
    const said = await untilCondition(job, "AggregationReady", "TermsRefused", 240_000);
    expect(said).toContain("policy.withdrawn is true");
    expect(said).toContain("lab");
    const { status } = await readJob(job.hub, hubNamespace, job.name);
    expect(status.phase).not.toBe("Failed");
    const before = await readCommitted(job);
    await writePolicy(kept);
    await untilCommittedAbove(job, before, 240_000);
  });

  it("ends with the closed form, and all three are in every sum", async () => {
    const ended = await waitForEnd(job.hub, hubNamespace, job.name, { timeoutMs: 300_000 });
    expect(ended.status.round.committed).toBe(maxRounds);
    const entries = (await readLedger(job)).map(parseEntry).filter(({ outcome }) => outcome === "Committed");
    for (const entry of entries) {
      const participants = new Set(survivorsOf(entry).map(({ participant }) => participant));
      expect([...participants].sort()).toEqual(["aws", "gcp", "lab"]);
    }
    const { want, min, max } = await readClosedForm(stack.modelsFolder, job.name, maxRounds, localSteps);
    expect([min, max]).toEqual([want, want]);
  });

  it("has left a whole trail with each admin: who let it in to which round, and who signed which sum", async () => {
    const { metadata } = await readJob(job.hub, hubNamespace, job.name);
    const trails = await Promise.all(organisations.map((member) => readTrail(member, metadata.uid)));
    const rounds = Array.from({ length: maxRounds }, (_, round) => round);
    for (const trail of trails) expect(linesOf(trail, "Admitted")).toEqual(expect.arrayContaining(rounds));
    for (const round of rounds) {
      const signed = trails.flatMap((trail) => seatsThatSigned(trail, round));
      expect(signed.length, `seats that signed round ${round}`).toBeGreaterThanOrEqual(threshold);
    }
  });

  it("leaves nothing in any member once it is deleted", async () => {
    await deleteJob(job.hub, hubNamespace, job.name);
    await untilNothingIsLeft(job, organisations);
  });
});

const trust = ["configmap", "tributary-gate-trust", "-n", gateNamespace];

/** What the gate of a member has written of a job, as its admin reads it. */
async function readTrail(member: string, jobUid: string): Promise<readonly AuditLine[]> {
  const text = await runTool("node", [
    join(import.meta.dirname, "../../cli/src/main.ts"),
    ...["audit", "--member-kubeconfig", await kubeconfigOf(member), "--job", jobUid, "-o", "json"],
  ]);
  return (JSON.parse(text) as { lines: readonly AuditLine[] }).lines;
}

function linesOf(trail: readonly AuditLine[], kind: AuditLine["kind"]): (number | undefined)[] {
  return trail.filter((one) => one.kind === kind).map(({ line }) => line);
}

/** Workers of the trail's member that signed a round's sums. */
function seatsThatSigned(trail: readonly AuditLine[], round: number): (number | undefined)[] {
  const recorded = trail.filter(({ kind, line }) => kind === "Recorded" && line === round);
  return [...new Set(recorded.map(({ worker }) => worker))];
}

/** The policy of the lab, as its admin reads it. */
async function readPolicy(): Promise<object> {
  return JSON.parse(await kubectl("lab", ["get", ...trust, "-o", "jsonpath={.data.policy\\.json}"]));
}

/** Writes the policy of the lab, by Helm's name so that its next upgrade may too, and waits until its gate goes by it. */
async function writePolicy(policy: object): Promise<void> {
  const before = (await linesInForce("lab")).length;
  const isTaken = async () => ((await linesInForce("lab")).length > before ? true : undefined);
  const data = { "policy.json": JSON.stringify(policy) };
  await kubectl("lab", ["patch", ...trust, "--type=merge", "--field-manager=helm", "-p", JSON.stringify({ data })]);
  await eventually("the gate goes by the policy", isTaken, 150_000);
}
