import type { DescMessage } from "@bufbuild/protobuf";
import { type ChannelCredentials, type ChannelOptions, Client, type ClientReadableStream, status } from "@grpc/grpc-js";
import type { ErrorCode } from "../errors/catalogue.ts";
import { TributaryError } from "../errors/tributary-error.ts";
import { fromServiceError } from "./grpc-errors.ts";
import { RenewedChannel } from "./renewed-channel.ts";
import {
  type GrpcMethod,
  grpcMethodsOf,
  type Init,
  type MethodsOf,
  type Received,
  type ServiceType,
} from "./service-definition.ts";

/** Bounds of one call. */
export interface CallOptions {
  /** Longest time of the call, or of the whole stream, in milliseconds. */
  readonly timeoutMs: number;
  /** Ends the call when it aborts. */
  readonly signal?: AbortSignal;
}

type ClientMethod<M> = M extends {
  methodKind: "unary";
  input: infer I extends DescMessage;
  output: infer O extends DescMessage;
}
  ? (request: Init<I>, options: CallOptions) => Promise<Received<O>>
  : M extends {
        methodKind: "server_streaming";
        input: infer I extends DescMessage;
        output: infer O extends DescMessage;
      }
    ? (request: Init<I>, options: CallOptions) => AsyncIterable<Received<O>>
    : never;

/** A caller of one service at one address. */
export type GrpcClient<S extends ServiceType> = {
  readonly [N in keyof MethodsOf<S>]: ClientMethod<MethodsOf<S>[N]>;
} & {
  /** Closes the channel; calls under way fail. */
  close(): void;
};

/** Where and how to call. */
export interface GrpcClientOptions {
  /** `host:port`, or `unix:/path`. */
  readonly address: string;
  /** TLS or none. */
  readonly credentials: ChannelCredentials;
  /** Code of an error that means: nobody answers. */
  readonly unreachable: ErrorCode;
  /** Options of the channel, for example `grpc.ssl_target_name_override`. */
  readonly channel?: ChannelOptions;
}

/** Makes a caller of `service`. Every call needs a time limit; errors are TributaryErrors. */
export function createGrpcClient<S extends ServiceType>(service: S, options: GrpcClientOptions): GrpcClient<S> {
  const settings: ChannelOptions = {
    "grpc.initial_reconnect_backoff_ms": 200,
    "grpc.max_reconnect_backoff_ms": 5_000,
    "grpc.keepalive_time_ms": 10_000,
    "grpc.keepalive_timeout_ms": 15_000,
    // Channels of the global pool would share the very attempt that a replacement is to get away from.
    "grpc.use_local_subchannel_pool": 1,
    ...options.channel,
  };
  const channel = new RenewedChannel(() => new Client(options.address, options.credentials, settings));
  const calls = Object.entries(grpcMethodsOf(service)).map(([name, method]) => [
    name,
    method.responseStream
      ? (request: object, bounds: CallOptions) => callStream(channel, method, options, request, bounds)
      : (request: object, bounds: CallOptions) => callUnary(channel, method, options, request, bounds),
  ]);
  return { ...Object.fromEntries(calls), close: () => channel.close() } as GrpcClient<S>;
}

async function callUnary(
  channel: RenewedChannel,
  method: GrpcMethod,
  to: GrpcClientOptions,
  request: object,
  bounds: CallOptions,
) {
  const deadline = Date.now() + bounds.timeoutMs;
  await connect(channel, method, to, bounds);
  return new Promise((resolve, reject) => {
    if (bounds.signal?.aborted) return reject(bounds.signal.reason);
    const { path, requestSerialize, responseDeserialize } = method;
    const call = channel.client.makeUnaryRequest(
      path,
      requestSerialize,
      responseDeserialize,
      request as never,
      { deadline },
      (error, response) => {
        bounds.signal?.removeEventListener("abort", cancel);
        if (error?.code === status.UNAVAILABLE) channel.noteUnreachable();
        if (error)
          reject(
            bounds.signal?.aborted ? bounds.signal.reason : fromServiceError(error, nameOf(method, to), to.unreachable),
          );
        else resolve(response);
      },
    );
    const cancel = () => call.cancel();
    bounds.signal?.addEventListener("abort", cancel, { once: true });
  });
}

async function* callStream(
  channel: RenewedChannel,
  method: GrpcMethod,
  to: GrpcClientOptions,
  request: object,
  bounds: CallOptions,
) {
  const deadline = Date.now() + bounds.timeoutMs;
  await connect(channel, method, to, bounds);
  bounds.signal?.throwIfAborted();
  const { path, requestSerialize, responseDeserialize } = method;
  const call: ClientReadableStream<unknown> = channel.client.makeServerStreamRequest(
    path,
    requestSerialize,
    responseDeserialize,
    request as never,
    { deadline },
  );
  const cancel = () => call.cancel();
  bounds.signal?.addEventListener("abort", cancel, { once: true });
  try {
    yield* call;
  } catch (error) {
    if (bounds.signal?.aborted) throw bounds.signal.reason;
    if ((error as { code?: unknown }).code === status.UNAVAILABLE) channel.noteUnreachable();
    throw fromServiceError(error, nameOf(method, to), to.unreachable);
  } finally {
    bounds.signal?.removeEventListener("abort", cancel);
    call.cancel();
  }
}

async function connect(channel: RenewedChannel, method: GrpcMethod, to: GrpcClientOptions, bounds: CallOptions) {
  bounds.signal?.throwIfAborted();
  try {
    await channel.connect(bounds.timeoutMs);
  } catch (cause) {
    throw new TributaryError(to.unreachable, `${nameOf(method, to)}: ${(cause as Error).message}`, { cause });
  }
}

function nameOf(method: GrpcMethod, to: GrpcClientOptions): string {
  return `${method.path.split("/").at(-1)} at ${to.address}`;
}
