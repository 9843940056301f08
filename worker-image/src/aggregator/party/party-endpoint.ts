import type { Server } from "@grpc/grpc-js";
import { createGrpcEndpoint, endpointKeepalive } from "@tributary/kit";

/** Calls of one connection that may be open at a time: more than a sidecar or an operator has, and few enough that half-sent requests hold little. */
const CALLS_OF_CONNECTION = 16;

/**
 * The endpoint of the control wire. What a caller has sent of a request is held until the request is whole, for as long as it likes:
 * so much of each call, so many calls of a connection, and so many connections of a party (`party-connections.ts`) bound it together.
 *
 * @param largestBytes largest request of any method.
 */
export function createPartyEndpoint(largestBytes: number): Server {
  return createGrpcEndpoint({
    ...endpointKeepalive,
    "grpc.max_receive_message_length": largestBytes,
    "grpc.max_concurrent_streams": CALLS_OF_CONNECTION,
  });
}
