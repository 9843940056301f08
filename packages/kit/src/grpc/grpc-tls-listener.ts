import type { AddressInfo } from "node:net";
import { createServer, type TLSSocket } from "node:tls";
import { type Server, ServerCredentials } from "@grpc/grpc-js";
import { TributaryError } from "../errors/tributary-error.ts";
import { TLS_VERSION, type TlsMaterial } from "./tls-credentials.ts";

/** Where an endpoint listens, with whose certificate, and who looks at each connection. */
export interface TlsListenerOptions {
  /** 0 for any. */
  readonly port: number;
  readonly tls: TlsMaterial;
  /** Told of each connection once its certificate is known; one that it destroys never reaches the endpoint. */
  readonly onConnection: (socket: TLSSocket) => void;
}

/** A listening endpoint. */
export interface TlsListener {
  readonly port: number;
  /** Takes no connection any more; those that are open stay until the endpoint is closed. */
  close(): void;
}

/** Longest time of a TLS handshake. */
const HANDSHAKE_TIMEOUT_MS = 15_000;

/**
 * Listens on every address of the machine with mutual TLS 1.3. Connections are accepted here and handed to gRPC, because gRPC neither
 * counts them nor tells whose they are.
 *
 * @throws CONFIGURATION_INVALID when the port cannot be had.
 */
export async function listenGrpcOverTls(endpoint: Server, options: TlsListenerOptions): Promise<TlsListener> {
  const { port, tls, onConnection } = options;
  const injector = endpoint.createConnectionInjector(ServerCredentials.createInsecure());
  const listener = createServer(
    {
      ca: tls.caPem,
      cert: tls.certificatePem,
      key: tls.keyPem,
      requestCert: true,
      rejectUnauthorized: true,
      minVersion: TLS_VERSION,
      ALPNProtocols: ["h2"],
      handshakeTimeout: HANDSHAKE_TIMEOUT_MS,
    },
    (socket) => {
      // What breaks a link shows in its calls; here it must only not go unheard.
      socket.on("error", () => {});
      if (socket.alpnProtocol !== "h2") socket.destroy();
      else onConnection(socket);
      if (!socket.destroyed) injector.injectConnection(socket);
    },
  );
  await new Promise<void>((resolve, reject) => {
    listener.once("error", (cause) => {
      reject(new TributaryError("CONFIGURATION_INVALID", `cannot listen on port ${port}: ${cause.message}`, { cause }));
    });
    listener.listen(port, resolve);
  });
  return { port: (listener.address() as AddressInfo).port, close: () => void listener.close() };
}
