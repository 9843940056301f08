import type { Server } from "@grpc/grpc-js";
import { createGrpcEndpoint, endpointKeepalive } from "@tributary/kit";

/** Connections of a party to the control wire: a sidecar has one, and one that is dead or of the certificate before. */
export const CONTROL_CONNECTIONS_OF_PARTY = 4;

/** Calls of one connection that may be open at a time; a sidecar or an operator that has more lets them wait. */
const CALLS_OF_CONNECTION = 4;

/** Largest request of the operator: a window's plan, a few hundred bytes. */
const OPERATOR_REQUEST_BYTES = 8 * 2 ** 10;

/**
 * The endpoint of the control wire. What a caller has sent of a request is held until the request is whole, and each of its bytes may
 * have come in a frame of its own, which costs three hundred times as much: so few bytes of a request, few calls of a connection, few
 * connections of a party, and the time for a whole request bound it together.
 *
 * @param partyRequests largest request of each method of a party.
 */
export function createPartyEndpoint(partyRequests: Readonly<Record<string, number | undefined>>): Server {
  const sizes = Object.values(partyRequests).filter((size) => size !== undefined);
  return createGrpcEndpoint({
    ...endpointKeepalive,
    "grpc.max_receive_message_length": Math.max(OPERATOR_REQUEST_BYTES, ...sizes),
    "grpc.max_concurrent_streams": CALLS_OF_CONNECTION,
  });
}
