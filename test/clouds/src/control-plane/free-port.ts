import { randomInt } from "node:crypto";
import { createServer } from "node:net";

/**
 * Finds a TCP port of 127.0.0.1 that nobody listens on, between 16 384 and 32 767: below the range the kernel gives to outgoing
 * connections, so that none of those can take it before, or while, its owner restarts.
 */
export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < 64; attempt++) {
    const port = randomInt(16_384, 32_768);
    if (await isFree(port)) return port;
  }
  throw new Error("no free TCP port between 16384 and 32767 in 64 random tries");
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once("error", () => resolve(false));
    probe.listen({ port, host: "127.0.0.1" }, () => probe.close(() => resolve(true)));
  });
}
