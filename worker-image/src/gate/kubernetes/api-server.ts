import { readFile } from "node:fs/promises";
import { type Environment, readVariable, TributaryError } from "@tributary/kit";
import { Agent, request } from "undici";
import type { PodTemplateView, PodView } from "./pod-shape.ts";

/** The parts of a TokenReview's status that enrolment reads. */
export interface TokenReviewStatus {
  readonly authenticated?: boolean;
  readonly audiences?: readonly string[];
  readonly error?: string;
  readonly user?: { readonly username?: string; readonly extra?: Readonly<Record<string, readonly string[]>> };
}

/** Kinds of which the workers of a hub consist. */
export type WorkerKind = "jobs" | "pods";

/** What names an object that is to be removed. */
export interface NamedObject {
  readonly name: string;
  readonly uid: string;
}

/** An object of a worker with the Job that it belongs to. */
export interface WorkerObject extends NamedObject {
  /** Of a pod: the Job that made it and would replace it. */
  readonly batchJob?: NamedObject;
}

/** The member's API server as the removal of workers uses it. */
export interface WorkerStore {
  /** All objects of a kind that carry a label, whatever its value, page by page. */
  listLabelled(
    kind: WorkerKind,
    namespace: string,
    label: string,
    signal: AbortSignal,
  ): AsyncIterable<readonly WorkerObject[]>;
  /** Asks for the removal of an object and of what it owns; one that is gone or was made anew is left alone. */
  remove(kind: WorkerKind, namespace: string, object: NamedObject, signal: AbortSignal): Promise<void>;
}

/** The member's API server as the gate uses it. */
export interface ApiServer extends WorkerStore {
  /** Asks whose token this is, for one audience. */
  reviewToken(token: string, audience: string, signal: AbortSignal): Promise<TokenReviewStatus>;
  /** The pod of a name; `undefined` when there is none. */
  getPod(namespace: string, name: string, signal: AbortSignal): Promise<PodView | undefined>;
  /** The pods of a namespace that have all of some labels. */
  listPods(
    namespace: string,
    labels: Readonly<Record<string, string>>,
    signal: AbortSignal,
  ): Promise<readonly PodView[]>;
  /** The PodTemplates of a namespace whose label has a value. */
  listPodTemplates(
    namespace: string,
    label: string,
    value: string,
    signal: AbortSignal,
  ): Promise<readonly PodTemplateView[]>;
  /** Texts of a ConfigMap by key. Throws API_UNAVAILABLE when there is none. */
  readConfigMap(namespace: string, name: string, signal: AbortSignal): Promise<Readonly<Record<string, string>>>;
  /** Writes some keys of a ConfigMap that is there; others stay. */
  patchConfigMap(
    namespace: string,
    name: string,
    data: Readonly<Record<string, string>>,
    signal: AbortSignal,
  ): Promise<void>;
  close(): Promise<void>;
}

const SERVICE_ACCOUNT = "/var/run/secrets/kubernetes.io/serviceaccount";
const CALL_TIMEOUT_MS = 10_000;
const PAGE_LIMIT = 200;

/** Talks to the API server with the credentials of the gate's own pod; the token is read anew for each call, since it rotates. */
export async function connectApiServer(env: Environment): Promise<ApiServer> {
  const host = env.KUBERNETES_SERVICE_HOST ?? "";
  const inCluster =
    host === ""
      ? undefined
      : `https://${host.includes(":") ? `[${host}]` : host}:${env.KUBERNETES_SERVICE_PORT ?? "443"}`;
  const origin = readVariable(env, "TRIBUTARY_API_SERVER", inCluster);
  const tokenPath = readVariable(env, "TRIBUTARY_API_TOKEN_PATH", `${SERVICE_ACCOUNT}/token`);
  const caPath = readVariable(env, "TRIBUTARY_API_CA_PATH", `${SERVICE_ACCOUNT}/ca.crt`);
  const ca = await readFile(caPath, "utf8").catch((cause: unknown) => {
    throw new TributaryError("CONFIGURATION_INVALID", `${caPath} cannot be read`, { cause });
  });
  const agent = new Agent({ connect: { ca }, headersTimeout: CALL_TIMEOUT_MS, bodyTimeout: CALL_TIMEOUT_MS });
  const call = async (
    method: "GET" | "POST" | "PATCH" | "DELETE",
    path: string,
    signal: AbortSignal,
    body?: object,
  ) => {
    const token = (await readFile(tokenPath, "utf8")).trim();
    const headers = {
      authorization: `Bearer ${token}`,
      accept: "application/json",
      "content-type": method === "PATCH" ? "application/merge-patch+json" : "application/json",
    };
    const options = {
      method,
      headers,
      dispatcher: agent,
      signal,
      ...(body !== undefined && { body: JSON.stringify(body) }),
    };
    try {
      const { statusCode, body: answer } = await request(`${origin}${path}`, options);
      return { status: statusCode, text: await answer.text() };
    } catch (cause) {
      throw new TributaryError("API_UNAVAILABLE", `${method} ${path} got no whole answer`, { cause });
    }
  };
  async function* pagesOf<T>(collection: string, selector: string, signal: AbortSignal): AsyncIterable<readonly T[]> {
    const path = `${collection}?labelSelector=${encodeURIComponent(selector)}&limit=${PAGE_LIMIT}`;
    let next = "";
    do {
      const answer = await call("GET", `${path}${next && `&continue=${encodeURIComponent(next)}`}`, signal);
      if (answer.status !== 200) throw refused(`GET ${path}`, answer.status);
      const page = parseAnswer<ObjectPage<T>>(`GET ${path}`, answer.text);
      yield page.items;
      next = page.metadata?.continue ?? "";
    } while (next !== "");
  }
  return {
    async reviewToken(token, audience, signal) {
      const path = "/apis/authentication.k8s.io/v1/tokenreviews";
      const review = {
        apiVersion: "authentication.k8s.io/v1",
        kind: "TokenReview",
        spec: { token, audiences: [audience] },
      };
      const answer = await call("POST", path, signal, review);
      if (answer.status !== 200 && answer.status !== 201) throw refused(`POST ${path}`, answer.status);
      return parseAnswer<{ status?: TokenReviewStatus }>(`POST ${path}`, answer.text).status ?? {};
    },
    async getPod(namespace, name, signal) {
      const path = `/api/v1/namespaces/${encodeURIComponent(namespace)}/pods/${encodeURIComponent(name)}`;
      const answer = await call("GET", path, signal);
      if (answer.status === 404) return undefined;
      if (answer.status !== 200) throw refused(`GET ${path}`, answer.status);
      return parseAnswer<PodView>(`GET ${path}`, answer.text);
    },
    async listPods(namespace, labels, signal) {
      const found: PodView[] = [];
      const selector = Object.entries(labels).map(([name, value]) => `${name}=${value}`);
      const pages = pagesOf<PodView>(collectionPath("pods", namespace), selector.join(","), signal);
      for await (const page of pages) found.push(...page);
      return found;
    },
    async listPodTemplates(namespace, label, value, signal) {
      const found: PodTemplateView[] = [];
      const path = `/api/v1/namespaces/${encodeURIComponent(namespace)}/podtemplates`;
      for await (const page of pagesOf<PodTemplateView>(path, `${label}=${value}`, signal)) found.push(...page);
      return found;
    },
    async *listLabelled(kind, namespace, label, signal) {
      const pages = pagesOf<ListedObject>(collectionPath(kind, namespace), label, signal);
      for await (const page of pages) yield page.map(workerObject);
    },
    async remove(kind, namespace, { name, uid }, signal) {
      const path = `${collectionPath(kind, namespace)}/${encodeURIComponent(name)}`;
      const options = {
        apiVersion: "v1",
        kind: "DeleteOptions",
        propagationPolicy: "Background",
        preconditions: { uid },
      };
      const { status } = await call("DELETE", path, signal, options);
      if (![200, 202, 404, 409].includes(status)) throw refused(`DELETE ${path}`, status);
    },
    async readConfigMap(namespace, name, signal) {
      const path = configMapPath(namespace, name);
      const answer = await call("GET", path, signal);
      if (answer.status !== 200) throw refused(`GET ${path}`, answer.status);
      return parseAnswer<{ data?: Record<string, string> }>(`GET ${path}`, answer.text).data ?? {};
    },
    async patchConfigMap(namespace, name, data, signal) {
      const path = configMapPath(namespace, name);
      const { status } = await call("PATCH", path, signal, { data });
      if (status !== 200) throw refused(`PATCH ${path}`, status);
    },
    close: () => agent.close(),
  };
}

interface ObjectPage<T> {
  readonly metadata?: { readonly continue?: string };
  readonly items: readonly T[];
}

interface ListedObject {
  readonly metadata: NamedObject & { readonly ownerReferences?: readonly (NamedObject & { readonly kind: string })[] };
}

function workerObject({ metadata: { name, uid, ownerReferences = [] } }: ListedObject): WorkerObject {
  const owner = ownerReferences.find(({ kind }) => kind === "Job");
  return { name, uid, ...(owner !== undefined && { batchJob: { name: owner.name, uid: owner.uid } }) };
}

function collectionPath(kind: WorkerKind, namespace: string): string {
  return `${kind === "jobs" ? "/apis/batch/v1" : "/api/v1"}/namespaces/${encodeURIComponent(namespace)}/${kind}`;
}

function configMapPath(namespace: string, name: string): string {
  return `/api/v1/namespaces/${encodeURIComponent(namespace)}/configmaps/${encodeURIComponent(name)}`;
}

/** A proxy before the API server may answer in its place, with 200 and a page for people. */
function parseAnswer<T>(call: string, text: string): T {
  try {
    return JSON.parse(text) as T;
  } catch (cause) {
    throw new TributaryError("API_UNAVAILABLE", `${call} was answered with something else than JSON`, { cause });
  }
}

function refused(call: string, status: number): TributaryError {
  const code = status === 401 ? "CREDENTIAL_REJECTED" : status === 403 ? "FORBIDDEN" : "API_UNAVAILABLE";
  return new TributaryError(code, `${call} was answered with ${status}`, { details: { status } });
}
