import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createLogger, TributaryError } from "@tributary/kit";
import { kubeconfigHubAccess, type LeaderElection, runOperator } from "@tributary/operator";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { aJob } from "../support/a-job.ts";
import { bundleOperator, type OperatorProcess, type OperatorProcesses } from "../support/operator-process.ts";
import { apply, createOperatorRig, type OperatorRig, rigConfiguration } from "../support/operator-rig.ts";
import { until } from "../support/until.ts";

/** Longer than a lease that nobody renews lasts. */
const takeOverMs = 40_000;

const stoodBy = "another replica leads; this one stands by";

const auditPolicy = {
  apiVersion: "audit.k8s.io/v1",
  kind: "Policy",
  omitStages: ["RequestReceived"],
  rules: [{ level: "Metadata", verbs: ["create", "update", "patch", "delete"] }],
};

interface AuditedWrite {
  readonly user: string;
  readonly resource: string;
  readonly atMs: number;
}

describe("two operators on one hub", () => {
  let rig: OperatorRig;
  let operators: OperatorProcesses;
  let folder: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "leadership-"));
    await writeFile(join(folder, "policy.json"), JSON.stringify(auditPolicy));
    const hubFlags = [
      `--audit-policy-file=${join(folder, "policy.json")}`,
      `--audit-log-path=${join(folder, "audit")}`,
    ];
    rig = await createOperatorRig(["aws"], hubFlags);
    // Something to write about: the member's status, every few seconds.
    await rig.register("aws", rig.members.aws!.kubeconfig);
    operators = await bundleOperator(rig.hub, rigConfiguration);
  });

  afterAll(async () => {
    await operators?.close();
    await rig?.close();
    await rm(folder, { recursive: true });
  });

  /** What an operator wrote to the hub, the lease left out, in the API server's order. */
  async function writesOf(...users: string[]): Promise<AuditedWrite[]> {
    const lines = (await readFile(join(folder, "audit"), "utf8")).trim().split("\n");
    return lines
      .map((line) => JSON.parse(line))
      .filter(({ user, objectRef }) => users.includes(user.username) && objectRef?.resource !== "leases")
      .map(({ user, objectRef, requestReceivedTimestamp }) => ({
        user: user.username,
        resource: objectRef.resource,
        atMs: Date.parse(requestReceivedTimestamp),
      }));
  }

  const leads = (operator: OperatorProcess) =>
    until(`${operator.user} leads`, async () => (await operator.series("tributary_leader")) === 1, takeOverMs);
  const isReady = (operator: OperatorProcess) =>
    until(`${operator.user} is ready`, async () => (await operator.readiness()) === 200);
  const wrote = (user: string) => until(`${user} wrote`, async () => (await writesOf(user)).length > 0, takeOverMs);

  async function expectNeverTwoWriters(first: string, second: string): Promise<void> {
    const writers = (await writesOf(first, second)).map(({ user }) => user);
    expect(writers).toContain(second);
    expect(writers.lastIndexOf(first)).toBeLessThan(writers.indexOf(second));
  }

  /** One that leads and one that stands by. */
  async function startPair(first: string, second: string): Promise<[OperatorProcess, OperatorProcess]> {
    const leader = await operators.start(first);
    await leads(leader);
    const standby = await operators.start(second);
    await standby.logged(stoodBy);
    return [leader, standby];
  }

  async function expectLookedAt(name: string): Promise<void> {
    await until(
      `${name} is looked at`,
      async () => (await rig.read('{.status.conditions[?(@.type=="Accepted")].status}', name)) !== "",
      takeOverMs,
    );
  }

  async function endWell(operator: OperatorProcess): Promise<void> {
    operator.child.kill("SIGTERM");
    expect(await operator.ended()).toBe(0);
  }

  it("lets one work while the other is ready and writes nothing, and hands over when it ends", async () => {
    const [first, second] = await startPair("polite-1", "polite-2");
    await isReady(first);
    await isReady(second);
    expect(await second.series("tributary_leader")).toBe(0);
    await until("the member is ready", async () => {
      const path = 'jsonpath={.status.conditions[?(@.type=="Ready")].status}';
      return (await rig.hub.kubectl(["get", "mbr", "aws", "-o", path])) === "True";
    });
    await wrote("polite-1");
    expect(await writesOf("polite-2")).toEqual([]);
    expect(await first.series('tributary_cluster_up{cluster="aws"}')).toBe(1);
    for (const cluster of ["hub", "aws"]) {
      const calls = `tributary_api_requests_total{cluster="${cluster}",verb="list",code="200"}`;
      expect(await first.series(calls)).toBeGreaterThan(0);
      expect(await first.series(`tributary_tls_handshakes_total{cluster="${cluster}"}`)).toBeGreaterThan(0);
      expect(await first.series(`tributary_watch_lists_total{cluster="${cluster}",kind="configmaps"}`)).toBeGreaterThan(
        0,
      );
    }
    await endWell(first);
    await leads(second);
    await wrote("polite-2");
    await expectNeverTwoWriters("polite-1", "polite-2");
    await endWell(second);
    const holder = [
      "get",
      "lease",
      "tributary-operator",
      "-n",
      "tributary-system",
      "-o",
      "jsonpath={.spec.holderIdentity}",
    ];
    expect(await rig.hub.kubectl(holder)).toBe("");
  });

  it("goes on when the leader is killed (kill -9)", async () => {
    const [first, second] = await startPair("killed-1", "killed-2");
    await wrote("killed-1");
    first.child.kill("SIGKILL");
    await apply(rig.hub, aJob({ "metadata.name": "after-kill" }));
    await leads(second);
    await expectLookedAt("after-kill");
    await expectNeverTwoWriters("killed-1", "killed-2");
    await endWell(second);
  });

  it("lets a leader that was stopped (SIGSTOP) and comes back (SIGCONT) write nothing, and ends it with 1", async () => {
    const [first, second] = await startPair("stopped-1", "stopped-2");
    await wrote("stopped-1");
    first.child.kill("SIGSTOP");
    await apply(rig.hub, aJob({ "metadata.name": "after-stop" }));
    await leads(second);
    await expectLookedAt("after-stop");
    // Something that it would write about at once, were it not for the fence.
    await apply(rig.hub, aJob({ "metadata.name": "on-return" }));
    first.child.kill("SIGCONT");
    expect(await first.ended()).toBe(1);
    expect(first.log.at(-1)).toMatchObject({ code: "LEADERSHIP_LOST" });
    await expectLookedAt("on-return");
    await expectNeverTwoWriters("stopped-1", "stopped-2");
    await endWell(second);
  });

  it("writes nothing while its fence is closed, whatever else it believes, and goes on when it opens", async () => {
    let isOpen = false;
    const refused: string[] = [];
    const fence = {
      isLeading: () => isOpen,
      token: () => 1,
      assertLeading() {
        if (isOpen) return;
        refused.push("write");
        throw new TributaryError("LEADERSHIP_LOST", "the fence is closed");
      },
    };
    const election: LeaderElection = {
      fence,
      lost: new AbortController().signal,
      hasSeenLease: () => true,
      whenLeading: async () => true,
      release: async () => {},
    };
    const hub = kubeconfigHubAccess(
      await readFile(await rig.hub.kubeconfigFor({ user: "fenced", groups: ["system:masters"] }), "utf8"),
    );
    const log = createLogger("operator", "silent");
    const stop = new AbortController();
    const options = { hub, configuration: rigConfiguration, election, instance: "fenced", log };
    const running = runOperator(options, stop.signal);
    await apply(rig.hub, aJob({ "metadata.name": "fenced" }));
    await until("writes are refused", () => refused.length > 5, takeOverMs);
    expect(await writesOf("fenced")).toEqual([]);
    isOpen = true;
    await wrote("fenced");
    await expectLookedAt("fenced");
    stop.abort();
    await running;
  });

  it("does not wait for the lease of a container of its own pod that was killed", async () => {
    const first = await operators.start("container-1", { podName: "pod-a" });
    await leads(first);
    first.child.kill("SIGKILL");
    await first.ended();
    const second = await operators.start("container-2", { podName: "pod-a" });
    await leads(second);
    expect(second.log.map(({ msg }) => msg)).not.toContain(stoodBy);
    await endWell(second);
  });
});
