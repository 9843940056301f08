import type { TLSSocket } from "node:tls";
import {
  ResponderBuilder,
  ServerInterceptingCall,
  type ServerInterceptingCallInterface,
  type ServerInterceptor,
  ServerListenerBuilder,
} from "@grpc/grpc-js";

/**
 * Ends connections over which a request is begun and not finished in time. What came of the request is held until its stream is closed,
 * and an answer, also one that the caller's own deadline brings about, does not close the caller's side of it. A caller that gives its
 * request up, by a reset, closes it.
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
    const timer = this.#startTimer(call.getPeer(), new WeakRef(call));
    const listener = new ServerListenerBuilder()
      .withOnReceiveHalfClose((next) => {
        clearTimeout(timer);
        next();
      })
      .build();
    return new ServerInterceptingCall(call, new ResponderBuilder().withStart((next) => next(listener)).build());
  };

  /** Keeps no call from being collected: what came of a request must go with its stream. */
  #startTimer(peer: string, call: WeakRef<ServerInterceptingCallInterface>): NodeJS.Timeout {
    const connection = this.#connections.get(peer);
    return setTimeout(() => {
      // gRPC calls an answer cancelled as it does a reset; but only a call whose stream is closed has no peer any more.
      if (call.deref()?.getPeer() === peer) connection?.destroy();
    }, this.#timeoutMs).unref();
  }
}
