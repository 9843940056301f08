import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { type ControlPlane, startControlPlane } from "@tributary/clouds";
import { Kinds } from "@tributary/contracts";
import { TributaryError } from "@tributary/kit";
import {
  type ApiClient,
  admitWhileLeading,
  type Clock,
  type ClusterConnection,
  connectCluster,
  createInformer,
  createMemberLinks,
  type Informer,
  type KubeObject,
  type MemberLinkState,
  type MemberLinksOptions,
  systemClock,
} from "@tributary/operator";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { startFaultProxy } from "../support/fault-proxy.ts";
import { until } from "../support/until.ts";

type View = Informer<KubeObject>;

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

let near: ControlPlane;
let far: ControlPlane;
let admin: ClusterConnection;
const closers: (() => Promise<unknown>)[] = [];

beforeAll(async () => {
  [near, far] = await Promise.all([startControlPlane({ name: "near" }), startControlPlane({ name: "far" })]);
  admin = connectCluster(far.kubeconfig, { cluster: "far" });
});

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

afterAll(async () => {
  await admin?.close();
  await Promise.all([near?.stop(), far?.stop()]);
});

function followConfigMaps(client: ApiClient): { informers: View[]; view: View } {
  const informer = createInformer<KubeObject>({
    client,
    resource: Kinds.ConfigMap,
    selection: { namespace: "default" },
    onError: (error) => {
      throw error;
    },
    tuning: { livenessMs: 5_000, backoff: { initialMs: 50, maxMs: 500, factor: 2 } },
  });
  return { informers: [informer], view: informer };
}

function makeLinks(more: Partial<MemberLinksOptions<View>> = {}) {
  const changes: { member: string; state: MemberLinkState<View> | undefined }[] = [];
  const links = createMemberLinks<View>({
    clock: systemClock,
    random: Math.random,
    follow: followConfigMaps,
    onChange: (member) => changes.push({ member, state: links.stateOf(member) }),
    onWarning: () => {},
    establishMs: 5_000,
    retry: { initialMs: 100, maxMs: 500, factor: 2 },
    heartbeatMs: 300,
    awayAfterMs: 1_000,
    drainMs: 100,
    ...more,
  });
  closers.push(() => links.close());
  const reachable = (member: string, generation = 1) =>
    until(`${member} is reachable`, () => {
      const state = links.stateOf(member);
      return state?.isReachable === true && state.generation >= generation && state;
    });
  return { links, changes, reachable };
}

async function startProxy(cluster: ControlPlane) {
  const proxy = await startFaultProxy(cluster.url);
  closers.push(() => proxy.close());
  return { proxy, kubeconfig: proxy.redirect(cluster.kubeconfig) };
}

function put(name: string): Promise<KubeObject> {
  const object = { metadata: { name, namespace: "default" } };
  return admin.client.apply(Kinds.ConfigMap, object, { fieldManager: "test" });
}

function knows(state: MemberLinkState<View> | undefined, name: string): boolean {
  return state?.link?.view.objects.get(`default/${name}`) !== undefined;
}

describe("member links on real API servers", () => {
  it("shows a member once its caches are complete, with the time it was heard", async () => {
    const { links, changes, reachable } = makeLinks();
    await put("seen");
    links.engage({ name: "far", uid: "u1", kubeconfig: far.kubeconfig });
    expect(links.stateOf("far")).toMatchObject({ isReachable: false, generation: 0 });
    const state = await reachable("far");
    expect(knows(state, "seen")).toBe(true);
    expect(state.lossClock.lastHeardMs).toBeDefined();
    expect(changes[0]?.state?.link?.view.hasSynced()).toBe(true);
  });

  it("does not let a member that hangs delay another", async () => {
    const { links, reachable } = makeLinks({ establishMs: 60_000 });
    const { proxy, kubeconfig } = await startProxy(far);
    proxy.setMode("blackHole");
    links.engage({ name: "hung", uid: "u1", kubeconfig });
    links.engage({ name: "near", uid: "u2", kubeconfig: near.kubeconfig });
    await reachable("near");
    expect(links.stateOf("hung")?.isReachable).toBe(false);
  });

  it("tells the first loss through failed tries, and adopts what is there on return", async () => {
    const { links, changes, reachable } = makeLinks();
    const { proxy, kubeconfig } = await startProxy(far);
    await put("stays");
    links.engage({ name: "far", uid: "u1", kubeconfig });
    await reachable("far");
    const uid = links.stateOf("far")?.link?.view.objects.get("default/stays")?.metadata.uid;
    proxy.setMode("refuse");
    proxy.reset();
    await until("the loss is told", () => links.stateOf("far")?.isReachable === false);
    const lost = links.stateOf("far");
    expect(lost?.problem).toMatchObject({ code: "MEMBER_UNREACHABLE" });
    expect(knows(lost, "stays")).toBe(true);
    await put("made-meanwhile");
    const tries = proxy.accepted();
    await until("it was tried again", () => proxy.accepted() > tries);
    expect(links.stateOf("far")?.lossClock.disconnectedSinceMs).toBe(lost?.lossClock.disconnectedSinceMs);
    proxy.setMode("forward");
    const back = await reachable("far");
    expect(back.lossClock.disconnectedSinceMs).toBeUndefined();
    expect(back.problem).toBeUndefined();
    await until("the absence is caught up", () => knows(links.stateOf("far"), "made-meanwhile"));
    expect(back.link?.view.objects.get("default/stays")?.metadata.uid).toBe(uid);
    expect(changes.map(({ state }) => state?.isReachable)).toEqual([true, false, true]);
  });

  it("keeps silent about a cut that is shorter than the grace", async () => {
    const { links, changes, reachable } = makeLinks({ awayAfterMs: 20_000 });
    const { proxy, kubeconfig } = await startProxy(far);
    links.engage({ name: "far", uid: "u1", kubeconfig });
    await reachable("far");
    proxy.setMode("refuse");
    proxy.reset();
    const tries = proxy.accepted();
    await until("a try failed", () => proxy.accepted() > tries + 1);
    proxy.setMode("forward");
    await put("after-blip");
    await until("the cut is caught up", () => knows(links.stateOf("far"), "after-blip"));
    expect(changes.length).toBe(1);
  });

  it("keeps the working link when its Secret is rotated to a bad kubeconfig, and changes over to the next good one", async () => {
    const { links, reachable } = makeLinks();
    links.engage({ name: "far", uid: "u1", kubeconfig: far.kubeconfig });
    const before = await reachable("far");
    for (const bad of ["not yaml: [", near.kubeconfig.replaceAll(near.url, far.url)]) {
      links.engage({ name: "far", uid: "u1", kubeconfig: bad });
      await until("the bad kubeconfig is refused", () => links.stateOf("far")?.problem?.code === "KUBECONFIG_INVALID");
      await put("while-bad");
      await until("the old link still follows", () => knows(links.stateOf("far"), "while-bad"));
      expect(links.stateOf("far")).toMatchObject({ isReachable: true, generation: 1 });
      await admin.client.delete(Kinds.ConfigMap, { name: "while-bad", namespace: "default" });
    }
    const { kubeconfig } = await startProxy(far);
    links.engage({ name: "far", uid: "u1", kubeconfig });
    const after = await reachable("far", 2);
    expect(after.problem).toBeUndefined();
    expect(after.link?.client).not.toBe(before.link?.client);
  });

  it("rotates without a gap: what was known stays known, and calls on the old client end well", async () => {
    const { links, reachable } = makeLinks({ drainMs: 2_000 });
    await put("known");
    links.engage({ name: "far", uid: "u1", kubeconfig: far.kubeconfig });
    const before = await reachable("far");
    const { kubeconfig } = await startProxy(far);
    links.engage({ name: "far", uid: "u1", kubeconfig });
    let gaps = 0;
    await until("the rotation is over", () => {
      if (!knows(links.stateOf("far"), "known") || links.stateOf("far")?.isReachable !== true) gaps++;
      return links.stateOf("far")?.generation === 2;
    });
    expect(gaps).toBe(0);
    expect(await before.link?.client.getPath("/version")).toMatchObject({ major: "1" });
  });

  it("takes a member made anew under the same name for another one", async () => {
    const { links, reachable } = makeLinks();
    links.engage({ name: "far", uid: "u1", kubeconfig: far.kubeconfig, lossClock: { disconnectedSinceMs: 5 } });
    expect(links.stateOf("far")?.lossClock).toEqual({ disconnectedSinceMs: 5 });
    await reachable("far");
    links.engage({ name: "far", uid: "u2", kubeconfig: far.kubeconfig });
    expect(links.stateOf("far")).toMatchObject({ generation: 0, isReachable: false, lossClock: {} });
    await reachable("far");
  });

  it("catches up after an absence so long that its version has expired, and tells the first loss until then", async () => {
    const { links, reachable } = makeLinks();
    const { proxy, kubeconfig } = await startProxy(far);
    await put("gone-meanwhile");
    links.engage({ name: "far", uid: "u1", kubeconfig });
    await reachable("far");
    proxy.setMode("refuse");
    proxy.reset();
    await until("the loss is told", () => links.stateOf("far")?.isReachable === false);
    const since = links.stateOf("far")?.lossClock.disconnectedSinceMs;
    await admin.client.delete(Kinds.ConfigMap, { name: "gone-meanwhile", namespace: "default" });
    // A fresh API server knows no change from before its start.
    await far.restart("kube-apiserver");
    await put("made-long-after");
    expect(links.stateOf("far")?.lossClock.disconnectedSinceMs).toBe(since);
    proxy.setMode("forward");
    await reachable("far");
    await until("the absence is caught up", () => knows(links.stateOf("far"), "made-long-after"));
    expect(knows(links.stateOf("far"), "gone-meanwhile")).toBe(false);
    expect(links.stateOf("far")?.generation).toBe(1);
  });

  it("lets nothing be written in a member while another replica leads, and goes on reading", async () => {
    const admit = admitWhileLeading({
      isLeading: () => false,
      token: () => 0,
      assertLeading: () => {
        throw new TributaryError("LEADERSHIP_LOST", "another replica leads");
      },
    });
    const { links, reachable } = makeLinks({ admit });
    links.engage({ name: "far", uid: "u1", kubeconfig: far.kubeconfig });
    const { link } = await reachable("far");
    const object = { metadata: { name: "unfenced", namespace: "default" } };
    await expect(link?.client.create(Kinds.ConfigMap, object)).rejects.toMatchObject({ code: "LEADERSHIP_LOST" });
    await put("still-followed");
    await until("the member is followed", () => knows(links.stateOf("far"), "still-followed"));
    expect(await admin.client.get(Kinds.ConfigMap, object.metadata)).toBeUndefined();
  });

  it("leaves neither sockets nor memory behind, however often members come and go", async () => {
    const { links, reachable } = makeLinks();
    const { proxy, kubeconfig } = await startProxy(far);
    async function comeAndGo(times: number): Promise<number> {
      for (let time = 0; time < times; time++) {
        links.engage({ name: "far", uid: `u${time}`, kubeconfig });
        await reachable("far");
        await links.disengage("far");
      }
      await until("the sockets are closed", () => proxy.open() === 0);
      collect();
      return process.memoryUsage().heapUsed / 2 ** 20;
    }
    const before = await comeAndGo(20);
    expect((await comeAndGo(100)) - before).toBeLessThan(4);
    expect(links.members()).toEqual([]);
  });

  it("closes every connection of a member that is disengaged", async () => {
    const { links, reachable } = makeLinks();
    const { proxy, kubeconfig } = await startProxy(far);
    links.engage({ name: "far", uid: "u1", kubeconfig });
    await reachable("far");
    await links.disengage("far");
    await until("the sockets are closed", () => proxy.open() === 0);
    expect(links.stateOf("far")).toBeUndefined();
    expect(links.members()).toEqual([]);
  });
});

describe("member links and credentials", () => {
  const namespace = "default";

  async function tokenKubeconfig(account: string): Promise<string> {
    await admin.client.apply(
      Kinds.ServiceAccount,
      { metadata: { name: account, namespace } },
      { fieldManager: "test" },
    );
    const binding = {
      group: "rbac.authorization.k8s.io",
      version: "v1",
      kind: "RoleBinding",
      plural: "rolebindings",
      namespaced: true,
    };
    const role = { ...binding, kind: "Role", plural: "roles" };
    const rules = [
      { apiGroups: [""], resources: ["configmaps"], verbs: ["get", "list", "watch"] },
      { apiGroups: [""], resources: ["serviceaccounts/token"], resourceNames: [account], verbs: ["create"] },
    ];
    const named = { metadata: { name: account, namespace } };
    const subjects = [{ kind: "ServiceAccount", name: account, namespace }];
    const roleRef = { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: account };
    await admin.client.apply(role, { ...named, rules } as KubeObject, { fieldManager: "test" });
    await admin.client.apply(binding, { ...named, subjects, roleRef } as KubeObject, { fieldManager: "test" });
    const { token } = await admin.client.createToken({ name: account, namespace }, { expirationSeconds: 600 });
    return JSON.stringify({
      "current-context": "c",
      contexts: [{ name: "c", context: { cluster: "c", user: "u", namespace } }],
      clusters: [
        {
          name: "c",
          cluster: {
            server: far.url,
            "certificate-authority-data": Buffer.from(far.authorityPem).toString("base64"),
          },
        },
      ],
      users: [{ name: "u", user: { token } }],
    });
  }

  it("renews its own token by TokenRequest before it ends, and keeps the new one", async () => {
    const saved: string[] = [];
    // 500 s ahead of the API server: 80 % of a token of 600 s are over at once.
    const ahead: Clock = { ...systemClock, nowMs: () => Date.now() + 500_000 };
    const { links, reachable } = makeLinks({
      clock: ahead,
      saveKubeconfig: async (_member, kubeconfig) => void saved.push(kubeconfig),
    });
    links.engage({ name: "far", uid: "u1", kubeconfig: await tokenKubeconfig("renewed") });
    await reachable("far");
    const [kubeconfig] = await until("the token is renewed", () => saved.length > 0 && saved);
    links.engage({ name: "far", uid: "u1", kubeconfig: kubeconfig as string });
    expect(links.stateOf("far")?.generation).toBe(1);
    const next = connectCluster(kubeconfig as string, { cluster: "next" });
    expect(await next.client.list(Kinds.ConfigMap, { namespace })).toBeDefined();
    await next.close();
  });

  it("says so when its token is revoked in mid-watch, and goes on with the next one", async () => {
    const { links, reachable } = makeLinks();
    links.engage({ name: "far", uid: "u1", kubeconfig: await tokenKubeconfig("revoked") });
    await reachable("far");
    await admin.client.delete(Kinds.ServiceAccount, { name: "revoked", namespace });
    const lost = await until("the refusal is told", () => {
      const state = links.stateOf("far");
      return state?.isReachable === false && state;
    });
    expect(lost.problem).toMatchObject({ code: "CREDENTIAL_REJECTED", details: { cluster: "far", status: 401 } });
    links.engage({ name: "far", uid: "u1", kubeconfig: await tokenKubeconfig("revoked") });
    await put("after-revocation");
    await reachable("far", 2);
    await until("the absence is caught up", () => knows(links.stateOf("far"), "after-revocation"));
  });

  it("says which resource it may not read", async () => {
    const { links } = makeLinks({ establishMs: 1_500 });
    const kubeconfig = await tokenKubeconfig("poor");
    await admin.client.delete(
      {
        group: "rbac.authorization.k8s.io",
        version: "v1",
        kind: "RoleBinding",
        plural: "rolebindings",
        namespaced: true,
      },
      { name: "poor", namespace },
    );
    links.engage({ name: "far", uid: "u1", kubeconfig });
    const state = await until("the problem is told", () => links.stateOf("far")?.problem && links.stateOf("far"));
    expect(state?.problem).toMatchObject({
      code: "FORBIDDEN",
      details: { cluster: "far", verb: "list", resource: "configmaps", remedy: expect.any(String) },
    });
  });
});
