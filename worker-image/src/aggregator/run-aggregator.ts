import { readFile } from "node:fs/promises";
import { controlV1, partyV1 } from "@tributary/contracts";
import { Protocol } from "@tributary/federated";
import {
  addService,
  asTributaryError,
  Closers,
  closeGrpc,
  createMetricsRegistry,
  Disposition,
  listenGrpcOverTls,
  type MainContext,
  nameVolumes,
  readVariable,
  startHealthEndpoint,
  systemClock,
  TributaryError,
} from "@tributary/kit";
import { createCrashSimulator } from "../shared/crash-point.ts";
import { createNodeCryptoSuite } from "../shared/crypto/node-crypto-suite.ts";
import { aggregatorVolumes } from "../shared/files/volumes.ts";
import { readCertificate, readEd25519Identity } from "../shared/identity/certificates.ts";
import { UnprovenConnections } from "../shared/wire/unproven-connections.ts";
import { type JobConfig, parseJobConfig } from "./config/job-config.ts";
import { controlMethods } from "./control/control-service.ts";
import { JobEngine } from "./engine/job-engine.ts";
import { JobModels } from "./engine/job-models.ts";
import { pinModel, readModelShape } from "./model/initial-model.ts";
import { observeEngine } from "./observe-engine.ts";
import { PartyConnections } from "./party/party-connections.ts";
import { PartyDirectory } from "./party/party-directory.ts";
import { CONTROL_CONNECTIONS_OF_PARTY, createPartyEndpoint } from "./party/party-endpoint.ts";
import { largestPartyRequests, partyMethods } from "./party/party-service.ts";
import { createSeats } from "./party/seats.ts";
import { RoundStore } from "./store/round-store.ts";
import { startTensorEndpoint } from "./wire/tensor-endpoint.ts";

/** Runs a job's aggregator until it is told to stop. */
export async function runAggregator({ log, signal, env }: MainContext): Promise<void> {
  const configPath = readVariable(env, "TRIBUTARY_JOB_CONFIG", "/etc/tributary/job.json");
  const config = parseJobConfig(configPath, await readFile(configPath, "utf8").catch(unreadable(configPath)));
  nameVolumes(aggregatorVolumes(config.directories, env));
  for (const { name, gateCaProblem } of config.clusters) {
    if (gateCaProblem !== undefined) log.warn({ cluster: name }, `${gateCaProblem}: its workers cannot join`);
  }
  const tls = await readTls(config);
  const closers = new Closers(log);
  try {
    const nowMs = () => systemClock.nowMs();
    const pinned = await pinModel(config);
    const store = await RoundStore.open(config.directories.data, config.job.uid, pinned.initialSha256);
    const shape = await readModelShape(pinned.initialPath);
    const models = new JobModels(config, pinned, store, shape);
    const seats = createSeats(config, tls.operatorCa, nowMs);
    const parties = new PartyDirectory(
      seats,
      () => systemClock.monotonicMs(),
      config.secureAggregation.protocol === Protocol.Masking,
    );
    const crash = createCrashSimulator(env, log);
    const crypto = createNodeCryptoSuite();
    const engine = new JobEngine({
      config,
      identity: tls.identity,
      crypto,
      clock: systemClock,
      log,
      crash,
      parties,
      store,
      models,
    });
    const registry = createMetricsRegistry();
    observeEngine(registry, engine, parties, store);
    const health = await startHealthEndpoint({ port: config.listen.healthPort, registry, isReady: () => true });
    closers.add("health endpoint", () => health.close());
    const sources = {
      jobUid: config.job.uid,
      sourceSha256: pinned.sourceSha256,
      engine,
      parties,
      store,
    };
    const bounds = largestPartyRequests(config, seats, models);
    const endpoint = createPartyEndpoint(bounds);
    const onError = (cause: unknown, path: string) => {
      const error = asTributaryError(cause);
      const level = error.disposition === Disposition.Defect ? "error" : "info";
      parties.noteRefused();
      log[level]({ err: error, code: error.code, path }, error.message);
    };
    addService(
      endpoint,
      controlV1.AggregatorService,
      controlMethods(seats, engine, store, sources, systemClock),
      onError,
    );
    addService(
      endpoint,
      partyV1.PartyService,
      partyMethods({ config, seats, parties, models, clock: systemClock }, engine),
      onError,
      bounds,
    );
    const tensor = await startTensorEndpoint(
      {
        tls: tls.mutual,
        port: config.listen.tensorPort,
        jobUid: config.job.uid,
        seats,
        parties,
        log,
        onRefused: () => parties.noteRefused(),
      },
      engine.inbox,
    );
    closers.add("tensor wire", () => tensor.close());
    const unproven = new UnprovenConnections(seats.all.length);
    const connections = new PartyConnections(seats, CONTROL_CONNECTIONS_OF_PARTY);
    const control = await listenGrpcOverTls(endpoint, {
      port: config.listen.controlPort,
      tls: {
        caPem: tls.mutual.peerCas.join("\n"),
        certificatePem: tls.mutual.certificate,
        keyPem: tls.mutual.key,
      },
      onAccepted: (socket) => unproven.admit(socket),
      onConnection: (socket) => {
        unproven.prove(socket);
        connections.admit(socket);
      },
    });
    closers.add("control wire", () => closeGrpc(endpoint, 1000));
    closers.add("party streams", () => parties.closeAll());
    closers.add("control port", () => control.close());
    const ports = { controlPort: control.port, tensorPort: tensor.port, healthPort: health.port };
    log.info({ ...ports, job: config.job.name, rounds: store.rounds.length }, "aggregator is ready");
    await engine.run(signal);
  } finally {
    await closers.closeAll();
  }
}

async function readTls(config: JobConfig) {
  const read = (path: string) => readFile(path, "utf8").catch(unreadable(path));
  const certificate = await read(config.tls.certificatePath);
  const key = await read(config.tls.keyPath);
  const operatorCaPem = await read(config.tls.operatorCaPath);
  const peerCas = [
    operatorCaPem,
    ...config.clusters.flatMap(({ gateCa }) => gateCa.map((certificate) => certificate.toString())),
  ];
  return {
    identity: readEd25519Identity(config.tls.keyPath, key),
    operatorCa: readCertificate(config.tls.operatorCaPath, operatorCaPem),
    mutual: { certificate, key, peerCas },
  };
}

function unreadable(path: string): (cause: unknown) => never {
  return (cause) => {
    throw new TributaryError("CONFIGURATION_INVALID", `${path} cannot be read`, { cause, details: { path } });
  };
}
