import { TributaryError } from "@tributary/kit";
import { describe, expect, it } from "vitest";
import type { ApiClient, DeleteOptions, ListOptions } from "../../runtime/api/api-client.ts";
import type { ObjectRef } from "../../runtime/api/object.ts";
import type { Resource } from "../../runtime/api/resource.ts";
import { startDeadline } from "../../runtime/clock.ts";
import { createFakeClock, type FakeClock } from "../../runtime/testing/fake-clock.ts";
import { ourMark } from "../shared/written-by-us.ts";
import { Collector, type CollectorDeps } from "./collector.ts";

type Trouble = "hangs" | "refuses";

/** A member in which removals of some objects hang until their deadline, or are refused; and the looks at it. */
function aMember(troubleOf: (namespace: string, name: string) => Trouble | undefined) {
  const clock = createFakeClock();
  const held = new Map<string, { kind: string; namespace: string; name: string }>();
  const order: string[] = [];
  const client = {
    cluster: "aws",
    async list({ kind }: Resource, { namespace, prepare = (one) => one }: ListOptions) {
      const present = [...held.values()].filter((one) => one.kind === kind && one.namespace === namespace);
      return present.map(({ name }) => prepare({ metadata: metadataOf(namespace ?? "", name) }));
    },
    async delete({ kind }: Resource, { namespace = "", name }: ObjectRef, options: DeleteOptions) {
      const key = `${kind} ${namespace}/${name}`;
      order.push(key);
      const trouble = troubleOf(namespace, name);
      if (trouble === "hangs") await hang(clock, options);
      if (trouble === "refuses") throw new TributaryError("FORBIDDEN", `a webhook refuses ${key}`);
      held.delete(key);
    },
  } as unknown as ApiClient;
  const collector = new Collector({
    hub: { list: async () => [] } as unknown as ApiClient,
    members: { stateOf: () => ({ state: "reachable", heardMs: 0, client, view: undefined as never }) },
    namespacesOf: () => [...new Set([...held.values()].map(({ namespace }) => namespace))].sort(),
    isCachedJob: () => false,
    hubId: "hub",
    random: () => 0.5,
    clock,
    log: { info() {}, warn() {} } as unknown as CollectorDeps["log"],
    count: () => {},
    tell: () => {},
    onReport: () => {},
  });
  return {
    held,
    order,
    collector,
    put(kind: string, namespace: string, count: number) {
      for (let index = 0; index < count; index += 1) {
        const name = `x-${index}`;
        held.set(`${kind} ${namespace}/${name}`, { kind, namespace, name });
      }
    },
    /** One look with the half minute that a controller gives it. */
    async look() {
      const deadline = startDeadline(clock, 30_000, new AbortController().signal);
      const looked = collector.reconcile("aws", { signal: deadline.signal, reconcileId: "", failures: 0 });
      await clock.advance(40_000);
      deadline.release();
      return looked;
    },
  };
}

function metadataOf(namespace: string, name: string) {
  const labels = { "tributary.dev/job-uid": "gone" };
  return { name, namespace, uid: `${namespace}-${name}`, labels, managedFields: ourMark };
}

async function hang(clock: FakeClock, { signal, deadlineMs = 0 }: DeleteOptions): Promise<never> {
  await clock.sleep(deadlineMs, signal as AbortSignal).catch(() => {
    throw new TributaryError("OPERATION_ABORTED", "the look is over");
  });
  throw new TributaryError("MEMBER_UNREACHABLE", "no answer in time");
}

const later = { requeueAfterMs: 60_000 };
const atOnce = { requeueAfterMs: 0 };

describe("what removed jobs left in a member", () => {
  it.each<Trouble>(["hangs", "refuses"])("goes in one look where the removal of others' %s", async (trouble) => {
    const member = aMember((namespace) => (namespace === "a" ? trouble : undefined));
    member.put("ConfigMap", "a", 300);
    member.put("Job", "b", 50);
    await member.look();
    expect([...member.held.keys()].filter((key) => !key.startsWith("ConfigMap a/"))).toEqual([]);
  });

  it("goes by the second look although more namespaces hang than one look has time for", async () => {
    const member = aMember((namespace) => (namespace.startsWith("a") ? "hangs" : undefined));
    for (let index = 10; index < 50; index += 1) member.put("Job", `a-${index}`, 20);
    member.put("Job", "b", 1);
    await member.look();
    await member.look();
    expect(member.held.has("Job b/x-0")).toBe(false);
  });

  it("goes Jobs first", async () => {
    const member = aMember(() => undefined);
    member.put("ConfigMap", "a", 10);
    member.put("Job", "a", 10);
    await member.look();
    expect(member.order.slice(0, 10).every((key) => key.startsWith("Job"))).toBe(true);
  });

  it("has its turn behind any number of others that are refused, and nobody hurries in vain", async () => {
    const member = aMember((_namespace, name) => (name === "x-499" ? undefined : "refuses"));
    member.put("Job", "a", 500);
    const results = [await member.look(), await member.look(), await member.look()];
    expect(member.held.has("Job a/x-499")).toBe(false);
    expect(results.filter((result) => result?.requeueAfterMs === 0).length).toBeLessThanOrEqual(1);
    expect(member.order.length).toBe(600);
  });

  it("is gone on with at once while looks get somewhere, and no sooner than usual when they do not", async () => {
    const member = aMember((namespace) => (namespace === "a" ? "refuses" : undefined));
    member.put("Job", "a", 300);
    member.put("Job", "b", 150);
    expect(await member.look()).toEqual(atOnce);
    expect(await member.look()).toEqual(atOnce);
    expect(await member.look()).toEqual(later);
    expect([...member.held.keys()].filter((key) => key.startsWith("Job b/"))).toEqual([]);
  });

  it("stays told of while it is not its turn again", async () => {
    const member = aMember(() => "hangs");
    member.put("Job", "a", 20);
    await member.look();
    await member.look();
    const problems = member.collector.reportOf("aws")?.problems ?? [];
    expect(problems.map(({ reason }) => reason)).toContain("CleanupPending");
    expect(problems.at(-1)?.message).toContain("tried again in turn");
    expect(problems.length).toBeLessThanOrEqual(11);
  });
});
