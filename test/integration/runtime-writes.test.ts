import { readFile } from "node:fs/promises";
import { type ControlPlane, startControlPlane } from "@tributary/clouds";
import { Kinds } from "@tributary/contracts";
import {
  type CallObservation,
  type ClusterConnection,
  connectCluster,
  createEventRecorder,
  createIdempotentApply,
  type EventNote,
  intentFor,
  type KubeObject,
  systemClock,
  type Unstructured,
} from "@tributary/operator";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { until } from "../support/until.ts";

const namespace = "default";

let cluster: ControlPlane;
let hub: ClusterConnection;

beforeAll(async () => {
  // Without priority and fairness one call at a time is admitted, so that a storm of calls meets 429.
  cluster = await startControlPlane({
    name: "writes",
    apiServerFlags: [
      "--enable-priority-and-fairness=false",
      "--max-requests-inflight=2",
      "--max-mutating-requests-inflight=1",
    ],
  });
  hub = connectCluster(cluster.kubeconfig, { cluster: "hub" });
});

afterAll(async () => {
  await hub?.close();
  await cluster?.stop();
});

describe("a storm of calls against an API server that answers 429", () => {
  it("is carried out whole, by waiting as the API server asks", async () => {
    // The API server exempts system:masters from its limits, so somebody else makes the storm.
    await cluster.kubectl(["create", "clusterrolebinding", "storm", "--clusterrole=cluster-admin", "--user=storm"]);
    const observed: CallObservation[] = [];
    const kubeconfig = await readFile(await cluster.kubeconfigFor({ user: "storm" }), "utf8");
    const storm = connectCluster(kubeconfig, {
      cluster: "storm",
      observe: (call) => observed.push(call),
      maxRetries: 100,
    });
    const large = "x".repeat(200_000);
    const names = Array.from({ length: 30 }, (_, index) => `storm-${index}`);
    const create = (name: string) => {
      const object = { metadata: { name, namespace, labels: { storm: "yes" } }, data: { large } };
      return storm.client.create<KubeObject>(Kinds.ConfigMap, object, { deadlineMs: 120_000 });
    };
    await Promise.all(names.map(create));
    expect(observed.filter(({ status }) => status === 429).length).toBeGreaterThan(0);
    const selection = { namespace, labelSelector: "storm=yes", metadataOnly: true };
    expect((await hub.client.list(Kinds.ConfigMap, selection)).length).toBe(names.length);
    expect(storm.connection.handshakes()).toBeLessThanOrEqual(32);
    await storm.close();
  });
});

describe("idempotent apply", () => {
  const manager = { fieldManager: "writes-test", force: true };
  const ref = { name: "skipped", namespace };
  const read = () => hub.client.get<Unstructured>(Kinds.ConfigMap, ref);

  it("sends an intent once, again when it changes, and again when somebody undid it", async () => {
    const applying = createIdempotentApply(hub.client, manager);
    const intent = (value: string) => intentFor(ref, { data: { value } });
    expect((await applying.apply(Kinds.ConfigMap, intent("1"), undefined)).wasSkipped).toBe(false);
    expect((await applying.apply(Kinds.ConfigMap, intent("1"), await read())).wasSkipped).toBe(true);
    expect((await applying.apply(Kinds.ConfigMap, intent("2"), await read())).wasSkipped).toBe(false);
    await hub.client.apply(Kinds.ConfigMap, intent("undone"), { fieldManager: "somebody", force: true });
    expect((await applying.apply(Kinds.ConfigMap, intent("2"), await read())).wasSkipped).toBe(false);
    expect(await read()).toMatchObject({ data: { value: "2" } });
  });

  it("takes back a field that an earlier process owned", async () => {
    const owned = intentFor(ref, { data: { value: "2", old: "x" } });
    await createIdempotentApply(hub.client, manager).apply(Kinds.ConfigMap, owned, undefined);
    const restarted = createIdempotentApply(hub.client, manager);
    await restarted.apply(Kinds.ConfigMap, intentFor(ref, { data: { value: "2" } }), await read());
    expect((await read())?.data).toEqual({ value: "2" });
  });
});

describe("event recorder", () => {
  async function subject(name: string): Promise<KubeObject> {
    return hub.client.create(Kinds.ConfigMap, { metadata: { name, namespace } });
  }

  function makeRecorder(more: { burst?: number } = {}) {
    const errors: unknown[] = [];
    const recorder = createEventRecorder({
      client: hub.client,
      clock: systemClock,
      controller: "tributary.dev/operator",
      instance: "operator-0",
      onError: (error) => errors.push(error),
      ...more,
    });
    return { recorder, errors };
  }

  function note(regarding: KubeObject, text: string): EventNote {
    return {
      resource: Kinds.ConfigMap,
      regarding,
      type: "Warning",
      reason: "ClusterLost",
      action: "Observe",
      note: text,
    };
  }

  async function eventsOf(object: KubeObject): Promise<Unstructured[]> {
    const events = await hub.client.list<Unstructured>(Kinds.Event, { namespace });
    return events.filter((event) => (event.regarding as { uid?: string }).uid === object.metadata.uid);
  }

  it("writes one event for many repetitions, with their count", async () => {
    const object = await subject("repeated");
    const { recorder, errors } = makeRecorder();
    for (let index = 0; index < 5; index++) recorder.record(note(object, "lost aws"));
    recorder.record(note(object, "lost gcp"));
    await recorder.flush();
    expect(errors).toEqual([]);
    const events = await until("both events are there", async () => {
      const seen = await eventsOf(object);
      return seen.length === 2 && seen;
    });
    const counts = events.map((event) => [event.note, (event.series as { count?: number } | undefined)?.count]);
    expect(counts.sort()).toEqual([
      ["lost aws", 5],
      ["lost gcp", undefined],
    ]);
    expect(events[0]).toMatchObject({
      reason: "ClusterLost",
      type: "Warning",
      reportingController: "tributary.dev/operator",
    });
  });

  it("writes no more than its budget for one object and reason, and goes on for others", async () => {
    const [noisy, quiet] = [await subject("noisy"), await subject("quiet")];
    const { recorder, errors } = makeRecorder({ burst: 3 });
    for (let index = 0; index < 20; index++) recorder.record(note(noisy, `number ${index}`));
    recorder.record({ ...note(noisy, "over"), reason: "Complete" });
    recorder.record(note(quiet, "heard"));
    await recorder.flush();
    expect((await eventsOf(noisy)).map(({ reason }) => reason).sort()).toEqual([
      "ClusterLost",
      "ClusterLost",
      "ClusterLost",
      "Complete",
    ]);
    expect((await eventsOf(quiet)).length).toBe(1);
    expect(errors).toEqual([]);
  });

  it("tells what the API server refuses, and stays usable", async () => {
    const { recorder, errors } = makeRecorder();
    const nowhere = { metadata: { name: "a", namespace: "missing", uid: "u" } };
    recorder.record(note(nowhere, "x"));
    const object = await subject("after-refusal");
    recorder.record(note(object, "fine"));
    await recorder.flush();
    expect(errors).toMatchObject([
      { code: "API_NOT_FOUND", details: { verb: "create", resource: "events.events.k8s.io" } },
    ]);
    expect((await eventsOf(object)).length).toBe(1);
  });
});
