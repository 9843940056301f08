import type { AddressInfo, Socket } from "node:net";
import { createServer, type DetailedPeerCertificate, type TLSSocket } from "node:tls";
import { experimental, type Server, ServerCredentials } from "@grpc/grpc-js";
import { TributaryError } from "../errors/tributary-error.ts";
import { type EndpointTlsMaterial, TLS_VERSION } from "./tls-credentials.ts";
import { UnfinishedRequests } from "./unfinished-requests.ts";

/** Where an endpoint listens, with whose certificate, and who looks at each connection. */
export interface TlsListenerOptions {
  /** 0 for any. */
  readonly port: number;
  /** Without a CA callers are asked for no certificate. */
  readonly tls: EndpointTlsMaterial;
  /** Told of each connection before its handshake; it may destroy this one or another. */
  readonly onAccepted?: (socket: Socket) => void;
  /** Told of each connection once its certificate is known; one that it destroys never reaches the endpoint. */
  readonly onConnection?: (socket: TLSSocket) => void;
  /** Longest time from the head of a request to its end, 10 s by default: a caller that takes longer loses its connection. */
  readonly requestTimeoutMs?: number;
}

/** A listening endpoint. */
export interface TlsListener {
  readonly port: number;
  /** Takes no connection any more; those that are open stay until the endpoint is closed. */
  close(): void;
}

/** Longest time of a TLS handshake. */
const HANDSHAKE_TIMEOUT_MS = 15_000;
const REQUEST_TIMEOUT_MS = 10_000;

/**
 * Listens on every address of the machine with TLS 1.3, mutual where there is a CA. Connections are accepted here and handed to gRPC,
 * because gRPC neither counts them nor tells whose they are.
 *
 * @throws CONFIGURATION_INVALID when the port cannot be had.
 */
export async function listenGrpcOverTls(endpoint: Server, options: TlsListenerOptions): Promise<TlsListener> {
  const { port, tls, onAccepted, onConnection, requestTimeoutMs = REQUEST_TIMEOUT_MS } = options;
  const isMutual = tls.caPem !== undefined;
  const unfinished = new UnfinishedRequests(requestTimeoutMs);
  const injector = endpoint.createConnectionInjector(
    experimental.createServerCredentialsWithInterceptors(ServerCredentials.createInsecure(), [unfinished.interceptor]),
  );
  const listener = createServer(
    {
      ...(tls.caPem !== undefined && { ca: tls.caPem }),
      cert: tls.certificatePem,
      key: tls.keyPem,
      requestCert: isMutual,
      rejectUnauthorized: isMutual,
      minVersion: TLS_VERSION,
      ALPNProtocols: ["h2"],
      handshakeTimeout: HANDSHAKE_TIMEOUT_MS,
    },
    (socket) => {
      // What breaks a link shows in its calls; here it must only not go unheard.
      socket.on("error", () => {});
      if (socket.alpnProtocol !== "h2") socket.destroy();
      else onConnection?.(socket);
      if (socket.destroyed) return;
      if (isMutual) keepCertificate(socket);
      unfinished.watch(socket);
      injector.injectConnection(socket);
    },
  );
  if (onAccepted !== undefined) listener.on("connection", onAccepted);
  await new Promise<void>((resolve, reject) => {
    listener.once("error", (cause) => {
      reject(new TributaryError("CONFIGURATION_INVALID", `cannot listen on port ${port}: ${cause.message}`, { cause }));
    });
    listener.listen(port, resolve);
  });
  return { port: (listener.address() as AddressInfo).port, close: () => void listener.close() };
}

/** gRPC asks for its caller's certificate at each call, and reads it anew: with TLS 1.3 a connection has one certificate for good. */
function keepCertificate(socket: TLSSocket): void {
  const certificate = socket.getPeerCertificate();
  // Of one that is destroyed there is none: its calls are given up before they run.
  socket.getPeerCertificate = () => (socket.destroyed ? null : certificate) as DetailedPeerCertificate;
}
