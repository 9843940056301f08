import { type ControlPlane, startControlPlane } from "@tributary/clouds";
import { Kinds } from "@tributary/contracts";
import {
  type ApiClient,
  type CallObservation,
  type ClusterConnection,
  connectCluster,
  createOwnedApply,
  type KubeObject,
  type Ownership,
  type Unstructured,
  Whose,
} from "@tributary/operator";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const namespace = "default";
const ownLabel = "example.dev/owner";

const ownership: Ownership = {
  judge: ({ metadata }) => {
    const owner = metadata.labels?.[ownLabel];
    return owner === "us" ? Whose.Ours : owner === "before" ? Whose.LeftOver : Whose.Foreign;
  },
  remedy: "rename ours or remove theirs",
};

const labels = { [ownLabel]: "us" };

function configMap(name: string, data: Record<string, string>): KubeObject & { data: Record<string, string> } {
  return { metadata: { name, namespace, labels }, data };
}

function service(name: string): Unstructured {
  const ports = [
    { name: "control", port: 8443, targetPort: "control", protocol: "TCP" },
    { name: "tensor", port: 8444, targetPort: "tensor", protocol: "TCP" },
  ];
  return { metadata: { name, namespace, labels }, spec: { type: "NodePort", selector: { app: name }, ports } };
}

function statefulSet(name: string): Unstructured {
  const container = {
    name: "main",
    image: "example:1",
    resources: { requests: { cpu: "1000m" }, limits: { memory: "1024Mi" } },
  };
  const claim = {
    metadata: { name: "data" },
    spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1024Mi" } } },
  };
  return {
    metadata: { name, namespace, labels },
    spec: {
      replicas: 1,
      serviceName: name,
      selector: { matchLabels: { app: name } },
      template: { metadata: { labels: { app: name } }, spec: { containers: [container] } },
      volumeClaimTemplates: [claim],
    },
  };
}

/** A port that was removed gets another node port when it is made again. */
function withoutNodePorts(object: Unstructured | undefined): unknown {
  return JSON.parse(JSON.stringify([object?.spec, object?.data], (key, value) => (key === "nodePort" ? 0 : value)));
}

describe("get, check, apply on a real API server", () => {
  let cluster: ControlPlane;
  let connection: ClusterConnection;
  let client: ApiClient;
  const calls: CallObservation[] = [];

  beforeAll(async () => {
    cluster = await startControlPlane({ name: "owned" });
    connection = connectCluster(cluster.kubeconfig, { cluster: "hub", observe: (call) => calls.push(call) });
    client = connection.client;
  });

  afterAll(async () => {
    await connection?.close();
    await cluster?.stop();
  });

  const create = () => createOwnedApply(client, { fieldManager: "owned-test" });
  const read = (kind: typeof Kinds.Service, name: string) => client.get<Unstructured>(kind, { namespace, name });
  const writes = () => calls.filter(({ context }) => context.verb === "patch" || context.verb === "create").length;

  it("creates an absent object as one that the field manager owns, so that a field that is dropped goes", async () => {
    const owned = create();
    await owned.apply(Kinds.ConfigMap, configMap("fields", { kept: "1", dropped: "2" }), ownership);
    await owned.apply(Kinds.ConfigMap, configMap("fields", { kept: "1" }), ownership);
    expect((await read(Kinds.ConfigMap, "fields"))?.data).toEqual({ kept: "1" });
  });

  it.each([
    { kind: Kinds.ConfigMap, intent: configMap("theirs", { ours: "1" }) },
    { kind: Kinds.Service, intent: service("theirs") },
    { kind: Kinds.StatefulSet, intent: statefulSet("theirs") },
  ])(
    "refuses a $kind.kind of somebody else by name and maker, and makes it once theirs is gone",
    async ({ kind, intent }) => {
      const theirs = { ...intent, metadata: { name: "theirs", namespace } };
      await client.apply(kind, theirs, { fieldManager: "their-tool" });
      const before = await read(kind, "theirs");
      const refusal = create().apply(kind, intent, ownership);
      await expect(refusal).rejects.toMatchObject({
        code: "NAME_TAKEN",
        message: `${kind.kind} default/theirs in cluster hub exists and is not ours (made with their-tool); rename ours or remove theirs`,
      });
      expect(await read(kind, "theirs")).toEqual(before);
      await client.delete(kind, { namespace, name: "theirs" });
      expect((await create().apply<Unstructured>(kind, intent, ownership)).object.metadata.labels).toEqual(labels);
    },
  );

  it("names the owner of an object that has one", async () => {
    const ownerReferences = [{ apiVersion: "apps/v1", kind: "Deployment", name: "shop", uid: "1", controller: true }];
    await client.create(Kinds.ConfigMap, { metadata: { name: "with-owner", namespace, ownerReferences } });
    const refusal = create().apply(Kinds.ConfigMap, configMap("with-owner", {}), ownership);
    await expect(refusal).rejects.toThrow("is not ours (owned by Deployment shop)");
  });

  it("does not adopt an object that somebody made between the look and the write", async () => {
    const name = "race";
    const late: ApiClient = {
      ...client,
      async get(resource, ref, options) {
        const seen = await client.get(resource, ref, options);
        if (seen === undefined) await client.create(Kinds.ConfigMap, { metadata: { name, namespace } });
        return seen as never;
      },
    };
    const refusal = createOwnedApply(late, { fieldManager: "owned-test" }).apply(
      Kinds.ConfigMap,
      configMap(name, { ours: "1" }),
      ownership,
    );
    await expect(refusal).rejects.toMatchObject({ code: "NAME_TAKEN" });
    expect((await read(Kinds.ConfigMap, name))?.data).toBeUndefined();
  });

  it("does not write into an object that took the place of the one that was judged", async () => {
    const name = "swap";
    const intent = configMap(name, { ours: "1" });
    await create().apply(Kinds.ConfigMap, intent, ownership);
    let looks = 0;
    const swapping: ApiClient = {
      ...client,
      async get(resource, ref, options) {
        const seen = await client.get(resource, ref, options);
        looks += 1;
        if (looks === 1) {
          await client.delete(Kinds.ConfigMap, { namespace, name });
          await client.create(Kinds.ConfigMap, { metadata: { name, namespace } });
        }
        return seen as never;
      },
    };
    const refusal = createOwnedApply(swapping, { fieldManager: "owned-test" }).apply(
      Kinds.ConfigMap,
      intent,
      ownership,
    );
    await expect(refusal).rejects.toMatchObject({ code: "NAME_TAKEN" });
    expect((await read(Kinds.ConfigMap, name))?.data).toBeUndefined();
  });

  it("removes what an earlier owner left and makes its own at the next look", async () => {
    await client.create(Kinds.ConfigMap, { metadata: { name: "old", namespace, labels: { [ownLabel]: "before" } } });
    const owned = create();
    await expect(owned.apply(Kinds.ConfigMap, configMap("old", { a: "1" }), ownership)).rejects.toMatchObject({
      code: "API_CONFLICT",
    });
    expect((await owned.apply(Kinds.ConfigMap, configMap("old", { a: "1" }), ownership)).wasSkipped).toBe(false);
  });

  it.each([
    { kind: Kinds.ConfigMap, intent: configMap("calm", { a: "1" }) },
    { kind: Kinds.Service, intent: service("calm") },
    { kind: Kinds.StatefulSet, intent: statefulSet("calm") },
  ])(
    "writes a $kind.kind once over many looks, though the API server writes it down otherwise",
    async ({ kind, intent }) => {
      const owned = create();
      const before = writes();
      for (let look = 0; look < 20; look += 1)
        await owned.apply<Unstructured>(kind, intent, ownership, { cached: await read(kind, "calm") });
      expect(writes() - before).toBe(1);
    },
  );

  const mended = [
    { what: "a scaled StatefulSet", kind: Kinds.StatefulSet, path: "/spec/replicas", value: 0, op: "replace" },
    {
      what: "a container that was added",
      kind: Kinds.StatefulSet,
      path: "/spec/template/spec/containers/-",
      value: { name: "miner", image: "x" },
      op: "add",
    },
    {
      what: "an image that was changed",
      kind: Kinds.StatefulSet,
      path: "/spec/template/spec/containers/0/image",
      value: "x",
      op: "replace",
    },
    {
      what: "a selector that was changed",
      kind: Kinds.Service,
      path: "/spec/selector",
      value: { app: "theirs" },
      op: "replace",
    },
    {
      what: "a selector that was narrowed",
      kind: Kinds.Service,
      path: "/spec/selector/also",
      value: "this",
      op: "add",
    },
    { what: "a port that was changed", kind: Kinds.Service, path: "/spec/ports/0/port", value: 9443, op: "replace" },
    {
      what: "a port that was added",
      kind: Kinds.Service,
      path: "/spec/ports/-",
      value: { name: "more", port: 1, protocol: "TCP" },
      op: "add",
    },
    { what: "a port that was removed", kind: Kinds.Service, path: "/spec/ports/1", op: "remove" },
    { what: "text that was changed", kind: Kinds.ConfigMap, path: "/data/a", value: "2", op: "replace" },
    { what: "text that was removed", kind: Kinds.ConfigMap, path: "/data", op: "remove" },
  ] as const;

  it.each(mended)("mends $what, and is calm afterwards", async ({ kind, path, op, ...rest }) => {
    const name = `drift-${kind.plural}`;
    const intent = { ConfigMap: configMap(name, { a: "1" }), Service: service(name), StatefulSet: statefulSet(name) }[
      kind.kind as "ConfigMap" | "Service" | "StatefulSet"
    ];
    const owned = create();
    const look = async () => owned.apply<Unstructured>(kind, intent, ownership, { cached: await read(kind, name) });
    const before = (await look()).object;
    await client.patchJson(kind, { namespace, name }, [{ op, path, ...rest } as never]);
    expect((await look()).wasSkipped).toBe(false);
    const after = await read(kind, name);
    expect(withoutNodePorts(after)).toEqual(withoutNodePorts(before));
    expect((await look()).wasSkipped).toBe(true);
  });
});
