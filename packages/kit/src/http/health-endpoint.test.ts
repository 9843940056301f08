import { Gauge } from "prom-client";
import { expect, it } from "vitest";
import { createLogger } from "../process/logger.ts";
import { createMetricsRegistry, startHealthEndpoint } from "./health-endpoint.ts";

it("answers health, readiness, metrics and nothing else", async () => {
  const registry = createMetricsRegistry();
  new Gauge({ name: "tributary_test_gauge", help: "A gauge.", registers: [registry] }).set(3);
  let ready = false;
  const endpoint = await startHealthEndpoint({ port: 0, host: "127.0.0.1", registry, isReady: () => ready });
  const get = (path: string) => fetch(`http://127.0.0.1:${endpoint.port}${path}`);
  expect((await get("/healthz")).status).toBe(200);
  expect((await get("/readyz")).status).toBe(503);
  ready = true;
  expect((await get("/readyz")).status).toBe(200);
  expect(await (await get("/metrics")).text()).toContain("tributary_test_gauge 3");
  expect((await get("/other")).status).toBe(404);
  await endpoint.close();
});

it("never writes a secret field to the log", () => {
  const lines: string[] = [];
  const log = createLogger("test", "info", { write: (line) => void lines.push(line) });
  log.info({ token: "abc123", request: { authorization: "abc123" } }, "enrolled");
  expect(lines.join("")).not.toContain("abc123");
  expect(JSON.parse(lines[0]!)).toMatchObject({ level: "info", token: "[redacted]", msg: "enrolled" });
});
