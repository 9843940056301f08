import type { Server } from "@grpc/grpc-js";
import { createGrpcEndpoint, endpointKeepalive } from "@tributary/kit";
import { MAX_REQUEST_BYTES } from "./enrol-methods.ts";
import { MAX_TOKEN_CHARACTERS } from "./require-claims.ts";

/** What token and certificate request are wrapped in. */
const WRAPPING_BYTES = 64;

/** How long a connection lives: a sidecar opens one for its call, which may take twenty seconds. */
export interface ConnectionLife {
  /** Time after which it takes no call any more, in milliseconds. */
  readonly ageMs: number;
  /** Time that the calls which are open then get to end, in milliseconds. */
  readonly graceMs: number;
}

const LIFE: ConnectionLife = { ageMs: 10_000, graceMs: 10_000 };

/**
 * The endpoint of enrolment. Whoever reaches it needs no certificate: what a caller may make it hold is the largest honest request, of one
 * call of each connection, for as long as an honest call may take. {@link CallerConnections} bounds how many connections there are.
 */
export function createEnrolmentEndpoint({ ageMs, graceMs }: ConnectionLife = LIFE): Server {
  return createGrpcEndpoint({
    ...endpointKeepalive,
    "grpc.max_receive_message_length": MAX_TOKEN_CHARACTERS + MAX_REQUEST_BYTES + WRAPPING_BYTES,
    "grpc.max_concurrent_streams": 1,
    "grpc.max_connection_age_ms": ageMs,
    "grpc.max_connection_age_grace_ms": graceMs,
    // In megabytes: also what is no message, as headers, is held.
    "grpc-node.max_session_memory": 1,
  });
}
