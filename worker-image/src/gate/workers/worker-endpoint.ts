import type { Server } from "@grpc/grpc-js";
import { gateV1 } from "@tributary/contracts";
import {
  addService,
  closeGrpc,
  createGrpcEndpoint,
  type ErrorObserver,
  endpointKeepalive,
  listenGrpcOverTls,
  type ServiceMethods,
} from "@tributary/kit";
import { UnprovenConnections } from "../../shared/wire/unproven-connections.ts";
import { ADMIT_BOUNDS } from "../admission/admit-method.ts";
import type { PemKeyPair } from "../authority/certificate-authority.ts";
import { MAX_TOKEN_CHARACTERS } from "../enrolment/require-claims.ts";
import { WorkerConnections } from "./worker-connections.ts";

/** The methods that the gate has so far; a worker that calls another is answered UNIMPLEMENTED. */
export type WorkerMethods = Partial<ServiceMethods<typeof gateV1.WorkerService>>;

/** Where workers are served, and what. */
export interface WorkerEndpointOptions {
  /** 0 for any. */
  readonly port: number;
  /** Name of this member cluster. */
  readonly cluster: string;
  readonly own: PemKeyPair;
  /** Certificates of the gate's CAs, present and former, PEM. */
  readonly callersPem: string;
  readonly methods: WorkerMethods;
  readonly onError: ErrorObserver;
}

/** A listening endpoint for workers. */
export interface WorkerEndpoint {
  readonly port: number;
  close(): Promise<void>;
}

/** What the fields of a request are wrapped in. */
const WRAPPING_BYTES = 128;
const MEBIBYTE = 2 ** 20;

/** Largest requests: what a question about a round may hold, and the data names of as many seats, 36 bytes each, which have less than 1 MiB. */
const LARGEST_REQUESTS = {
  trust: WRAPPING_BYTES,
  attest: MAX_TOKEN_CHARACTERS + WRAPPING_BYTES,
  admit: Object.values(ADMIT_BOUNDS).reduce((sum, bytes) => sum + bytes, 0) + 2 * WRAPPING_BYTES,
  record: 2 * MEBIBYTE,
} as const;

/** Calls of one connection that may be open at a time; a sidecar that has more lets them wait. With its two connections, four of a worker. */
const CALLS_OF_CONNECTION = 2;

/**
 * Serves workers over mutual TLS. Whoever has no certificate of the gate's CA gets no further than the handshake, of which there may be a
 * number at a time; a worker has few connections of few calls, and a request has a bound by its method.
 *
 * @throws CONFIGURATION_INVALID when the port cannot be had.
 */
export async function listenToWorkers(options: WorkerEndpointOptions): Promise<WorkerEndpoint> {
  const { port, cluster, own, callersPem } = options;
  const endpoint = createGrpcEndpoint({
    ...endpointKeepalive,
    "grpc.max_receive_message_length": Math.max(...Object.values(LARGEST_REQUESTS)),
    "grpc.max_concurrent_streams": CALLS_OF_CONNECTION,
  });
  addMethods(endpoint, options);
  const unproven = new UnprovenConnections(0);
  const connections = new WorkerConnections(cluster);
  const listener = await listenGrpcOverTls(endpoint, {
    port,
    tls: { ...own, caPem: callersPem },
    onAccepted: (socket) => unproven.admit(socket),
    onConnection: (socket) => {
      unproven.prove(socket);
      connections.admit(socket);
    },
  });
  return {
    port: listener.port,
    async close() {
      listener.close();
      await closeGrpc(endpoint, 1000);
    },
  };
}

/** gRPC itself answers UNIMPLEMENTED for what nobody added. */
function addMethods(endpoint: Server, { methods, onError }: WorkerEndpointOptions): void {
  const there = gateV1.WorkerService.methods.filter(
    ({ localName }) => methods[localName as keyof WorkerMethods] !== undefined,
  );
  const service = { ...gateV1.WorkerService, methods: there } as typeof gateV1.WorkerService;
  addService(endpoint, service, methods as Required<WorkerMethods>, onError, LARGEST_REQUESTS);
}
