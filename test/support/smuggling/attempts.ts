import type { RenderedObject } from "../charts.ts";
import type { ApiCall } from "./api-caller.ts";
import { type JobMutation, jobMutations, joinedLabels, mutate } from "./job-mutations.ts";

/** A call by which the hub would get what it may not; nothing of it stays, whatever the answer is. */
export interface Attempt {
  readonly name: string;
  readonly call: ApiCall;
}

/** What attempts start from. */
export interface Ground {
  /** Namespace of Jobs and of the hub's account. */
  readonly namespace: string;
  readonly account: string;
  /** Honest Jobs of every offered combination, not yet made. */
  readonly fresh: readonly RenderedObject[];
  /** Honest Jobs that were made, as the API server shows them. */
  readonly suspended: RenderedObject;
  readonly running: RenderedObject;
  /** An anchor, made. */
  readonly anchor: RenderedObject;
  /** ConfigMaps that the hub did not make. */
  readonly foreign: readonly string[];
  /** A Secret of the namespace. */
  readonly secret: string;
  /** A namespace that is none of the job namespaces, in which the hub has its rights all the same. */
  readonly elsewhere: string;
}

const dry = "dryRun=All";
const manager = "fieldManager=tributary-operator&force=true";

export function createCall(object: RenderedObject): ApiCall {
  return { method: "POST", path: `${collectionOf(object)}?${dry}`, body: object };
}

function applyCall(object: RenderedObject): ApiCall {
  const path = `${collectionOf(object)}/${object.metadata.name}?${dry}&${manager}`;
  return { method: "PATCH", path, body: object, contentType: "application/apply-patch+yaml" };
}

/** Puts one state of an object in the place of another; what a merge would leave is taken away. */
export function replaceCall(object: RenderedObject): ApiCall {
  const parts = ["spec", "data", "binaryData"].filter((part) => object[part] !== undefined);
  const kept = ["labels", "annotations", "finalizers", "ownerReferences"] as const;
  const metadata = object.metadata as unknown as Readonly<Record<string, unknown>>;
  const body = [
    ...parts.map((part) => ({ op: "add", path: `/${part}`, value: object[part] })),
    ...kept.map((part) => ({ op: "add", path: `/metadata/${part}`, value: metadata[part] ?? emptyOf(part) })),
  ];
  const path = `${collectionOf(object)}/${object.metadata.name}?${dry}`;
  return { method: "PATCH", path, body, contentType: "application/json-patch+json" };
}

const emptyOf = (part: string): object => (part === "labels" || part === "annotations" ? {} : []);

function collectionOf({ kind, metadata }: RenderedObject): string {
  const group = kind === "Job" ? "/apis/batch/v1" : "/api/v1";
  return `${group}/namespaces/${metadata.namespace}/${kind === "Job" ? "jobs" : "configmaps"}`;
}

/** Every change alone in every way to write it, then pairs of them. Like seeds make like attempts. */
export function jobAttempts(ground: Ground, pairs: number, seed: number): Attempt[] {
  const random = randomOf(seed);
  const one = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T;
  const ways: readonly ((changes: readonly JobMutation[]) => Attempt | undefined)[] = [
    (changes) => attempt("create", one(ground.fresh), changes, createCall),
    (changes) => attempt("apply", one(ground.fresh), changes, applyCall),
    (changes) => attempt("change of a suspended Job", ground.suspended, changes, replaceCall),
    (changes) => attempt("change of a running Job", ground.running, changes, replaceCall),
  ];
  const alone = jobMutations.flatMap((mutation) => ways.map((way) => way([mutation])));
  const paired = Array.from({ length: pairs }, () => one(ways)([one(jobMutations), one(jobMutations)]));
  return [...alone, ...paired].filter((each) => each !== undefined);
}

/** One label in the place of two, on every Job: the change by which a name of a runtime could hold that of a data set. */
export function joinedLabelAttempts({ fresh }: Ground): Attempt[] {
  const joined = jobMutations.filter(({ name }) => name === joinedLabels);
  const ways = fresh.flatMap((job) => [
    attempt("create", job, joined, createCall),
    attempt("apply", job, joined, applyCall),
  ]);
  return ways.filter((each) => each !== undefined);
}

function attempt(
  way: string,
  job: RenderedObject,
  changes: readonly JobMutation[],
  call: (job: RenderedObject) => ApiCall,
): Attempt | undefined {
  const changed = mutate(job, changes);
  if (changed === undefined) return undefined;
  const { labels } = job.metadata;
  const combination = `${labels?.["tributary.dev/runtime"]}, ${labels?.["tributary.dev/dataset"] ?? "no data set"}`;
  return { name: `${way} (${combination}): ${changes.map(({ name }) => name).join(" + ")}`, call: call(changed) };
}

/** A small generator of numbers from 0 to 1 (mulberry32). */
function randomOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

// biome-ignore lint/suspicious/noExplicitAny: changes reach into every part of a ConfigMap
const anchorChanges: readonly [string, (map: any) => void][] = [
  ["no origin", (map) => delete map.metadata.labels["tributary.dev/origin"]],
  ["another key", (map) => (map.data["config.json"] = "{}")],
  ["binary data", (map) => (map.binaryData = { "worker.json2": "AAAA" })],
  ["much data", (map) => (map.data["worker.json"] = "x".repeat(300_000))],
  ["a finalizer", (map) => (map.metadata.finalizers = ["example.com/keep"])],
  ["a label of others", (map) => (map.metadata.labels.grafana_dashboard = "1")],
  ["an annotation of others", (map) => (map.metadata.annotations = { "reloader.example.com/match": "true" })],
  ["an owner", (map) => (map.metadata.ownerReferences = [{ apiVersion: "v1", kind: "Secret", name: "any", uid: "1" }])],
];

/** ConfigMaps: what the hub's own may hold, and those of others. */
export function configMapAttempts({ namespace, anchor, foreign }: Ground): Attempt[] {
  const { labels } = anchor.metadata;
  const own = anchorChanges.flatMap(([name, change]) => {
    const changed = structuredClone(anchor);
    change(changed);
    const fresh = structuredClone({ ...anchor, metadata: { name: "fresh", namespace, labels } }) as RenderedObject;
    change(fresh);
    return [
      { name: `create a ConfigMap: ${name}`, call: createCall(fresh) },
      { name: `change the anchor: ${name}`, call: replaceCall(changed) },
    ];
  });
  const bare = { ...anchor, metadata: { ...anchor.metadata, finalizers: [] } };
  const stripped = { name: "change the anchor: no finalizer of others", call: replaceCall(bare) };
  const path = (name: string) => `/api/v1/namespaces/${namespace}/configmaps/${name}?${dry}`;
  const others = foreign.flatMap((name): Attempt[] => [
    { name: `change ${name}`, call: mergeCall(path(name), { data: { a: "b" } }) },
    { name: `change worker.json of ${name}`, call: mergeCall(path(name), { data: { "worker.json": "{}" } }) },
    {
      name: `take ${name} over`,
      call: mergeCall(path(name), { metadata: { labels: { "tributary.dev/origin": "hub" } } }),
    },
    {
      name: `apply over ${name}`,
      call: {
        method: "PATCH",
        path: `${path(name)}&${manager}`,
        body: { ...anchor, metadata: { name, namespace, labels: anchor.metadata.labels } },
        contentType: "application/apply-patch+yaml",
      },
    },
    { name: `delete ${name}`, call: { method: "DELETE", path: path(name) } },
  ]);
  return [...own, stripped, ...others];
}

function mergeCall(path: string, body: object): ApiCall {
  return { method: "PATCH", path, body, contentType: "application/merge-patch+json" };
}

/** Tokens that last too long, are meant for others or are bound to what is not the hub's. */
export function tokenAttempts({ namespace, account, secret }: Ground): Attempt[] {
  const specs: readonly [string, object][] = [
    ["of a year", { expirationSeconds: 365 * 86_400 }],
    ["of a day and a second", { expirationSeconds: 86_401 }],
    ["for the gate", { expirationSeconds: 3600, audiences: ["tributary"] }],
    ["for a cloud", { expirationSeconds: 3600, audiences: ["sts.amazonaws.com"] }],
    ["for a vault", { expirationSeconds: 3600, audiences: ["https://vault.example.com"] }],
    ["for one whose name begins with an audience", { expirationSeconds: 3600, audiences: ["api.example.com"] }],
    ["for one whose name ends with an audience", { expirationSeconds: 3600, audiences: ["https://vault-api"] }],
    [
      "for this API server and another",
      { expirationSeconds: 3600, audiences: ["https://kubernetes.default.svc", "https://kubernetes.default.svc.evil"] },
    ],
    [
      "bound to a Secret",
      { expirationSeconds: 3600, boundObjectRef: { apiVersion: "v1", kind: "Secret", name: secret } },
    ],
  ];
  const others = ["tributary-worker", "default"];
  return [
    ...specs.map(([name, spec]) => ({ name: `a token ${name}`, call: tokenCall(namespace, account, spec) })),
    ...others.map((name) => ({
      name: `a token of ${name}`,
      call: tokenCall(namespace, name, { expirationSeconds: 3600 }),
    })),
  ];
}

export function tokenCall(namespace: string, account: string, spec: object): ApiCall {
  const path = `/api/v1/namespaces/${namespace}/serviceaccounts/${account}/token?${dry}`;
  return { method: "POST", path, body: { apiVersion: "authentication.k8s.io/v1", kind: "TokenRequest", spec } };
}

/** Deletions that would leave pods behind which nobody counts. */
export function deletionAttempts({ running, suspended }: Ground): Attempt[] {
  return [running, suspended].flatMap((job) =>
    [{ propagationPolicy: "Orphan" }, { orphanDependents: true }, {}].map((options) => ({
      name: `delete ${job.metadata.name} with ${JSON.stringify(options)}`,
      call: {
        method: "DELETE" as const,
        path: `${collectionOf(job)}/${job.metadata.name}?${dry}`,
        // With a body, the query's dryRun does not count.
        body: { apiVersion: "v1", kind: "DeleteOptions", dryRun: ["All"], ...options },
      },
    })),
  );
}

/** Jobs and ConfigMaps where the hub has rights and nobody judges what they are, as while a job namespace comes or goes. */
export function elsewhereAttempts({ elsewhere, fresh, anchor }: Ground): Attempt[] {
  const { name, labels } = anchor.metadata;
  const map = {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name, namespace: elsewhere, labels },
    data: anchor.data,
  };
  const jobs = fresh.flatMap((job): [string, RenderedObject][] => {
    const moved = { ...job, metadata: { ...job.metadata, namespace: elsewhere } };
    const reading = mutate(moved, [
      {
        name: "a Secret",
        change: (each) => (each.spec.template.spec.containers[0].envFrom = [{ secretRef: { name: "a" } }]),
      },
    ]);
    return [
      ["an honest Job", moved],
      ...(reading === undefined ? [] : [["a Job that reads a Secret", reading] as [string, RenderedObject]]),
    ];
  });
  return [["a ConfigMap", map] as [string, RenderedObject], ...jobs].flatMap(([what, object], index) => [
    { name: `elsewhere: create ${what} (${index})`, call: createCall(object) },
    { name: `elsewhere: apply ${what} (${index})`, call: applyCall(object) },
  ]);
}

/** Objects that are neither Jobs nor ConfigMaps, by rights that all accounts of the namespace have. */
export function otherKindAttempts({ namespace, fresh }: Ground): Attempt[] {
  const { template } = fresh[0]!.spec;
  const named = { metadata: { name: "other", namespace } };
  const selected = { selector: { matchLabels: template.metadata.labels }, template };
  const kinds: readonly [group: string, plural: string, body: object][] = [
    ["/api/v1", "pods", { kind: "Pod", spec: { ...template.spec, restartPolicy: "Always" } }],
    ["/api/v1", "secrets", { kind: "Secret", stringData: { a: "b" } }],
    ["/api/v1", "podtemplates", { kind: "PodTemplate", template }],
    ["/api/v1", "serviceaccounts", { kind: "ServiceAccount" }],
    [
      "/api/v1",
      "replicationcontrollers",
      {
        kind: "ReplicationController",
        spec: { replicas: 0, selector: template.metadata.labels, template: always(template) },
      },
    ],
    [
      "/apis/batch/v1",
      "cronjobs",
      { kind: "CronJob", spec: { schedule: "0 0 1 1 *", jobTemplate: { spec: { template } } } },
    ],
    [
      "/apis/apps/v1",
      "deployments",
      { kind: "Deployment", spec: { ...selected, replicas: 0, template: always(template) } },
    ],
    [
      "/apis/apps/v1",
      "statefulsets",
      { kind: "StatefulSet", spec: { ...selected, replicas: 0, serviceName: "a", template: always(template) } },
    ],
    ["/apis/apps/v1", "daemonsets", { kind: "DaemonSet", spec: { ...selected, template: always(template) } }],
    [
      "/apis/networking.k8s.io/v1",
      "networkpolicies",
      { kind: "NetworkPolicy", spec: { podSelector: {}, egress: [{}], policyTypes: ["Egress"] } },
    ],
  ];
  return kinds.map(([group, plural, body]) => ({
    name: `other kind: create ${plural}`,
    call: {
      method: "POST",
      path: `${group}/namespaces/${namespace}/${plural}?${dry}`,
      body: { apiVersion: group.replace(/^\/apis?\//u, ""), ...named, ...body },
    },
  }));
}

const always = (template: { spec: object }): object => ({
  ...template,
  spec: { ...template.spec, restartPolicy: "Always" },
});
