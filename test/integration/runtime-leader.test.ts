import { type ChildProcess, spawn } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { type ControlPlane, startControlPlane } from "@tributary/clouds";
import { Kinds } from "@tributary/contracts";
import { type ClusterConnection, connectCluster, type KubeObject } from "@tributary/operator";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { startFaultProxy } from "../support/fault-proxy.ts";
import { until } from "../support/until.ts";

interface Message {
  readonly type: string;
  readonly token?: number;
  readonly code?: string;
}

interface Candidate {
  readonly child: ChildProcess;
  readonly messages: Message[];
  told(type: string): Promise<Message>;
}

const program = new URL("../support/lease-candidate.ts", import.meta.url).pathname;
const lease = { namespace: "default", name: "test-leader" };
const candidates: Candidate[] = [];

let cluster: ControlPlane;
let admin: ClusterConnection;

beforeAll(async () => {
  cluster = await startControlPlane({ name: "leader" });
  admin = connectCluster(cluster.kubeconfig, { cluster: "admin" });
});

beforeEach(async () => {
  await admin.client.delete(Kinds.Lease, lease);
});

afterEach(() => {
  for (const { child } of candidates.splice(0)) child.kill("SIGKILL");
});

afterAll(async () => {
  await admin?.close();
  await cluster?.stop();
});

interface CandidateOptions {
  readonly kubeconfigPath?: string;
  readonly busyMs?: number;
  readonly stops?: boolean;
}

function start(identity: string, more: CandidateOptions = {}): Candidate {
  const args = [more.kubeconfigPath ?? cluster.kubeconfigPath, identity, "3000", String(more.busyMs ?? 0)];
  const child = spawn(process.execPath, [program, ...args, ...(more.stops ? ["stops"] : [])], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const messages: Message[] = [];
  createInterface({ input: child.stdout }).on("line", (line) => messages.push(JSON.parse(line) as Message));
  const candidate: Candidate = {
    child,
    messages,
    told: (type) => until(`${identity} tells ${type}`, () => messages.find((message) => message.type === type)),
  };
  candidates.push(candidate);
  return candidate;
}

/** Versions of the objects that each wrote: the API server's own order of the writes. */
async function versionsOf(writer: string): Promise<number[]> {
  const objects = await admin.client.list(Kinds.ConfigMap, { namespace: "default", labelSelector: `writer=${writer}` });
  return objects.map(({ metadata }) => Number(metadata.resourceVersion));
}

/** Every write of the first lies before every write of the second. */
async function expectNeverTwoWriters(first: string, second: string): Promise<void> {
  const [before, after] = await Promise.all([versionsOf(first), versionsOf(second)]);
  expect(before.length).toBeGreaterThan(0);
  expect(after.length).toBeGreaterThan(0);
  expect(Math.max(...before)).toBeLessThan(Math.min(...after));
}

describe("leader election between processes on a real API server", () => {
  it("hands over when the leader ends well, with a greater token", async () => {
    const first = start("polite-1");
    const { token } = await first.told("leading");
    await first.told("wrote");
    const second = start("polite-2");
    await second.told("started");
    expect(second.messages.some(({ type }) => type === "leading")).toBe(false);
    first.child.kill("SIGTERM");
    await first.told("ended");
    expect((await second.told("leading")).token).toBeGreaterThan(token as number);
    await second.told("wrote");
    await expectNeverTwoWriters("polite-1", "polite-2");
  });

  it("takes over from a leader that was killed", async () => {
    const first = start("killed-1");
    await first.told("wrote");
    const second = start("killed-2");
    await second.told("started");
    first.child.kill("SIGKILL");
    await second.told("wrote");
    await expectNeverTwoWriters("killed-1", "killed-2");
  });

  it("never lets a leader write that was stopped (SIGSTOP) between two writes and comes back (SIGCONT)", async () => {
    const first = start("stopped-1", { stops: true });
    await first.told("stopping");
    const second = start("stopped-2");
    await second.told("wrote");
    first.child.kill("SIGCONT");
    expect(await first.told("refused")).toMatchObject({ code: "LEADERSHIP_LOST" });
    await first.told("lost");
    await first.told("ended");
    await expectNeverTwoWriters("stopped-1", "stopped-2");
  });

  it("lets a leader that was stopped at any moment finish the one write that it was handing over, and begin no other", async () => {
    const first = start("halted-1");
    await first.told("wrote");
    const second = start("halted-2");
    await second.told("started");
    first.child.kill("SIGSTOP");
    await second.told("wrote");
    const written = (await versionsOf("halted-1")).length;
    first.child.kill("SIGCONT");
    await first.told("lost");
    await first.told("ended");
    expect((await versionsOf("halted-1")).length - written).toBeLessThanOrEqual(1);
  });

  it("stops a leader whose network is cut before another leads", async () => {
    const proxy = await startFaultProxy(cluster.url);
    const kubeconfigPath = join(cluster.directory, "through-proxy");
    await writeFile(kubeconfigPath, proxy.redirect(cluster.kubeconfig));
    const first = start("cut-1", { kubeconfigPath });
    await first.told("wrote");
    const second = start("cut-2");
    await second.told("started");
    proxy.setMode("blackHole");
    await second.told("wrote");
    await first.told("lost");
    await expectNeverTwoWriters("cut-1", "cut-2");
    await proxy.close();
  });

  it("keeps the lease while its main thread is blocked for longer than the lease lasts", async () => {
    const first = start("busy-1", { busyMs: 5_000 });
    await first.told("leading");
    const second = start("busy-2");
    await second.told("started");
    await first.told("wrote");
    expect(second.messages.some(({ type }) => type === "leading")).toBe(false);
    expect(first.messages.some(({ type }) => type === "lost" || type === "refused")).toBe(false);
  });

  it.each([
    { what: "five minutes behind", skewMs: -300_000 },
    { what: "five minutes ahead", skewMs: 300_000 },
  ])(
    "does not take the lease of a leader whose clock is $what while it renews, and takes it afterwards",
    async ({ skewMs }) => {
      const spec = () => ({
        holderIdentity: "skewed",
        leaseDurationSeconds: 3,
        renewTime: new Date(Date.now() + skewMs).toISOString().replace("Z", "000Z"),
        leaseTransitions: 7,
      });
      let held: KubeObject = await admin.client.create(Kinds.Lease, { metadata: { ...lease }, spec: spec() });
      const identity = `skew-${skewMs}`;
      const candidate = start(identity);
      await candidate.told("started");
      // Ten renewals: longer than the lease lasts by any clock.
      for (let renewal = 0; renewal < 10; renewal++) {
        await new Promise((resolve) => setTimeout(resolve, 500));
        held = await admin.client.replace(Kinds.Lease, { ...held, spec: spec() } as KubeObject);
      }
      expect(candidate.messages.some(({ type }) => type === "leading")).toBe(false);
      expect(await candidate.told("leading")).toMatchObject({ token: 8 });
      await candidate.told("wrote");
    },
  );

  it("lets one of many candidates lead", async () => {
    const many = Array.from({ length: 4 }, (_, index) => start(`race-${index}`));
    await Promise.all(many.map((candidate) => candidate.told("started")));
    await until("one leads", () => many.some(({ messages }) => messages.some(({ type }) => type === "wrote")));
    const lease3 = await admin.client.get(Kinds.Lease, lease);
    const leaders = many.filter(({ messages }) => messages.some(({ type }) => type === "leading"));
    expect(leaders.length).toBe(1);
    expect(lease3).toMatchObject({ spec: { leaseTransitions: 1 } });
  });
});
