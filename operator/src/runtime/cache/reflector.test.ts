import { Kinds } from "@tributary/contracts";
import { describe, expect, it } from "vitest";
import type { WatchEvent, WatchOptions } from "../api/api-client.ts";
import type { KubeObject } from "../api/object.ts";
import { createFakeClock } from "../testing/fake-clock.ts";
import { createHistoryModel } from "../testing/history-model.ts";
import { createInformer } from "./informer.ts";
import type { ListWatcher, ReflectorReport } from "./reflector.ts";

function follow(model: ListWatcher, more: { transform?: (object: KubeObject) => KubeObject } = {}) {
  const clock = createFakeClock();
  const reports: ReflectorReport[] = [];
  const errors: unknown[] = [];
  const informer = createInformer<KubeObject>({
    client: model,
    resource: Kinds.ConfigMap,
    clock,
    random: () => 0.5,
    onError: (error) => errors.push(error),
    report: (report) => reports.push(report),
    ...more,
  });
  const stop = new AbortController();
  const running = informer.run(stop.signal);
  const ends = () => reports.flatMap((report) => (report.type === "watchEnded" ? [report.end] : []));
  const of = (type: ReflectorReport["type"]) => reports.filter((report) => report.type === type);
  return {
    clock,
    informer,
    errors,
    ends,
    of,
    stop: () => {
      stop.abort();
      return running;
    },
  };
}

describe("reflector", () => {
  it("reconnects after silence, with neither event nor bookmark for 85 s", async () => {
    const model = createHistoryModel();
    const { clock, ends, informer, stop } = follow(model);
    await clock.advance(60_000);
    model.bookmark();
    await clock.advance(84_000);
    expect(ends()).toEqual([]);
    model.fault("silence");
    model.put("unheard");
    await clock.advance(2_000);
    expect(ends()).toEqual(["Silent"]);
    model.heal();
    await clock.advance(90_000);
    expect([...informer.objects.keys()]).toEqual(["n/unheard"]);
    await stop();
  });

  it("does not list again after a cut", async () => {
    const model = createHistoryModel();
    const { clock, of, informer, stop } = follow(model);
    await clock.advance(1);
    model.put("a");
    await clock.advance(5_000);
    model.fault("cutStream");
    model.put("b");
    await clock.advance(5_000);
    expect([...informer.objects.keys()]).toEqual(["n/a", "n/b"]);
    expect(of("listed").length).toBe(1);
    await stop();
  });

  it("lists again after 410, in the answer or in the stream", async () => {
    const model = createHistoryModel();
    const { clock, of, ends, informer, stop } = follow(model);
    await clock.advance(1);
    model.put("a");
    await clock.advance(1_500);
    model.fault("expireInStream");
    await clock.advance(5_000);
    expect(of("listed").length).toBe(2);
    model.fault("silence");
    model.remove("a");
    model.compact();
    model.fault("cutStream");
    model.heal();
    await clock.advance(5_000);
    expect(of("listed").length).toBe(3);
    expect(ends()).toEqual(["Expired", "Broken", "Expired"]);
    expect(informer.objects.size).toBe(0);
    await stop();
  });

  it("waits as long as Retry-After asks", async () => {
    const model = createHistoryModel();
    model.fault("refuseNextWatch");
    const { clock, of, stop } = follow(model);
    await clock.advance(1_999);
    expect(of("failed")).toMatchObject([{ retryInMs: 2_000 }]);
    expect(of("watchStarted").length).toBe(1);
    await clock.advance(1);
    expect(of("watchStarted").length).toBe(2);
    await stop();
  });

  it("backs off further with each failure and starts over after an event", async () => {
    const model = createHistoryModel();
    for (let index = 0; index < 4; index++) model.fault("refuseNextList");
    const { clock, of, stop } = follow(model);
    await clock.advance(60_000);
    expect(of("failed").map((report) => report.type === "failed" && report.retryInMs)).toEqual([
      600, 1_200, 2_400, 4_800,
    ]);
    model.put("a");
    await clock.advance(10);
    model.fault("cutStream");
    await clock.advance(10);
    expect(of("failed").at(-1)).toMatchObject({ retryInMs: 600 });
    await stop();
  });

  it("does not storm an API server that closes each watch at once", async () => {
    let watches = 0;
    const model = createHistoryModel();
    const closing: ListWatcher = {
      cluster: "model",
      listPage: model.listPage,
      // biome-ignore lint/correctness/useYield: the stream ends before its first event, which is the fault.
      async *watch<T extends KubeObject>(): AsyncGenerator<WatchEvent<T>> {
        watches++;
      },
    };
    const { clock, stop } = follow(closing);
    await clock.advance(60_000);
    expect(watches).toBeLessThan(10);
    await stop();
  });

  it("does not storm an API server for which every version is too old", async () => {
    const model = createHistoryModel();
    model.put("a");
    const expiring: ListWatcher = {
      cluster: "model",
      listPage: model.listPage,
      watch: (resource, options) => model.watch(resource, { ...options, resourceVersion: "0" }),
    };
    const { clock, of, stop } = follow(expiring);
    await clock.advance(60_000);
    expect(of("listed").length).toBeGreaterThan(1);
    expect(of("listed").length).toBeLessThan(12);
    await stop();
  });

  it("lists again when the API server went back to an older state", async () => {
    const before = createHistoryModel();
    const after = createHistoryModel();
    for (const name of ["a", "b", "c"]) before.put(name);
    after.put("restored");
    let current = before;
    const switching: ListWatcher = {
      cluster: "model",
      listPage: (resource, options) => current.listPage(resource, options),
      watch: (resource, options: WatchOptions) => current.watch(resource, options),
    };
    const { clock, of, informer, stop } = follow(switching);
    await clock.advance(5_000);
    expect(informer.objects.size).toBe(3);
    current = after;
    before.fault("cutStream");
    await clock.advance(10_000);
    expect(of("historyChanged")).toEqual([{ type: "historyChanged", seen: "4", now: "2" }]);
    expect([...informer.objects.keys()]).toEqual(["n/restored"]);
    await stop();
  });

  it("opens no watch when it was stopped while it listed", async () => {
    const model = createHistoryModel();
    model.put("a");
    const stop = new AbortController();
    const clock = createFakeClock();
    const informer = createInformer<KubeObject>({
      client: model,
      resource: Kinds.ConfigMap,
      clock,
      random: () => 0.5,
      onError: (error) => {
        throw error;
      },
      report: ({ type }) => type === "listed" && stop.abort(),
    });
    await informer.run(stop.signal);
    expect(informer.hasSynced()).toBe(true);
    expect(clock.pendingTimers()).toBe(0);
  });

  it("reports a transform that throws and keeps the object as it came", async () => {
    const model = createHistoryModel();
    model.put("a");
    const broken = follow(model, {
      transform: () => {
        throw new Error("transform broke");
      },
    });
    await broken.clock.advance(1);
    expect(broken.errors).toEqual([new Error("transform broke")]);
    expect([...broken.informer.objects.keys()]).toEqual(["n/a"]);
    await broken.stop();
  });

  it("keeps the stream when a listener throws", async () => {
    const model = createHistoryModel();
    const { clock, errors, informer, of, stop } = follow(model);
    informer.listen(() => {
      throw new Error("listener broke");
    });
    await clock.advance(1);
    model.put("a");
    model.put("b");
    await clock.advance(1);
    expect(informer.objects.size).toBe(2);
    expect(errors.length).toBe(2);
    expect(of("failed")).toEqual([]);
    await stop();
  });

  it("holds back whoever waits for the first complete state", async () => {
    const model = createHistoryModel();
    model.fault("refuseNextList");
    const { clock, informer, stop } = follow(model);
    const waiting = informer.whenSynced(new AbortController().signal);
    const givenUp = new AbortController();
    const gaveUp = informer.whenSynced(givenUp.signal);
    givenUp.abort();
    expect(await gaveUp).toBe(false);
    expect(informer.hasSynced()).toBe(false);
    await clock.advance(1_000);
    expect(await waiting).toBe(true);
    await stop();
  });
});
