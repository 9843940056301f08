import { readFile } from "node:fs/promises";
import { type ControlPlane, startControlPlane } from "@tributary/clouds";
import { Kinds } from "@tributary/contracts";
import {
  addFinalizer,
  type ClusterConnection,
  connectCluster,
  createOrGet,
  intentFor,
  type KubeObject,
  removeFinalizer,
  type Unstructured,
} from "@tributary/operator";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const namespace = "default";
const manager = { fieldManager: "runtime-test" };

let cluster: ControlPlane;
let hub: ClusterConnection;

beforeAll(async () => {
  cluster = await startControlPlane({ name: "client" });
  hub = connectCluster(cluster.kubeconfig, { cluster: "hub" });
});

afterAll(async () => {
  await hub?.close();
  await cluster?.stop();
});

function configMap(name: string, data: Record<string, string> = {}): KubeObject & { data: Record<string, string> } {
  return { metadata: { name, namespace }, data };
}

describe("API client on a real API server", () => {
  it("creates, reads, and gives undefined for what is not there", async () => {
    const created = await hub.client.create(Kinds.ConfigMap, configMap("made", { a: "1" }));
    expect(created.metadata.uid).toBeDefined();
    expect(await hub.client.get(Kinds.ConfigMap, { name: "made", namespace })).toMatchObject({ data: { a: "1" } });
    expect(await hub.client.get(Kinds.ConfigMap, { name: "other", namespace })).toBeUndefined();
  });

  it("reads a collection page by page", async () => {
    for (let index = 0; index < 7; index++) {
      const labelled = configMap(`page-${index}`);
      labelled.metadata.labels = { pages: "yes" };
      await hub.client.create(Kinds.ConfigMap, labelled);
    }
    const selection = { namespace, labelSelector: "pages=yes", limit: 3 };
    const first = await hub.client.listPage(Kinds.ConfigMap, selection);
    expect(first.items.length).toBe(3);
    expect(first.continueToken).toBeDefined();
    expect((await hub.client.list(Kinds.ConfigMap, selection)).length).toBe(7);
  });

  it("asks for metadata alone", async () => {
    await hub.client.create(Kinds.ConfigMap, configMap("meta", { big: "x" }));
    const options = { namespace, metadataOnly: true, fieldSelector: "metadata.name=meta" };
    const [object] = await hub.client.list<Unstructured>(Kinds.ConfigMap, options);
    expect(object?.metadata.name).toBe("meta");
    expect(object).not.toHaveProperty("data");
  });

  it("applies fields of its own and leaves those of others", async () => {
    const ref = { name: "applied", namespace };
    await hub.client.apply(Kinds.ConfigMap, intentFor(ref, { data: { ours: "1" } }), manager);
    await hub.client.apply(Kinds.ConfigMap, intentFor(ref, { data: { theirs: "2" } }), { fieldManager: "somebody" });
    const merged = await hub.client.apply<Unstructured>(
      Kinds.ConfigMap,
      intentFor(ref, { data: { ours: "3" } }),
      manager,
    );
    expect(merged.data).toEqual({ ours: "3", theirs: "2" });
  });

  it("refuses to take a field over unless forced", async () => {
    const ref = { name: "owned", namespace };
    await hub.client.apply(Kinds.ConfigMap, intentFor(ref, { data: { key: "1" } }), { fieldManager: "somebody" });
    const intent = intentFor(ref, { data: { key: "2" } });
    await expect(hub.client.apply(Kinds.ConfigMap, intent, manager)).rejects.toMatchObject({
      code: "API_CONFLICT",
      details: { reason: "Conflict", status: 409 },
    });
    const forced = await hub.client.apply<Unstructured>(Kinds.ConfigMap, intent, { ...manager, force: true });
    expect(forced.data).toEqual({ key: "2" });
  });

  it("stores nothing on a dry run", async () => {
    await hub.client.apply(Kinds.ConfigMap, intentFor({ name: "dry", namespace }), { ...manager, dryRun: true });
    expect(await hub.client.get(Kinds.ConfigMap, { name: "dry", namespace })).toBeUndefined();
  });

  it("takes an object that is there already for the answer to its own create", async () => {
    expect((await createOrGet(hub.client, Kinds.ConfigMap, configMap("once"))).created).toBe(true);
    const again = await createOrGet(hub.client, Kinds.ConfigMap, configMap("once"));
    expect(again.created).toBe(false);
    expect(again.object.metadata.uid).toBeDefined();
  });

  it("deletes only what it decided about", async () => {
    const created = await hub.client.create(Kinds.ConfigMap, configMap("fenced"));
    const ref = { name: "fenced", namespace };
    await expect(hub.client.delete(Kinds.ConfigMap, ref, { uid: "another" })).rejects.toMatchObject({
      details: { reason: "Conflict" },
    });
    expect(await hub.client.delete(Kinds.ConfigMap, ref, { uid: created.metadata.uid })).toBe("accepted");
    expect(await hub.client.delete(Kinds.ConfigMap, ref)).toBe("absent");
  });

  it("adds and removes its finalizer and no other, also from an old copy", async () => {
    const created = await hub.client.create(Kinds.ConfigMap, configMap("final"));
    const first = await addFinalizer(hub.client, Kinds.ConfigMap, created, "tributary.dev/a");
    const both = await addFinalizer(hub.client, Kinds.ConfigMap, created, "tributary.dev/b");
    expect(first?.metadata.finalizers).toEqual(["tributary.dev/a"]);
    expect(both?.metadata.finalizers).toEqual(["tributary.dev/a", "tributary.dev/b"]);
    await hub.client.delete(Kinds.ConfigMap, { name: "final", namespace });
    const left = await removeFinalizer(hub.client, Kinds.ConfigMap, both as KubeObject, "tributary.dev/a");
    expect(left?.metadata.finalizers).toEqual(["tributary.dev/b"]);
    await removeFinalizer(hub.client, Kinds.ConfigMap, both as KubeObject, "tributary.dev/b");
    expect(await hub.client.get(Kinds.ConfigMap, { name: "final", namespace })).toBeUndefined();
  });

  it("fails a replace from an old read", async () => {
    const created = await hub.client.create(Kinds.ConfigMap, configMap("replaced"));
    await hub.client.replace(Kinds.ConfigMap, { ...created, data: { a: "1" } });
    await expect(hub.client.replace(Kinds.ConfigMap, { ...created, data: { a: "2" } })).rejects.toMatchObject({
      code: "API_CONFLICT",
      disposition: "transient",
    });
  });

  it("asks for a token that works", async () => {
    await hub.client.create(Kinds.ServiceAccount, { metadata: { name: "hub", namespace } });
    const { token } = await hub.client.createToken({ name: "hub", namespace }, { expirationSeconds: 600 });
    const access = {
      endpoint: { url: cluster.url, ca: cluster.authorityPem },
      credential: { authorization: `Bearer ${token}` },
      namespace,
    };
    const asAccount = connectCluster(access, { cluster: "hub" });
    await expect(asAccount.client.list(Kinds.Secret)).rejects.toMatchObject({
      code: "FORBIDDEN",
      message: expect.stringContaining('cluster "hub": list secrets'),
      details: { verb: "list", resource: "secrets", status: 403, remedy: expect.stringContaining("grant") },
    });
    await asAccount.close();
  });
});

describe("API client, input that an API server refuses", () => {
  const missing = { group: "example.dev", version: "v1", plural: "widgets", kind: "Widget", namespaced: true };

  it.each([
    {
      what: "a kind whose CRD is missing",
      call: () => hub.client.get(missing, { name: "a", namespace }),
      want: { code: "API_NOT_FOUND", details: { reason: "ResourceMissing", resource: "widgets.example.dev" } },
    },
    {
      what: "an object that is too large",
      call: () => hub.client.create(Kinds.ConfigMap, configMap("large", { text: "x".repeat(4 * 1024 * 1024) })),
      want: { code: "API_REFUSED", details: { verb: "create", name: "large" } },
    },
    {
      what: "a name that is not allowed",
      call: () => hub.client.create(Kinds.ConfigMap, configMap("Not_A_Name")),
      want: { code: "API_REFUSED", details: { reason: "Invalid", status: 422 } },
    },
    {
      what: "a selector that cannot be read",
      call: () => hub.client.list(Kinds.ConfigMap, { labelSelector: "a==b==c" }),
      want: { code: "API_REFUSED", details: { reason: "BadRequest" } },
    },
  ])("names cluster, verb and remedy for $what", async ({ call, want }) => {
    await expect(call()).rejects.toMatchObject({
      ...want,
      message: expect.stringContaining('cluster "hub": '),
      details: { ...want.details, cluster: "hub", remedy: expect.any(String) },
    });
  });

  it("names the cause when the credential is of another cluster", async () => {
    await using other = await startControlPlane({ name: "foreign" });
    const foreign = await readFile(await other.kubeconfigFor({ user: "mallory" }), "utf8");
    const wrongCa = connectCluster(foreign.replaceAll(other.url, cluster.url), { cluster: "edge" });
    await expect(wrongCa.client.list(Kinds.Pod)).rejects.toMatchObject({ details: { reason: "TlsRejected" } });
    await wrongCa.close();
    const { certificatePem: cert, keyPem: key } = await other.clientCertificate({ user: "mallory" });
    const access = {
      endpoint: { url: cluster.url, ca: cluster.authorityPem },
      credential: { certificate: { cert, key } },
      namespace,
    };
    const wrongIdentity = connectCluster(access, { cluster: "edge" });
    await expect(wrongIdentity.client.list(Kinds.Pod)).rejects.toMatchObject({
      code: "CREDENTIAL_REJECTED",
      details: { status: 401, remedy: "renew the credential of this cluster" },
    });
    await wrongIdentity.close();
    expect(await hub.client.getPath("/version")).toMatchObject({ major: "1" });
  });
});
