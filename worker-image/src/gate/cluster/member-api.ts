import { readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { gateTokenAudience } from "@tributary/contracts";
import { type Environment, readVariable, TributaryError } from "@tributary/kit";
import { Agent, request } from "undici";

/** What a token review says of an accepted token. */
export interface ReviewedToken {
  /** `system:serviceaccount:<namespace>:<name>`. */
  readonly username: string;
  /** Pod that the token is bound to; absent for a token that is bound to none. */
  readonly pod?: { readonly name: string; readonly uid: string };
}

/** A pod, as far as enrolment reads it. */
export interface WorkerPod {
  readonly metadata: { readonly uid: string; readonly labels?: Readonly<Record<string, string>>; readonly deletionTimestamp?: string };
  readonly spec: { readonly initContainers?: readonly { readonly name: string; readonly image: string }[] };
  readonly status?: {
    readonly phase?: string;
    readonly initContainerStatuses?: readonly { readonly name: string; readonly image: string; readonly imageID: string }[];
  };
}

/** The two questions that a gate asks its own API server. */
export interface MemberApi {
  /** What a token says; undefined when it is not accepted for our audience. */
  reviewToken(token: string, signal: AbortSignal): Promise<ReviewedToken | undefined>;
  /** A pod; undefined when there is none. */
  readPod(namespace: string, name: string, signal: AbortSignal): Promise<WorkerPod | undefined>;
  close(): Promise<void>;
}

const directory = "/var/run/secrets/kubernetes.io/serviceaccount";
const timeoutMs = 10_000;

/** Connects with the credentials of the gate's pod, or with those that the environment names. */
export function connectMemberApi(env: Environment): MemberApi {
  const inCluster = `https://${bracketed(env.KUBERNETES_SERVICE_HOST ?? "kubernetes.default.svc")}:${env.KUBERNETES_SERVICE_PORT ?? "443"}`;
  const origin = readVariable(env, "TRIBUTARY_API_SERVER", inCluster);
  const tokenPath = readVariable(env, "TRIBUTARY_API_TOKEN_PATH", `${directory}/token`);
  const ca = readFileSync(readVariable(env, "TRIBUTARY_API_CA_PATH", `${directory}/ca.crt`));
  const dispatcher = new Agent({ connect: { ca, timeout: timeoutMs }, connections: 4 });

  async function send(method: "GET" | "POST", path: string, body: object | undefined, signal: AbortSignal): Promise<{ status: number; body: unknown }> {
    // The kubelet replaces the token file; reading it each time is cheap against the call.
    const authorization = `Bearer ${(await readFile(tokenPath, "utf8")).trim()}`;
    try {
      const answer = await request(`${origin}${path}`, {
        dispatcher,
        method,
        headers: { authorization, accept: "application/json", "content-type": "application/json" },
        body: body === undefined ? null : JSON.stringify(body),
        signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
      });
      return { status: answer.statusCode, body: await answer.body.json() };
    } catch (cause) {
      throw new TributaryError("API_UNAVAILABLE", `${method} ${path}: the member's API server does not answer`, { cause });
    }
  }

  return {
    async reviewToken(token, signal) {
      const review = { apiVersion: "authentication.k8s.io/v1", kind: "TokenReview", spec: { token, audiences: [gateTokenAudience] } };
      const answer = await send("POST", "/apis/authentication.k8s.io/v1/tokenreviews", review, signal);
      if (answer.status !== 201) throw refused("create tokenreviews", answer.status);
      return readReview(answer.body as TokenReview);
    },
    async readPod(namespace, name, signal) {
      const answer = await send("GET", `/api/v1/namespaces/${encodeURIComponent(namespace)}/pods/${encodeURIComponent(name)}`, undefined, signal);
      if (answer.status === 404) return undefined;
      if (answer.status !== 200) throw refused(`get pods in ${namespace}`, answer.status);
      return answer.body as WorkerPod;
    },
    close: () => dispatcher.close(),
  };
}

interface TokenReview {
  readonly status?: {
    readonly authenticated?: boolean;
    readonly audiences?: readonly string[];
    readonly user?: { readonly username?: string; readonly extra?: Readonly<Record<string, readonly string[]>> };
  };
}

function readReview({ status }: TokenReview): ReviewedToken | undefined {
  if (status?.authenticated !== true || status.audiences?.includes(gateTokenAudience) !== true) return undefined;
  const { username = "", extra = {} } = status.user ?? {};
  const name = extra["authentication.kubernetes.io/pod-name"]?.[0];
  const uid = extra["authentication.kubernetes.io/pod-uid"]?.[0];
  return { username, ...(name === undefined || uid === undefined ? {} : { pod: { name, uid } }) };
}

function refused(what: string, status: number): TributaryError {
  return new TributaryError("API_UNAVAILABLE", `the member's API server answered ${status} to ${what}; the gate's role must allow it`, { details: { status } });
}

function bracketed(host: string): string {
  return host.includes(":") && !host.startsWith("[") ? `[${host}]` : host;
}
