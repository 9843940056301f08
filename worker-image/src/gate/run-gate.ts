import { readFile } from "node:fs/promises";
import { ServerCredentials } from "@grpc/grpc-js";
import { gateV1 } from "@tributary/contracts";
import {
  addService,
  asTributaryError,
  Closers,
  closeGrpc,
  createCounter,
  createGrpcEndpoint,
  createMetricsRegistry,
  listenGrpc,
  type MainContext,
  readVariable,
  startHealthEndpoint,
  systemClock,
  TributaryError,
} from "@tributary/kit";
import { openGateAuthority } from "./authority/gate-authority.ts";
import { connectMemberApi } from "./cluster/member-api.ts";
import { parseGateConfig } from "./config/gate-config.ts";
import { gateMethods } from "./enrolment/gate-service.ts";

/** Runs the gate until it is told to stop. */
export async function runGate({ log, signal, env }: MainContext): Promise<void> {
  const path = readVariable(env, "TRIBUTARY_GATE_CONFIG", "/etc/tributary/gate.json");
  const config = parseGateConfig(path, await readText(path));
  const closers = new Closers(log);
  try {
    const nowMs = () => systemClock.now();
    const authority = await openGateAuthority(config.caDirectory, config.cluster, nowMs());
    const api = connectMemberApi(env);
    closers.add("connection to the API server", () => api.close());
    const registry = createMetricsRegistry();
    const enrolments = createCounter(registry, {
      name: "tributary_gate_enrolments_total",
      help: "Enrolments by outcome: accepted, or the code of the refusal.",
      labelNames: ["outcome"],
    });
    const endpoint = createGrpcEndpoint();
    const methods = gateMethods({
      config,
      api,
      authority,
      log,
      nowMs,
      observe: (outcome) => enrolments.inc({ outcome }),
    });
    addService(endpoint, gateV1.GateService, methods, (cause) => {
      const error = asTributaryError(cause);
      log.warn({ code: error.code }, error.message);
    });
    const own = await authority.issueOwn(config.serverNames, nowMs());
    const credentials = ServerCredentials.createSsl(
      null,
      [{ cert_chain: Buffer.from(own.certificatePem), private_key: Buffer.from(own.keyPem) }],
      false,
    );
    const port = await listenGrpc(endpoint, `[::]:${config.listen.port}`, credentials);
    closers.add("enrolment", () => closeGrpc(endpoint, 1000));
    const health = await startHealthEndpoint({ port: config.listen.healthPort, registry, isReady: () => true });
    closers.add("health endpoint", () => health.close());
    log.info(
      { cluster: config.cluster, port, healthPort: health.port, namespaces: config.namespaces },
      "gate is ready",
    );
    await new Promise<void>((resolve) => {
      if (signal.aborted) resolve();
      signal.addEventListener("abort", () => resolve(), { once: true });
    });
  } finally {
    await closers.closeAll();
  }
}

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (cause) {
    throw new TributaryError("CONFIGURATION_INVALID", `${path} cannot be read`, { cause, details: { path } });
  }
}
