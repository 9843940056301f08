import type { ControlPlane } from "@tributary/clouds";
import { Kinds } from "@tributary/contracts";
import {
  type ClusterConnection,
  connectCluster,
  createInformer,
  type Informer,
  type KubeObject,
  type ReflectorReport,
} from "@tributary/operator";
import { expect } from "vitest";
import { type FaultProxy, startFaultProxy } from "./fault-proxy.ts";
import { until } from "./until.ts";

/** An informer of the ConfigMaps of one namespace behind a proxy that breaks the network. */
export interface Followed {
  readonly proxy: FaultProxy;
  readonly link: ClusterConnection;
  readonly informer: Informer<KubeObject>;
  /** What a listener or the informer itself threw. */
  readonly errors: unknown[];
  /** Reports of one type so far. */
  of<Type extends ReflectorReport["type"]>(type: Type): Extract<ReflectorReport, { type: Type }>[];
}

/** How it is followed. */
export interface FollowSettings {
  readonly initialList?: "watch" | "pages";
  readonly pageSize?: number;
  /** Largest answer that is taken, in bytes. */
  readonly maxAnswerBytes?: number;
  /** False returns before the cache is complete. */
  readonly waits?: boolean;
  /** Set on the proxy before anything is sent. */
  readonly bytesPerSecond?: number;
}

/** Follows ConfigMaps of one cluster, and changes them past the proxy. */
export interface ConfigMapRig {
  /** Past the proxy. */
  readonly direct: ClusterConnection;
  makeNamespace(name: string): Promise<string>;
  put(namespace: string, name: string, value: string): Promise<KubeObject>;
  remove(namespace: string, name: string): Promise<unknown>;
  /** Follows through a proxy, with times short enough for a test. */
  follow(namespace: string, settings?: FollowSettings): Promise<Followed>;
  /** What every fault must end with: the cache is what a fresh list gives, and nothing was swallowed. */
  expectEqualToServer(followed: Pick<Followed, "informer" | "errors">, namespace: string): Promise<void>;
  /** Ends what `follow` started, the newest first. */
  closeFollowed(): Promise<void>;
  close(): Promise<void>;
}

/** Makes a rig on a control plane. */
export function createConfigMapRig(cluster: ControlPlane): ConfigMapRig {
  const direct = connectCluster(cluster.kubeconfig, { cluster: "direct" });
  const closers: (() => Promise<unknown>)[] = [];

  async function follow(namespace: string, settings: FollowSettings = {}): Promise<Followed> {
    const proxy = await startFaultProxy(cluster.url);
    proxy.limitBytesPerSecond(settings.bytesPerSecond);
    const link = connectCluster(proxy.redirect(cluster.kubeconfig), {
      cluster: "edge",
      ...(settings.bytesPerSecond === undefined ? { callDeadlineMs: 3_000 } : {}),
      ...(settings.maxAnswerBytes === undefined ? {} : { limits: { maxAnswerBytes: settings.maxAnswerBytes } }),
    });
    const reports: ReflectorReport[] = [];
    const errors: unknown[] = [];
    const informer = createInformer<KubeObject>({
      client: link.client,
      resource: Kinds.ConfigMap,
      selection: { namespace },
      onError: (error) => errors.push(error),
      report: (report) => reports.push(report),
      tuning: {
        livenessMs: 2_000,
        backoff: { initialMs: 50, maxMs: 500, factor: 2 },
        pageSize: settings.pageSize ?? 10,
      },
      ...(settings.initialList === undefined ? {} : { initialList: settings.initialList }),
    });
    const stop = new AbortController();
    const running = informer.run(stop.signal);
    closers.push(async () => {
      stop.abort();
      await running;
      await link.close();
      await proxy.close();
    });
    const of = <Type extends ReflectorReport["type"]>(type: Type) =>
      reports.filter((report): report is Extract<ReflectorReport, { type: Type }> => report.type === type);
    if (settings.waits ?? true) {
      expect(await informer.whenSynced(AbortSignal.timeout(20_000))).toBe(true);
      await until("the watch stands", () => of("watchStarted").length > 0);
    }
    return { proxy, link, informer, errors, of };
  }

  async function closeFollowed(): Promise<void> {
    for (const close of closers.splice(0).reverse()) await close();
  }

  return {
    direct,
    follow,
    closeFollowed,
    async makeNamespace(name) {
      await direct.client.create(Kinds.Namespace, { metadata: { name } });
      return name;
    },
    put: (namespace, name, value) =>
      direct.client.apply(Kinds.ConfigMap, { metadata: { name, namespace }, data: { value } } as KubeObject, {
        fieldManager: "test",
        force: true,
      }),
    remove: (namespace, name) => direct.client.delete(Kinds.ConfigMap, { name, namespace }),
    async expectEqualToServer({ informer, errors }, namespace) {
      const versions = (objects: readonly KubeObject[]) =>
        objects.map(({ metadata }) => `${metadata.name} ${metadata.uid} ${metadata.resourceVersion}`).sort();
      await until("the cache equals a fresh list", async () => {
        const fresh = await direct.client.list<KubeObject>(Kinds.ConfigMap, { namespace });
        return JSON.stringify(versions(fresh)) === JSON.stringify(versions(informer.objects.list()));
      });
      expect(errors).toEqual([]);
    },
    async close() {
      await closeFollowed();
      await direct.close();
    },
  };
}
