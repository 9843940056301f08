import { randomInt } from "node:crypto";
import { createServer } from "node:net";

/** Below the ports that an API server gives to node ports, and those that the kernel gives to outgoing connections. */
const range = { first: 16_384, last: 29_999 } as const;

const tries = 64;

/**
 * Finds a TCP port that nobody listens on, at any address, between 16 384 and 29 999: no outgoing connection and no node port can
 * take it before, or while, its owner restarts.
 */
export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < tries; attempt++) {
    const port = randomInt(range.first, range.last + 1);
    if (await isFree(port)) return port;
  }
  throw new Error(`no free TCP port between ${range.first} and ${range.last} in ${tries} random tries`);
}

/** Finds that many ports, all different, as {@link freePort} does. */
export async function freePorts(count: number): Promise<number[]> {
  const ports = new Set<number>();
  while (ports.size < count) ports.add(await freePort());
  return [...ports];
}

/** A listener of all addresses is refused when somebody listens on one of them. */
function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once("error", () => resolve(false));
    probe.listen({ port }, () => probe.close(() => resolve(true)));
  });
}
