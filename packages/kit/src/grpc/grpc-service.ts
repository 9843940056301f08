import { once } from "node:events";
import { isIP } from "node:net";
import type { DescMessage } from "@bufbuild/protobuf";
import {
  Server,
  type ServerCredentials,
  type ServerOptions,
  type ServerUnaryCall,
  type ServerWritableStream,
  type sendUnaryData,
  type UntypedServiceImplementation,
} from "@grpc/grpc-js";
import { TributaryError } from "../errors/tributary-error.ts";
import { toServiceError } from "./grpc-errors.ts";
import {
  type GrpcMethod,
  grpcMethodsOf,
  type Init,
  type MethodsOf,
  type Received,
  type ServiceType,
} from "./service-definition.ts";

/** What a method knows of its call besides the request. */
export interface CallContext {
  /** Aborts when the caller goes away or its deadline passes. */
  readonly signal: AbortSignal;
  /** The caller's certificate in DER; absent without mutual TLS. */
  readonly peerCertificate: Uint8Array | undefined;
  /** The caller's IP address; absent where a transport has none. */
  readonly peerAddress?: string;
}

type ServiceMethod<M> = M extends {
  methodKind: "unary";
  input: infer I extends DescMessage;
  output: infer O extends DescMessage;
}
  ? (request: Received<I>, context: CallContext) => Promise<Init<O>>
  : M extends {
        methodKind: "server_streaming";
        input: infer I extends DescMessage;
        output: infer O extends DescMessage;
      }
    ? (request: Received<I>, context: CallContext) => AsyncIterable<Init<O>>
    : never;

/** The methods of a service, by local name. */
export type ServiceMethods<S extends ServiceType> = {
  readonly [N in keyof MethodsOf<S>]: ServiceMethod<MethodsOf<S>[N]>;
};

/** Most bytes of a request of each method, by local name; a method that is not named takes what the endpoint takes. */
export type RequestBounds<S extends ServiceType> = { readonly [N in keyof MethodsOf<S>]?: number };

/** Told of every error that a method throws, before the peer gets its public part. */
export type ErrorObserver = (error: unknown, path: string) => void;

/** Calls of one connection that may be open at a time. */
const MAX_CONCURRENT_CALLS = 256;

/** Longest time that a caller may leave its stream unread. */
const STALLED_READER_MS = 30_000;

/** A gRPC endpoint with services; see {@link addService} and {@link listenGrpc}. */
export function createGrpcEndpoint(options: ServerOptions = {}): Server {
  return new Server({
    "grpc.max_receive_message_length": 16 * 2 ** 20,
    "grpc.max_concurrent_streams": MAX_CONCURRENT_CALLS,
    ...options,
  });
}

/** Options of an endpoint that asks its peers for a sign of life: a link that is dead is given up within 25 s, one without a call in a minute. */
export const endpointKeepalive: ServerOptions = {
  "grpc.max_connection_idle_ms": 60_000,
  "grpc.keepalive_time_ms": 10_000,
  "grpc.keepalive_timeout_ms": 15_000,
};

/** Adds a service to an endpoint. Methods throw TributaryErrors; a peer sees code and public message alone. */
export function addService<S extends ServiceType>(
  endpoint: Server,
  service: S,
  methods: ServiceMethods<S>,
  onError: ErrorObserver,
  largestRequests: RequestBounds<S> = {},
): void {
  const bounds = largestRequests as Readonly<Record<string, number | undefined>>;
  const definitions = Object.fromEntries(
    Object.entries(grpcMethodsOf(service)).map(([name, method]) => [name, withBound(method, bounds[name])]),
  );
  const untyped = methods as unknown as Record<string, (request: unknown, context: CallContext) => unknown>;
  const implementation: UntypedServiceImplementation = {};
  for (const [name, definition] of Object.entries(definitions)) {
    const run = untyped[name]!;
    const report = (error: unknown) => onError(error, definition.path);
    implementation[name] = definition.responseStream
      ? (call: ServerWritableStream<unknown, unknown>) =>
          void streamAnswers(call, (request, context) => run(request, context) as AsyncIterable<unknown>, report)
      : (call: ServerUnaryCall<unknown, unknown>, answer: sendUnaryData<unknown>) =>
          void answerOnce(call, answer, (request, context) => run(request, context) as Promise<unknown>, report);
  }
  endpoint.addService(definitions, implementation);
}

/** Refuses a request by its size before it is decoded. */
function withBound(method: GrpcMethod, largestBytes = Number.POSITIVE_INFINITY): GrpcMethod {
  const requestDeserialize: GrpcMethod["requestDeserialize"] = (bytes) => {
    if (bytes.length > largestBytes) throw new Error(`${bytes.length} bytes, must be at most ${largestBytes}`);
    return method.requestDeserialize(bytes);
  };
  return { ...method, requestDeserialize };
}

/** Listens on `address` (`host:port` or `unix:/path`) and resolves with the port, 0 for a socket. */
export function listenGrpc(endpoint: Server, address: string, credentials: ServerCredentials): Promise<number> {
  return new Promise((resolve, reject) => {
    endpoint.bindAsync(address, credentials, (error, port) => {
      if (error)
        reject(
          new TributaryError("CONFIGURATION_INVALID", `cannot listen on ${address}: ${error.message}`, {
            cause: error,
          }),
        );
      else resolve(port);
    });
  });
}

/** Stops an endpoint: calls get `graceMs` to end, then are cut off. */
export function closeGrpc(endpoint: Server, graceMs: number): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => {
      endpoint.forceShutdown();
      resolve();
    }, graceMs);
    endpoint.tryShutdown(() => {
      clearTimeout(timer);
      resolve();
    });
  });
}

async function answerOnce(
  call: ServerUnaryCall<unknown, unknown>,
  answer: sendUnaryData<unknown>,
  run: (request: unknown, context: CallContext) => Promise<unknown>,
  report: (error: unknown) => void,
): Promise<void> {
  const { signal: gone, ended } = abortOnCancel(call);
  try {
    answer(null, await run(call.request, contextOf(call, gone)));
  } catch (error) {
    if (!gone.aborted) report(error);
    answer(toServiceError(error));
  } finally {
    ended();
  }
}

async function streamAnswers(
  call: ServerWritableStream<unknown, unknown>,
  run: (request: unknown, context: CallContext) => AsyncIterable<unknown>,
  report: (error: unknown) => void,
): Promise<void> {
  const { signal: gone, ended } = abortOnCancel(call);
  try {
    for await (const message of run(call.request, contextOf(call, gone))) {
      if (gone.aborted) break;
      if (!call.write(message)) await untilDrained(call, gone);
    }
    call.end();
  } catch (error) {
    if (!gone.aborted) report(error);
    // Not destroy(): that would drop messages that are written but not yet sent.
    call.emit("error", toServiceError(error));
  } finally {
    ended();
  }
}

/** @throws DEADLINE_EXCEEDED for a caller that keeps its stream and does not read it. */
async function untilDrained(call: ServerWritableStream<unknown, unknown>, gone: AbortSignal): Promise<void> {
  const stalled = AbortSignal.timeout(STALLED_READER_MS);
  try {
    await once(call, "drain", { signal: AbortSignal.any([gone, stalled]) });
  } catch (error) {
    if (gone.aborted || !stalled.aborted) throw error;
    throw new TributaryError("DEADLINE_EXCEEDED", `the caller has read nothing for ${STALLED_READER_MS} ms`);
  }
}

/** A signal that aborts when the caller goes away before its call has ended; gRPC calls every call cancelled that is over. */
function abortOnCancel(call: ServerUnaryCall<unknown, unknown> | ServerWritableStream<unknown, unknown>) {
  const controller = new AbortController();
  const abort = () => controller.abort(new TributaryError("OPERATION_ABORTED", "the caller went away"));
  if (call.cancelled) abort();
  call.once("cancelled", abort);
  return { signal: controller.signal, ended: () => void call.off("cancelled", abort) };
}

/** @throws OPERATION_ABORTED when the connection is closed already: the library then reads what is there no longer. */
function contextOf(
  call: ServerUnaryCall<unknown, unknown> | ServerWritableStream<unknown, unknown>,
  signal: AbortSignal,
): CallContext {
  try {
    const peerCertificate = call.getAuthContext().sslPeerCertificate?.raw;
    const peerAddress = addressIn(call.getPeer());
    return { signal, peerCertificate, ...(peerAddress !== undefined && { peerAddress }) };
  } catch (cause) {
    throw new TributaryError("OPERATION_ABORTED", "the caller went away", { cause });
  }
}

/** The address of `address:port`, as the library writes it, also of version 6. */
function addressIn(peer: string): string | undefined {
  const address = peer.replace(/:\d+$/u, "");
  return isIP(address) === 0 ? undefined : address;
}
