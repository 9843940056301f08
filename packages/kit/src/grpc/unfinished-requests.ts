import type { TLSSocket } from "node:tls";
import { ResponderBuilder, ServerInterceptingCall, type ServerInterceptor, ServerListenerBuilder } from "@grpc/grpc-js";

/**
 * Ends connections over which a request is begun and not finished in time. What came of the request is held until its stream is closed,
 * and an answer, also one that the caller's own deadline brings about, does not close the caller's side of it.
 */
export class UnfinishedRequests {
  readonly #timeoutMs: number;
  /** Connections as gRPC names the peer of a call. */
  readonly #connections = new Map<string, TLSSocket>();

  constructor(timeoutMs: number) {
    this.#timeoutMs = timeoutMs;
  }

  /** Watches a connection until it is closed. */
  watch(socket: TLSSocket): void {
    const peer = `${socket.remoteAddress}:${socket.remotePort}`;
    this.#connections.set(peer, socket);
    socket.once("close", () => {
      if (this.#connections.get(peer) === socket) this.#connections.delete(peer);
    });
  }

  /** Watches the calls of an endpoint. */
  readonly interceptor: ServerInterceptor = (_method, call) => {
    const connection = this.#connections.get(call.getPeer());
    const timer = setTimeout(() => connection?.destroy(), this.#timeoutMs);
    timer.unref();
    const listener = new ServerListenerBuilder()
      .withOnReceiveHalfClose((next) => {
        clearTimeout(timer);
        next();
      })
      .build();
    return new ServerInterceptingCall(call, new ResponderBuilder().withStart((next) => next(listener)).build());
  };
}
