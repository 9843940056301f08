import { readFile } from "node:fs/promises";
import { gateV1 } from "@tributary/contracts";
import {
  addService,
  asTributaryError,
  Closers,
  closeGrpc,
  createMetricsRegistry,
  listenGrpcOverTls,
  type MainContext,
  nameVolumes,
  readVariable,
  startHealthEndpoint,
  systemClock,
  TributaryError,
} from "@tributary/kit";
import { gateVolumes } from "../shared/files/volumes.ts";
import { openAuthority } from "./authority/certificate-authority.ts";
import { parseGateConfig } from "./config/gate-config.ts";
import { CallerConnections } from "./enrolment/caller-connections.ts";
import { enrolMethods } from "./enrolment/enrol-methods.ts";
import { createEnrolmentEndpoint } from "./enrolment/enrolment-endpoint.ts";
import { connectApiServer } from "./kubernetes/api-server.ts";

/** Runs the gate until it is told to stop. */
export async function runGate({ log, signal, env }: MainContext): Promise<void> {
  const path = readVariable(env, "TRIBUTARY_GATE_CONFIG", "/etc/tributary/gate.json");
  const config = parseGateConfig(path, await readText(path));
  nameVolumes(gateVolumes(config.caDirectory));
  const closers = new Closers(log);
  try {
    const authority = await openAuthority(config.caDirectory, `${config.cluster} gate CA`);
    const api = await connectApiServer(env);
    closers.add("connection to the API server", () => api.close());
    const endpoint = createEnrolmentEndpoint();
    const deps = {
      policy: config,
      lifetimeMs: config.certificateLifetimeMs,
      authority,
      api,
      clock: systemClock,
      log,
    };
    addService(endpoint, gateV1.GateService, enrolMethods(deps), (cause) => {
      const error = asTributaryError(cause);
      log.warn({ code: error.code }, error.message);
    });
    const own = await authority.makeEndpoint(config.serverNames);
    const connections = new CallerConnections();
    const enrolment = await listenGrpcOverTls(endpoint, {
      port: config.listen.port,
      tls: own,
      onAccepted: (socket) => connections.admit(socket),
    });
    closers.add("enrolment", () => closeGrpc(endpoint, 1000));
    closers.add("enrolment port", () => enrolment.close());
    const registry = createMetricsRegistry();
    const health = await startHealthEndpoint({
      port: config.listen.healthPort,
      registry,
      isReady: () => true,
      // Starting again makes another certificate; one that runs out would refuse every worker with both probes green.
      isAlive: () => systemClock.nowMs() < own.renewAtMs,
    });
    closers.add("health endpoint", () => health.close());
    log.info({ cluster: config.cluster, port: enrolment.port, healthPort: health.port }, "gate is ready");
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
