import { type ErrorCode, TributaryError } from "@tributary/kit";
import { DecoratorHandler, type Dispatcher } from "undici";
import { callBackoff, jitteredBackoffMs } from "../backoff.ts";
import { type Clock, type Deadline, pause, type Random, startDeadline, systemClock } from "../clock.ts";
import { type ApiStatus, type CallContext, refusedError } from "./api-error.ts";
import { abortedError, callFailure, deadlineError, queueFullError } from "./call-failure.ts";
import {
  type ConnectionPools,
  createConnectionPools,
  defaultPoolLimits,
  type PoolLimits,
  type PoolPair,
} from "./connection-pools.ts";
import type { Credential, CredentialSource } from "./credential.ts";
import type { ApiEndpoint } from "./kubeconfig.ts";

/** One HTTP request to an API server. */
export interface ApiCall {
  readonly context: CallContext;
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** Path from the API server's root. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string | undefined>>;
  readonly body?: unknown;
  readonly contentType?: string;
  readonly accept?: string;
  /** The same request twice has the effect of one, so it may be sent again when its answer was lost. */
  readonly isIdempotent: boolean;
  /** Time for the call with all its retries, in milliseconds; the connection's default when left out. */
  readonly deadlineMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Reads the body of an answer; the whole text as JSON when left out. */
  readonly read?: (body: AsyncIterable<Buffer>) => Promise<unknown>;
}

/** What is known of one attempt once it ended; for metrics and traces. */
export interface CallObservation {
  readonly context: CallContext;
  /** HTTP status, or 0 when there was no whole answer. */
  readonly status: number;
  readonly durationMs: number;
  /** The caller gave the call up: this says nothing about the cluster. */
  readonly isAborted: boolean;
}

/** Where and as whom to connect. */
export interface ConnectionOptions {
  /** Name by which the operator knows the cluster: in errors, logs and metric labels. */
  readonly cluster: string;
  readonly endpoint: ApiEndpoint;
  readonly credentials: CredentialSource;
  readonly clock?: Clock;
  readonly random?: Random;
  readonly limits?: Partial<PoolLimits>;
  /** Time for one call with its retries when the call names none; 30 s by default. */
  readonly callDeadlineMs?: number;
  /** Retries of one call; 4 by default. */
  readonly maxRetries?: number;
  /** Calls that may run and wait at once; 10,000 by default. */
  readonly maxCalls?: number;
  /** Error code of a cluster that does not answer; `API_UNAVAILABLE` by default. */
  readonly unreachableCode?: ErrorCode;
  readonly userAgent?: string;
  readonly observe?: (observation: CallObservation) => void;
  /** Asked before each attempt, and once more when its request goes out; what it throws ends the call. It counts nothing. */
  readonly admit?: (context: CallContext) => void;
  /** Told of each attempt once, before it; what it throws ends the call, so that a cluster known to be away costs no deadline. */
  readonly onAttempt?: (context: CallContext) => void;
}

/** HTTP to one API server: pools, credentials, deadlines, retries. The {@link ApiClient} speaks Kubernetes over it. */
export interface Connection {
  readonly cluster: string;
  readonly clock: Clock;
  readonly random: Random;
  /**
   * Sends a call and returns the parsed body.
   *
   * @throws TributaryError with cluster, verb, resource, reason and remedy in its details.
   */
  send(call: ApiCall): Promise<unknown>;
  /** Opens a watch: the body as it arrives. The deadline and the call's signal end with the headers; the body's owner destroys it. */
  open(call: ApiCall): Promise<Body>;
  /** What broke an open body, as an error with cluster, verb, resource and remedy. */
  failureOf(context: CallContext, thrown: unknown): TributaryError;
  /** TLS handshakes since the start. */
  handshakes(): number;
  close(): Promise<void>;
}

type Body = Dispatcher.ResponseData["body"];

type Attempt<T> =
  | { readonly kind: "answer"; readonly value: T }
  | { readonly kind: "failed"; readonly error: TributaryError; readonly mayRetry: boolean; readonly waitMs: number };

function retryAfterMs(response: Dispatcher.ResponseData): number | undefined {
  const header = response.headers["retry-after"];
  const seconds = Number(Array.isArray(header) ? header[0] : header);
  return header !== undefined && Number.isFinite(seconds) && seconds >= 0 ? seconds * 1000 : undefined;
}

function parseStatus(text: string): ApiStatus {
  try {
    const body: unknown = JSON.parse(text);
    return typeof body === "object" && body !== null ? (body as ApiStatus) : {};
  } catch {
    return text === "" ? {} : { message: text.slice(0, 300).trim() };
  }
}

async function readJson(body: Body): Promise<unknown> {
  const text = await body.text();
  return text === "" ? undefined : JSON.parse(text);
}

function pathWithQuery(prefix: string, call: ApiCall): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(call.query ?? {})) if (value !== undefined) query.set(name, value);
  const suffix = query.size === 0 ? "" : `?${query}`;
  return `${prefix}${call.path}${suffix}`;
}

interface Route<T> {
  readonly pool: keyof PoolPair;
  readonly read: (body: Body) => Promise<T>;
}

/** Asks once more when the request goes out: it may have waited for a connection, or its process may have stood still. */
function admitAtSend(dispatcher: Dispatcher, admit: () => void): Dispatcher {
  return dispatcher.compose((dispatch) => (opts, handler) => dispatch(opts, new AdmittedHandler(handler, admit)));
}

class AdmittedHandler extends DecoratorHandler {
  readonly #handler: Dispatcher.DispatchHandler;
  readonly #admit: () => void;

  constructor(handler: Dispatcher.DispatchHandler, admit: () => void) {
    super(handler);
    this.#handler = handler;
    this.#admit = admit;
  }

  /** Called right before the first byte is written. */
  onRequestStart(controller: Dispatcher.DispatchController, context: unknown): void {
    this.#admit();
    this.#handler.onRequestStart?.(controller, context);
  }
}

/** Connects to one API server. Nothing is sent before the first call. */
export function createConnection(options: ConnectionOptions): Connection {
  const { cluster, credentials } = options;
  const clock = options.clock ?? systemClock;
  const random = options.random ?? Math.random;
  const unreachable = options.unreachableCode ?? "API_UNAVAILABLE";
  const pools: ConnectionPools = createConnectionPools(options.endpoint, { ...defaultPoolLimits, ...options.limits });
  const { origin, pathname } = new URL(options.endpoint.url);
  const prefix = pathname.replace(/\/$/, "");
  const closed = new AbortController();
  let running = 0;
  let throttledUntilMs = 0;

  function observe(context: CallContext, status: number, startedMs: number, isAborted = false): void {
    options.observe?.({ context, status, durationMs: clock.monotonicMs() - startedMs, isAborted });
  }

  async function dispatch(call: ApiCall, credential: Credential, pool: keyof PoolPair, signal: AbortSignal) {
    return admitAtSend(pools.for(credential)[pool], () => options.admit?.(call.context)).request({
      origin,
      method: call.method,
      path: pathWithQuery(prefix, call),
      headers: {
        accept: call.accept ?? "application/json",
        "user-agent": options.userAgent ?? "tributary",
        ...(credential.authorization === undefined ? {} : { authorization: credential.authorization }),
        ...(call.body === undefined ? {} : { "content-type": call.contentType ?? "application/json" }),
      },
      ...(call.body === undefined ? {} : { body: JSON.stringify(call.body) }),
      signal,
    });
  }

  async function refuse(call: ApiCall, response: Dispatcher.ResponseData, credential: Credential) {
    const status = parseStatus(await response.body.text());
    const code = response.statusCode;
    const askedMs = retryAfterMs(response) ?? secondsToMs(status.details?.retryAfterSeconds);
    if (code === 401) credentials.reject(credential);
    if (code === 429) throttledUntilMs = Math.max(throttledUntilMs, clock.monotonicMs() + (askedMs ?? 1000));
    const error = refusedError(call.context, code, status, askedMs);
    const isOverload = code === 429 || (code === 503 && askedMs !== undefined);
    const isGateway = call.isIdempotent && (code === 502 || code === 503 || code === 504);
    return { kind: "failed", error, mayRetry: code === 401 || isOverload || isGateway, waitMs: askedMs ?? 0 } as const;
  }

  async function attempt<T>(call: ApiCall, route: Route<T>, deadline: Deadline): Promise<Attempt<T>> {
    const startedMs = clock.monotonicMs();
    try {
      const credential = await credentials.current(deadline.signal);
      const response = await dispatch(call, credential, route.pool, deadline.signal);
      const isAnswer = response.statusCode < 300;
      const outcome: Attempt<T> = isAnswer
        ? { kind: "answer", value: await route.read(response.body) }
        : await refuse(call, response, credential);
      observe(call.context, response.statusCode, startedMs);
      return outcome;
    } catch (thrown) {
      observe(call.context, 0, startedMs, deadline.signal.aborted && !deadline.hasPassed());
      return failure(call, thrown, deadline);
    }
  }

  function failure(call: ApiCall, thrown: unknown, deadline: Deadline): Attempt<never> {
    if (deadline.signal.aborted) return { kind: "failed", error: givenUp(call, deadline), mayRetry: false, waitMs: 0 };
    if (thrown instanceof TributaryError) return { kind: "failed", error: thrown, mayRetry: false, waitMs: 0 };
    const { error, isUnsent, isTransient } = callFailure(call.context, thrown, unreachable);
    return { kind: "failed", error, mayRetry: isTransient && (isUnsent || call.isIdempotent), waitMs: 0 };
  }

  function givenUp(call: ApiCall, deadline: Deadline): TributaryError {
    if (!deadline.hasPassed()) return abortedError(call.context, deadline.signal.reason);
    pools.replaceCalls();
    return deadlineError(call.context, call.deadlineMs ?? options.callDeadlineMs ?? 30_000);
  }

  async function untilAnswered<T>(call: ApiCall, route: Route<T>, deadline: Deadline, endsMs: number): Promise<T> {
    const maxRetries = options.maxRetries ?? 4;
    for (let retry = 0, refusals = 0; ; retry++) {
      // Spread, so that calls that were held back together do not come back together.
      const throttledMs = (throttledUntilMs - clock.monotonicMs()) * (1 + random() / 2);
      if (throttledMs > 0 && !(await pause(clock, throttledMs, deadline.signal))) throw givenUp(call, deadline);
      options.admit?.(call.context);
      options.onAttempt?.(call.context);
      const outcome = await attempt(call, route, deadline);
      if (outcome.kind === "answer") return outcome.value;
      if (outcome.error.code === "CREDENTIAL_REJECTED" && refusals++ > 0) throw outcome.error;
      const waitMs = Math.max(outcome.waitMs, jitteredBackoffMs(callBackoff, retry, random));
      if (!outcome.mayRetry || retry >= maxRetries || clock.monotonicMs() + waitMs >= endsMs) throw outcome.error;
      if (!(await pause(clock, waitMs, deadline.signal))) throw outcome.error;
    }
  }

  async function run<T>(call: ApiCall, route: Route<T>): Promise<T> {
    if (closed.signal.aborted) throw abortedError(call.context, closed.signal.reason);
    if (running >= (options.maxCalls ?? 10_000)) throw queueFullError(call.context, running);
    const deadlineMs = call.deadlineMs ?? options.callDeadlineMs ?? 30_000;
    const deadline = startDeadline(clock, deadlineMs, call.signal, closed.signal);
    running++;
    try {
      return await untilAnswered(call, route, deadline, clock.monotonicMs() + deadlineMs);
    } finally {
      running--;
      deadline.release();
    }
  }

  return {
    cluster,
    clock,
    random,
    send: (call) => run(call, { pool: "calls", read: call.read ?? readJson }),
    open: (call) => run(call, { pool: "watches", read: async (body) => body }),
    failureOf: (context, thrown) => callFailure(context, thrown, unreachable).error,
    handshakes: () => pools.handshakes(),
    async close() {
      closed.abort(new Error(`connection to cluster "${cluster}" closed`));
      credentials.close();
      await pools.close();
    },
  };
}

function secondsToMs(seconds: number | undefined): number | undefined {
  return seconds === undefined ? undefined : seconds * 1000;
}
