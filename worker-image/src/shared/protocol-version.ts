/** Version of the messages between sidecar and aggregator that this release speaks. */
export const PROTOCOL_VERSION = 3;
/** The oldest that it understands: each refuses one of the other that is below it. */
export const OLDEST_VERSION = 2;
/** From this one on a sidecar stays in the round that has started while the next one is opened; an older one leaves it. */
export const OPENS_BESIDE_VERSION = 3;
