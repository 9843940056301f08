// @peculiar/x509 throws while loading unless the reflection metadata API is there first.
import "reflect-metadata";
import { generateKeyPairSync } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer, type Server } from "node:https";
import type { AddressInfo, Socket } from "node:net";
import * as x509 from "@peculiar/x509";

/** Answers one request in any way it likes, down to cutting the socket. */
export type FaultScript = (request: IncomingMessage, response: ServerResponse, socket: Socket) => void;

/**
 * A TLS endpoint that shows faults of the transport byte by byte: statuses, headers, cut bodies. It knows nothing of
 * Kubernetes; what an API server does is tested on a real one.
 */
export interface FaultEndpoint {
  readonly url: string;
  /** PEM of the certificate to trust. */
  readonly ca: string;
  /** Requests since the start, as `METHOD path`. */
  readonly requests: string[];
  /** Headers of the last request. */
  lastHeaders(): IncomingMessage["headers"];
  /** Scripts for the next requests, one each; the last one stays. */
  script(...scripts: FaultScript[]): void;
  connections(): number;
  close(): Promise<void>;
}

const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;

/** A self-signed certificate for 127.0.0.1. `notAfter` in the past makes an expired one. */
export async function selfSignedCertificate(notAfter: Date): Promise<{ cert: string; key: string }> {
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const key = privateKey.export({ type: "pkcs8", format: "pem" }).toString();
  const pkcs8 = privateKey.export({ type: "pkcs8", format: "der" });
  const signing = await crypto.subtle.importKey("pkcs8", pkcs8, algorithm, true, ["sign"]);
  const { d: _private, key_ops: _ops, ...publicJwk } = await crypto.subtle.exportKey("jwk", signing);
  const verifying = await crypto.subtle.importKey("jwk", publicJwk, algorithm, true, ["verify"]);
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: "01",
    name: "CN=fault-endpoint",
    notBefore: new Date(notAfter.getTime() - 86_400_000),
    notAfter,
    signingAlgorithm: algorithm,
    keys: { privateKey: signing, publicKey: verifying },
    extensions: [new x509.SubjectAlternativeNameExtension([{ type: "ip", value: "127.0.0.1" }])],
  });
  return { cert: certificate.toString("pem"), key };
}

/** Answers with a status, headers and a JSON body. */
export function answer(status: number, body: unknown = {}, headers: Record<string, string> = {}): FaultScript {
  return (_request, response) => {
    response.writeHead(status, { "content-type": "application/json", ...headers });
    response.end(JSON.stringify(body));
  };
}

/** Starts an endpoint on a free loopback port. */
export async function startFaultEndpoint(notAfter = new Date(Date.now() + 3_600_000)): Promise<FaultEndpoint> {
  const { cert, key } = await selfSignedCertificate(notAfter);
  const requests: string[] = [];
  let scripts: FaultScript[] = [answer(200)];
  let lastHeaders: IncomingMessage["headers"] = {};
  let connections = 0;
  const endpoint: Server = createServer({ cert, key }, (request, response) => {
    requests.push(`${request.method} ${request.url}`);
    lastHeaders = request.headers;
    const script = scripts.length > 1 ? scripts.shift() : scripts[0];
    request.resume().on("end", () => script?.(request, response, request.socket));
  });
  endpoint.on("secureConnection", () => connections++);
  await new Promise<void>((resolve) => endpoint.listen(0, "127.0.0.1", resolve));
  return {
    url: `https://127.0.0.1:${(endpoint.address() as AddressInfo).port}`,
    ca: cert,
    requests,
    lastHeaders: () => lastHeaders,
    script(...next) {
      scripts = next;
    },
    connections: () => connections,
    async close() {
      endpoint.closeAllConnections();
      await new Promise((resolve) => endpoint.close(resolve));
    },
  };
}
