import { readFile } from "node:fs/promises";
import { gateV1 } from "@tributary/contracts";
import {
  addService,
  asTributaryError,
  Closers,
  closeGrpc,
  createMetricsRegistry,
  type ErrorObserver,
  type Logger,
  listenGrpcOverTls,
  type MainContext,
  nameVolumes,
  readVariable,
  type ServiceMethods,
  startHealthEndpoint,
  systemClock,
  TributaryError,
} from "@tributary/kit";
import { gateVolumes } from "../shared/files/volumes.ts";
import { isInItsTime, type PemKeyPair } from "./authority/certificate-authority.ts";
import { type GateConfig, parseGateConfig } from "./config/gate-config.ts";
import { CallerConnections } from "./enrolment/caller-connections.ts";
import { enrolMethods } from "./enrolment/enrol-methods.ts";
import { createEnrolmentEndpoint } from "./enrolment/enrolment-endpoint.ts";
import { type ApiServer, connectApiServer } from "./kubernetes/api-server.ts";
import { startNetworkWatch } from "./network/start-network-watch.ts";
import { type GateKeys, openGateKeys } from "./open-keys.ts";
import { openRecords } from "./open-records.ts";
import { publicHalf } from "./publication/public-half.ts";
import { keepPublished } from "./publication/publish.ts";
import { runBeside } from "./run-beside.ts";
import { VolumeHold } from "./storage/volume-hold.ts";
import { startTrust } from "./trust/start-trust.ts";
import { watchRecords } from "./watch-records.ts";
import { createCallerOf } from "./workers/worker-caller.ts";
import { listenToWorkers } from "./workers/worker-endpoint.ts";
import { workerMethods } from "./workers/worker-methods.ts";

/** Runs the gate until it is told to stop. */
export async function runGate({ log, signal, env }: MainContext): Promise<void> {
  const path = readVariable(env, "TRIBUTARY_GATE_CONFIG", "/etc/tributary/gate.json");
  const config = parseGateConfig(path, await readText(path));
  nameVolumes(gateVolumes({ state: config.stateDirectory, ca: config.caDirectory }));
  const closers = new Closers(log);
  try {
    const hold = await VolumeHold.take({
      directory: config.stateDirectory,
      holder: env.HOSTNAME ?? "",
      nowMs: systemClock.nowMs(),
    });
    const keys = await openGateKeys(config, systemClock, log);
    const records = await openRecords(config, { closers, log, hold });
    const { trail, memory } = records;
    const api = await connectApiServer(env);
    closers.add("connection to the API server", () => api.close());
    const { trust, signer } = await startTrust({ config, identity: keys.identity, trail, closers, log });
    const onError = (cause: unknown) => {
      const error = asTributaryError(cause);
      log.warn({ code: error.code }, error.message);
    };
    const common = { policy: config, api, audit: trail, clock: systemClock, log };
    const own = await keys.authorities.endpoints.makeEndpoint(config.serverNames);
    const enrolment = await startEnrolment(
      enrolMethods({
        ...common,
        lifetimeMs: config.certificateLifetimeMs,
        authority: keys.authorities.signing,
      }),
      { port: config.listen.port, own, closers, onError },
    );
    const { cluster } = config;
    const workers = await listenToWorkers({
      port: config.listen.workerPort,
      cluster,
      own,
      callersPem: keys.authorities.callersPem,
      methods: workerMethods({
        ...common,
        ...keys,
        callerOf: createCallerOf(cluster, systemClock),
        trust,
        signer,
        memory,
      }),
      onError,
    });
    closers.add("endpoint of workers", () => workers.close());
    startPublication(config, keys, { api, closers, log, signal });
    const registry = createMetricsRegistry();
    watchRecords({
      records,
      directory: config.stateDirectory,
      startsPerSeat: config.memory.startsPerSeat,
      ...{ hold, registry, closers, clock: systemClock, log },
    });
    await startNetworkWatch(config, { env, api, registry, closers, log });
    const health = await startHealthEndpoint({
      port: config.listen.healthPort,
      registry,
      // Each act is written down before it is done: without a volume that takes it there is nothing to ask this gate for.
      isReady: () => trail.problem === undefined && memory.problem === undefined,
      // Starting again makes another certificate; one that is out of its time would refuse every worker with both probes green.
      // So does one whose memory may not be what its file says: only the next process reads that anew.
      isAlive: () => isInItsTime(own, systemClock.nowMs()) && !trail.isBroken && !memory.isBroken,
    });
    closers.add("health endpoint", () => health.close());
    const ports = { port: enrolment.port, workerPort: workers.port, healthPort: health.port };
    log.info({ cluster, ...ports }, "gate is ready");
    await Promise.race([untilAborted(signal), hold.lost]);
  } finally {
    await closers.closeAll();
  }
}

function untilAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
}

interface EnrolmentPlace {
  readonly port: number;
  readonly own: PemKeyPair;
  readonly closers: Closers;
  readonly onError: ErrorObserver;
}

async function startEnrolment(
  methods: ServiceMethods<typeof gateV1.GateService>,
  { port, own, closers, onError }: EnrolmentPlace,
): Promise<{ readonly port: number }> {
  const endpoint = createEnrolmentEndpoint();
  addService(endpoint, gateV1.GateService, methods, onError);
  const connections = new CallerConnections();
  const enrolment = await listenGrpcOverTls(endpoint, {
    port,
    tls: own,
    onAccepted: (socket) => connections.admit(socket),
  });
  closers.add("enrolment", () => closeGrpc(endpoint, 1000));
  closers.add("enrolment port", () => enrolment.close());
  return enrolment;
}

interface PublicationPlace {
  readonly api: ApiServer;
  readonly closers: Closers;
  readonly log: Logger;
  readonly signal: AbortSignal;
}

/** Publishes beside everything else: nothing waits for it, and it keeps nothing from running. */
function startPublication(config: GateConfig, keys: GateKeys, { api, closers, log, signal }: PublicationPlace): void {
  if (config.publication === undefined) return;
  const texts = publicHalf({ member: config.cluster, organisation: config.organisation, ...keys });
  const deps = { api, ...config.publication, clock: systemClock, log };
  runBeside(closers, "publication", (closing) => {
    const ending = AbortSignal.any([signal, closing]);
    return keepPublished(texts, deps, ending).catch((cause: unknown) => {
      if (!ending.aborted) log.error({ err: cause }, "the gate publishes nothing any more");
    });
  });
}

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (cause) {
    throw new TributaryError("CONFIGURATION_INVALID", `${path} cannot be read`, { cause, details: { path } });
  }
}
