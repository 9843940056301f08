import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { type ControlPlane, startControlPlane } from "@tributary/clouds";
import { Kinds } from "@tributary/contracts";
import {
  createInformer,
  createWorkQueue,
  isExpired,
  type KubeObject,
  type ReflectorReport,
  runController,
  systemClock,
} from "@tributary/operator";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { type ConfigMapRig, createConfigMapRig, type Followed } from "../support/follow-config-maps.ts";
import { until } from "../support/until.ts";

let cluster: ControlPlane;
let rig: ConfigMapRig;

beforeAll(async () => {
  // Old versions are forgotten after seconds, and pages are not served from snapshots that would outlive them.
  const apiServerFlags = ["--etcd-compaction-interval=2s", "--feature-gates=ListFromCacheSnapshot=false"];
  cluster = await startControlPlane({ name: "faults", apiServerFlags });
  rig = createConfigMapRig(cluster);
});

afterEach(() => rig.closeFollowed());

afterAll(async () => {
  await rig?.close();
  await cluster?.stop();
});

describe("versions that the API server has forgotten (410)", () => {
  async function fill(namespace: string, count: number): Promise<void> {
    await Promise.all(Array.from({ length: count }, (_, index) => rig.put(namespace, `c${index}`, "0")));
  }

  it("begins the list anew when a page's token has expired (410 on HTTP)", async () => {
    const namespace = await rig.makeNamespace("expired-token");
    await fill(namespace, 25);
    const { client } = rig.direct;
    const reports: ReflectorReport[] = [];
    const errors: unknown[] = [];
    let pagesHeldUp = 0;
    const informer = createInformer<KubeObject>({
      client: {
        cluster: "edge",
        watch: (resource, options) => client.watch(resource, options),
        /** Holds the second page up until its token is too old, once. */
        async listPage(resource, options = {}) {
          if (options.continueToken !== undefined && pagesHeldUp++ === 0) {
            await rig.remove(namespace, "c0");
            await until("the token has expired", async () => {
              await rig.put(namespace, "late", String(performance.now()));
              return client.listPage(resource, options).then(() => false, isExpired);
            });
          }
          return client.listPage(resource, options);
        },
      },
      resource: Kinds.ConfigMap,
      selection: { namespace },
      onError: (error) => errors.push(error),
      report: (report) => reports.push(report),
      tuning: { pageSize: 10, backoff: { initialMs: 50, maxMs: 500, factor: 2 } },
    });
    const stop = new AbortController();
    const running = informer.run(stop.signal);
    await rig.expectEqualToServer({ informer, errors }, namespace);
    expect(reports.find((report) => report.type === "failed")).toMatchObject({
      error: { code: "API_CONFLICT", details: { status: 410, verb: "list" } },
    });
    stop.abort();
    await running;
  });

  it("lists again when the watch says so in its stream", async () => {
    const namespace = await rig.makeNamespace("expired-stream");
    const followed = await rig.follow(namespace);
    await rig.put(namespace, "old", "1");
    await rig.expectEqualToServer(followed, namespace);
    const before = followed.informer.resourceVersion() as string;
    followed.proxy.setMode("refuse");
    followed.proxy.reset();
    await rig.remove(namespace, "old");
    await cluster.restart("kube-apiserver");
    // The answer is 200 and the 410 its first event: a client that looks at the status alone would wait for ever.
    const signal = AbortSignal.timeout(30_000);
    const watching = { namespace, resourceVersion: before, timeoutSeconds: 30, signal };
    for await (const event of rig.direct.client.watch(Kinds.ConfigMap, watching)) {
      expect(event).toMatchObject({ type: "ERROR", object: { code: 410 } });
      break;
    }
    followed.proxy.setMode("forward");
    await until("the version has expired", () => followed.of("watchEnded").some(({ end }) => end === "Expired"));
    await rig.expectEqualToServer(followed, namespace);
  });
});

describe("lists", () => {
  it("reads what would be larger than an answer may be, in smaller pages", async () => {
    const namespace = await rig.makeNamespace("huge");
    await Promise.all(Array.from({ length: 12 }, (_, index) => rig.put(namespace, `c${index}`, "x".repeat(200_000))));
    const followed = await rig.follow(namespace, { maxAnswerBytes: 1_000_000, pageSize: 10 });
    await rig.expectEqualToServer(followed, namespace);
    expect(followed.of("failed")).toEqual([]);
  });

  it("say that a kind is missing, and follow it once its CRD is there", async () => {
    const widgets = { group: "example.dev", version: "v1", plural: "widgets", kind: "Widget", namespaced: true };
    const informer = createInformer<KubeObject>({
      client: rig.direct.client,
      resource: widgets,
      onError: (error) => {
        throw error;
      },
      tuning: { backoff: { initialMs: 50, maxMs: 500, factor: 2 } },
    });
    const stop = new AbortController();
    const running = informer.run(stop.signal);
    const failure = await until("the failure is told", () => informer.lastFailure());
    expect(failure).toMatchObject({
      code: "API_NOT_FOUND",
      details: { cluster: "direct", verb: "list", resource: "widgets.example.dev", reason: "ResourceMissing" },
    });
    const schema = { type: "object" };
    const versions = [{ name: "v1", served: true, storage: true, schema: { openAPIV3Schema: schema } }];
    const spec = { group: "example.dev", scope: "Namespaced", names: { plural: "widgets", kind: "Widget" }, versions };
    const definition = {
      apiVersion: "apiextensions.k8s.io/v1",
      kind: "CustomResourceDefinition",
      metadata: { name: "widgets.example.dev" },
      spec,
    };
    await cluster.kubectl(["apply", "-f", "-"], JSON.stringify(definition));
    expect(await informer.whenSynced(AbortSignal.timeout(30_000))).toBe(true);
    expect(informer.lastFailure()).toBeUndefined();
    stop.abort();
    await running;
  });
});

describe("a controller behind a network that is cut again and again", () => {
  const warmUpCuts = 30;
  const cuts = 120;

  it("looks at every change, at no key twice at once, and leaves neither sockets nor memory behind", async () => {
    const namespace = await rig.makeNamespace("cut-often");
    const followed = await rig.follow(namespace);
    const { informer, proxy } = followed;
    const queue = createWorkQueue({ clock: systemClock });
    informer.listen(({ key }) => queue.add(key));
    const working = new Set<string>();
    const lastSeen = new Map<string, string | undefined>();
    const overlaps: string[] = [];
    const stop = new AbortController();
    const controller = runController(
      {
        name: "cut-often",
        queue,
        clock: systemClock,
        async reconcile(key) {
          if (working.has(key)) overlaps.push(key);
          working.add(key);
          await new Promise((resolve) => setImmediate(resolve));
          lastSeen.set(key, informer.objects.get(key)?.metadata.resourceVersion);
          working.delete(key);
          return undefined;
        },
      },
      { stop: stop.signal, abandon: stop.signal },
    );

    async function cutAndChange(round: number): Promise<void> {
      await until("a connection stands", () => proxy.open() > 0);
      if (round % 2 === 0) proxy.reset();
      else proxy.end();
      await rig.put(namespace, `c${round % 7}`, String(round));
      await rig.remove(namespace, `c${(round + 3) % 7}`);
      await rig.expectEqualToServer(followed, namespace);
    }

    for (let round = 0; round < warmUpCuts; round++) await cutAndChange(round);
    const before = await held(followed);
    for (let round = 0; round < cuts; round++) await cutAndChange(warmUpCuts + round);
    await until("every change is looked at", () =>
      [...lastSeen].every(([key, version]) => informer.objects.get(key)?.metadata.resourceVersion === version),
    );
    expect([...lastSeen.keys()].sort()).toEqual(Array.from({ length: 7 }, (_, index) => `${namespace}/c${index}`));
    expect(overlaps).toEqual([]);
    const after = await held(followed);
    expect(after.open).toBeLessThanOrEqual(before.open);
    expect(after.handles).toBeLessThanOrEqual(before.handles + 4);
    expect(after.heapMiB - before.heapMiB).toBeLessThan(4);
    stop.abort();
    await controller;
  });

  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;

  /** What the process holds while the network is whole and quiet: one watch, and a call's connection that is kept. */
  async function held({ proxy }: Followed) {
    await until("old connections are gone", () => proxy.open() <= 2);
    collect();
    const handles = process.getActiveResourcesInfo().filter((name) => /TCP|TLS/u.test(name)).length;
    return { open: proxy.open(), handles, heapMiB: process.memoryUsage().heapUsed / 2 ** 20 };
  }
});
