import { createServer } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { freePorts } from "./free-port.ts";

const firstNodePort = 30_000;

describe("freePorts", () => {
  const taken: ReturnType<typeof createServer>[] = [];

  afterEach(async () => {
    await Promise.all(taken.splice(0).map((server) => new Promise((resolve) => server.close(resolve))));
  });

  it("never gives a port that an API server may give to a Service or the kernel to a connection", async () => {
    const ports = await freePorts(300);
    expect(new Set(ports).size).toBe(300);
    expect(Math.max(...ports)).toBeLessThan(firstNodePort);
    expect(Math.min(...ports)).toBeGreaterThan(1_023);
  });

  it("gives ports that a program can listen on at every address", async () => {
    for (const port of await freePorts(3)) {
      const server = createServer();
      taken.push(server);
      await new Promise<void>((resolve, reject) => server.once("error", reject).listen(port, resolve));
    }
    expect(taken.map(({ listening }) => listening)).toEqual([true, true, true]);
  });
});
