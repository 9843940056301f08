import { cp, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { type ControlPlane, startControlPlane } from "@tributary/clouds";
import { Kinds } from "@tributary/contracts";
import { connectCluster, createInformer, type KubeObject, type ReflectorReport } from "@tributary/operator";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { FaultProxy } from "../support/fault-proxy.ts";
import { type ConfigMapRig, createConfigMapRig } from "../support/follow-config-maps.ts";
import { until } from "../support/until.ts";

let cluster: ControlPlane;
let rig: ConfigMapRig;
const follow: ConfigMapRig["follow"] = (...args) => rig.follow(...args);
const makeNamespace = (name: string) => rig.makeNamespace(name);
const put = (namespace: string, name: string, value: string) => rig.put(namespace, name, value);
const remove = (namespace: string, name: string) => rig.remove(namespace, name);
const expectEqualToServer: ConfigMapRig["expectEqualToServer"] = (...args) => rig.expectEqualToServer(...args);

beforeAll(async () => {
  cluster = await startControlPlane({ name: "watch" });
  rig = createConfigMapRig(cluster);
});

afterEach(() => rig.closeFollowed());

afterAll(async () => {
  await rig?.close();
  await cluster?.stop();
});

describe.each(["pages", "watch"] as const)("informer whose first state comes by %s", (initialList) => {
  const namespace = `initial-${initialList}`;

  it("reads many objects and follows every change", async () => {
    await makeNamespace(namespace);
    for (let index = 0; index < 25; index++) await put(namespace, `c${index}`, "0");
    const followed = await follow(namespace, { initialList });
    expect(followed.informer.objects.size).toBe(25);
    expect(followed.of("listed").length).toBe(1);
    await put(namespace, "c3", "1");
    await remove(namespace, "c4");
    await put(namespace, "new", "1");
    await expectEqualToServer(followed, namespace);
    expect(followed.of("failed")).toEqual([]);
  });
});

describe("informer and an API server that serves no watch-lists", () => {
  it("falls back to pages", async () => {
    await using old = await startControlPlane({ name: "old", apiServerFlags: ["--feature-gates=WatchList=false"] });
    const link = connectCluster(old.kubeconfig, { cluster: "old" });
    const reports: ReflectorReport[] = [];
    const informer = createInformer<KubeObject>({
      client: link.client,
      resource: Kinds.ConfigMap,
      initialList: "watch",
      onError: (error) => {
        throw error;
      },
      report: (report) => reports.push(report),
    });
    const stop = new AbortController();
    const running = informer.run(stop.signal);
    expect(await informer.whenSynced(AbortSignal.timeout(20_000))).toBe(true);
    expect(informer.objects.size).toBeGreaterThan(0);
    expect(reports.filter(({ type }) => type === "failed")).toEqual([]);
    stop.abort();
    await running;
    await link.close();
  });
});

describe("informer through a faulty network", () => {
  it.each([
    { fault: "a reset (RST)", name: "rst", cut: (proxy: FaultProxy) => proxy.reset() },
    { fault: "an end (FIN)", name: "fin", cut: (proxy: FaultProxy) => proxy.end() },
  ])("goes on from where it was after $fault, without listing again", async ({ name, cut }) => {
    const namespace = await makeNamespace(`cut-${name}`);
    const followed = await follow(namespace);
    for (let round = 0; round < 5; round++) {
      await put(namespace, "before", String(round));
      await until("a connection stands", () => followed.proxy.open() > 0);
      cut(followed.proxy);
      await put(namespace, `during-${round}`, "1");
      await remove(namespace, `during-${round - 1}`);
      await expectEqualToServer(followed, namespace);
    }
    expect(followed.of("listed").length).toBe(1);
    expect(followed.of("watchEnded").length).toBeGreaterThan(0);
  });

  it.each(["blackHole", "halfOpen"] as const)("notices a %s by silence and catches up", async (mode) => {
    const namespace = await makeNamespace(`mode-${mode.toLowerCase()}`);
    const followed = await follow(namespace);
    await put(namespace, "seen", "1");
    await expectEqualToServer(followed, namespace);
    followed.proxy.setMode(mode);
    await put(namespace, "unseen", "1");
    await remove(namespace, "seen");
    await until("silence is noticed", () => followed.of("watchEnded").some(({ end }) => end === "Silent"));
    followed.proxy.setMode("forward");
    await expectEqualToServer(followed, namespace);
  });

  it("tries again with growing pauses while nothing answers", async () => {
    const namespace = await makeNamespace("refused");
    const followed = await follow(namespace);
    followed.proxy.setMode("refuse");
    followed.proxy.reset();
    await put(namespace, "missed", "1");
    const failed = await until("three failures", () => {
      const seen = followed.of("failed");
      return seen.length >= 3 && seen;
    });
    expect(failed[0]?.error).toMatchObject({ code: "API_UNAVAILABLE", details: { cluster: "edge" } });
    expect(failed[2]?.retryInMs).toBeGreaterThan(failed[0]?.retryInMs as number);
    followed.proxy.setMode("forward");
    await expectEqualToServer(followed, namespace);
  });

  it("reads a long list over a slow line without losing a change made meanwhile", async () => {
    const namespace = await makeNamespace("slow");
    await Promise.all(Array.from({ length: 60 }, (_, index) => put(namespace, `c${index}`, "x".repeat(2_000))));
    const followed = await follow(namespace, { bytesPerSecond: 100_000, waits: false });
    const { informer } = followed;
    await until("the list has begun", () => informer.objects.size > 0);
    expect(informer.hasSynced()).toBe(false);
    await remove(namespace, "c0");
    await put(namespace, "late", "1");
    await expectEqualToServer(followed, namespace);
    expect(informer.hasSynced()).toBe(true);
  });

  it("leaves no connection behind when it stops", async () => {
    const namespace = await makeNamespace("handles");
    const { proxy } = await follow(namespace);
    expect(proxy.open()).toBeGreaterThan(0);
    await rig.closeFollowed();
    // The proxy hears of a closed connection a moment after it was closed.
    await until("every connection is closed", () => proxy.open() === 0);
  });
});

describe("informer and an API server that dies", () => {
  it("lists again when its version has expired (410) after a restart", async () => {
    const namespace = await makeNamespace("expired");
    const followed = await follow(namespace);
    await put(namespace, "old", "1");
    await expectEqualToServer(followed, namespace);
    followed.proxy.setMode("refuse");
    followed.proxy.reset();
    await remove(namespace, "old");
    await put(namespace, "new", "1");
    // A fresh API server has an empty watch cache: every earlier version is too old for it.
    await cluster.restart("kube-apiserver");
    followed.proxy.setMode("forward");
    await until("the version has expired", () => followed.of("watchEnded").some(({ end }) => end === "Expired"));
    await expectEqualToServer(followed, namespace);
    expect(followed.of("listed").length).toBeGreaterThan(1);
  });

  it("catches up after kill -9 of the API server", async () => {
    const namespace = await makeNamespace("killed");
    const followed = await follow(namespace);
    await put(namespace, "a", "1");
    cluster.signal("kube-apiserver", "SIGKILL");
    await until("the loss is noticed", () => followed.of("watchEnded").length > 0);
    await cluster.restart("kube-apiserver");
    await put(namespace, "b", "1");
    await expectEqualToServer(followed, namespace);
  });

  it("notices an API server that hangs (SIGSTOP)", async () => {
    const namespace = await makeNamespace("hung");
    const followed = await follow(namespace);
    cluster.signal("kube-apiserver", "SIGSTOP");
    await until("silence is noticed", () => followed.of("watchEnded").some(({ end }) => end === "Silent"));
    cluster.signal("kube-apiserver", "SIGCONT");
    await put(namespace, "after", "1");
    await expectEqualToServer(followed, namespace);
  });
});

describe("informer and an API server restored from an older state", () => {
  it("drops what the restored state does not know and follows on", async () => {
    const namespace = await makeNamespace("restored");
    const followed = await follow(namespace);
    await put(namespace, "kept", "old");
    const data = join(cluster.directory, "etcd");
    const backup = join(cluster.directory, "etcd-backup");
    // Stopped, so that the copy is the state of one moment.
    cluster.signal("etcd", "SIGSTOP");
    await cp(data, backup, { recursive: true });
    cluster.signal("etcd", "SIGCONT");
    await put(namespace, "kept", "new");
    for (let index = 0; index < 20; index++) await put(namespace, `lost-${index}`, "1");
    await expectEqualToServer(followed, namespace);
    const seen = followed.informer.resourceVersion();

    followed.proxy.setMode("refuse");
    followed.proxy.reset();
    cluster.signal("etcd", "SIGKILL");
    await until("etcd has ended", () => cluster.pids().etcd === undefined);
    await rm(data, { recursive: true });
    await rename(backup, data);
    await cluster.restart("etcd");
    await cluster.restart("kube-apiserver");
    followed.proxy.setMode("forward");

    await until("the older history is noticed", () => followed.of("historyChanged").length > 0, 60_000);
    expect(followed.of("historyChanged")[0]).toMatchObject({ seen });
    await expectEqualToServer(followed, namespace);
    expect(followed.informer.objects.get(`${namespace}/kept`)).toMatchObject({ data: { value: "old" } });
    await put(namespace, "after", "1");
    await expectEqualToServer(followed, namespace);
  });
});
