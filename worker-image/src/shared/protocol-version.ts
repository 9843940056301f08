/** Version of the messages between sidecar and aggregator that this release speaks: each refuses one of the other that is below it. */
export const PROTOCOL_VERSION = 2;
