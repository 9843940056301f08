import { X509Certificate } from "node:crypto";
import { partyV1 } from "@tributary/contracts";
import {
  createGrpcClient,
  createTlsCredentials,
  type GrpcClient,
  type Logger,
  retry,
  TributaryError,
} from "@tributary/kit";
import type { PartyFailureCode } from "../shared/failure-codes.ts";
import { ed25519KeyOf } from "../shared/identity/certificates.ts";
import { PROTOCOL_VERSION } from "../shared/protocol-version.ts";
import type { RegisteredTrainer } from "../shared/trainer/registered-trainer.ts";
import type { WorkerConfig } from "./config/sidecar-config.ts";
import type { AttestedChain } from "./gate/attestation.ts";
import type { WorkerCredentials } from "./identity/enrolment.ts";
import type { AttemptId } from "./round/party-machine.ts";
import { announced } from "./trainer/announced-trainer.ts";
import { requireAggregatorVersion } from "./wire/require-aggregator-version.ts";
import { createTensorClient, type TensorClient } from "./wire/tensor-client.ts";

const CALL_TIMEOUT_MS = 20_000;
/** Tries of one message: what is not delivered by then is asked for again over the next link. */
const SEND_ATTEMPTS = 4;
/** Difference of clocks from which the log tells of it; it is measured no better than the half of a round trip. */
const TOLD_OFFSET_MS = 5_000;
/** Back-off of calls to the aggregator: it restarts within seconds. */
const SESSION_BACKOFF = { initialMs: 100, maxMs: 5_000 };

/** What a worker says of itself when it joins. */
export interface JoiningWorker {
  /** Digest of the code that runs, for the run record. */
  readonly image: string;
  /** Its trainer, once one has registered. */
  readonly trainer: RegisteredTrainer | undefined;
  /** Number of the newest setup that it took; 0 for none. */
  readonly lastSetup: number;
  /** Certificates by which other members know it, while there are any. */
  readonly chain: AttestedChain | undefined;
}

/** The links to the aggregator under one certificate. */
export interface Session {
  readonly tensors: TensorClient;
  /** Ed25519 key of the aggregator's certificate, known once a call has succeeded. */
  readonly aggregatorKey: () => Uint8Array | undefined;
  /**
   * Joins the job and measures how far the clocks are apart; tries until it succeeds or the signal aborts.
   *
   * @throws AGGREGATOR_OUTDATED when the aggregator speaks an older version than this worker.
   */
  join(worker: JoiningWorker, signal: AbortSignal): Promise<partyV1.JoinResponse>;
  /** The aggregator's messages until the link breaks or the certificate is too old for another. */
  receive(signal: AbortSignal): AsyncIterable<partyV1.ReceiveResponse>;
  /** Hands in a protocol message; tries a few times. */
  send(to: AttemptId, message: Uint8Array, signal: AbortSignal): Promise<void>;
  /** Tells that this worker cannot report; tries a few times. */
  fail(to: AttemptId, code: PartyFailureCode, message: string, signal: AbortSignal): Promise<void>;
  close(): void;
}

/**
 * Largest message of the aggregator's: an opening has every party in its setup and every seat in its terms, some 240 bytes for each with the
 * longest names, hence 6 MiB for 25,600 seats; and some 60 bytes for each tensor of the model.
 */
const LARGEST_MESSAGE_BYTES = 16 * 2 ** 20;

/** Opens the links; nothing is called yet. */
export function openSession(worker: WorkerConfig, identity: WorkerCredentials, log: Logger): Session {
  const { aggregator } = worker;
  let aggregatorKey: Uint8Array | undefined;
  let clockOffsetMs = 0;
  const channel = createTlsCredentials(
    { caPem: aggregator.caPem, certificatePem: identity.certificatePem, keyPem: identity.keyPem },
    {
      checkServerIdentity: (_host, { raw }) => {
        const certificate = new X509Certificate(raw);
        aggregatorKey = ed25519KeyOf(certificate);
        return certificate.checkHost(aggregator.serverName) === undefined
          ? new Error(`the certificate is not for ${aggregator.serverName}`)
          : undefined;
      },
    },
  );
  const client = createGrpcClient(partyV1.PartyService, {
    address: aggregator.controlAddress,
    credentials: channel,
    unreachable: "AGGREGATOR_UNREACHABLE",
    channel: {
      "grpc.ssl_target_name_override": aggregator.serverName,
      "grpc.default_authority": aggregator.serverName,
      "grpc.max_reconnect_backoff_ms": 2_000,
      "grpc.max_receive_message_length": LARGEST_MESSAGE_BYTES,
    },
  });
  const tensors = createTensorClient({
    host: aggregator.tensorHost,
    port: aggregator.tensorPort,
    serverName: aggregator.serverName,
    caPem: aggregator.caPem,
    certificatePem: identity.certificatePem,
    keyPem: identity.keyPem,
  });
  return {
    tensors,
    aggregatorKey: () => aggregatorKey,
    async join(joining, signal) {
      const joined = await joinJob(client, identity, joining, log, signal);
      requireAggregatorVersion(joined.response.protocolVersion);
      clockOffsetMs = joined.clockOffsetMs;
      if (Math.abs(clockOffsetMs) > TOLD_OFFSET_MS) log.warn({ clockOffsetMs }, "clock differs from the aggregator's");
      return joined.response;
    },
    receive: (signal) => {
      const timeoutMs = Math.max(60_000, identity.usableUntilMs - Date.now());
      const request = { afterSequence: 0n, clockOffsetMs: BigInt(clockOffsetMs) };
      return client.receive(request, { timeoutMs: Math.min(timeoutMs, 12 * 3_600_000), signal });
    },
    send: ({ round, attempt }, secagg, signal) =>
      sendMessage(client, { round, attempt, message: { case: "secagg", value: secagg } }, log, signal),
    fail: ({ round, attempt }, code, message, signal) =>
      sendMessage(client, { round, attempt, message: { case: "failure", value: { code, message } } }, log, signal),
    close: () => {
      client.close();
      tensors.close();
    },
  };
}

type PartyClient = GrpcClient<typeof partyV1.PartyService>;

async function joinJob(
  client: PartyClient,
  identity: WorkerCredentials,
  { image, trainer, lastSetup, chain = [] }: JoiningWorker,
  log: Logger,
  signal: AbortSignal,
) {
  const identityKey = ed25519KeyOf(new X509Certificate(identity.certificatePem));
  if (identityKey === undefined) throw new TributaryError("CONFIGURATION_INVALID", "the worker's key is not Ed25519");
  const { kinds = [], capability } = trainer === undefined ? {} : announced(trainer);
  const request = {
    ...{ identityKey, protocolVersion: PROTOCOL_VERSION, sidecarImage: image, lastSetup, kinds: [...kinds] },
    chainDer: [...chain],
    ...(capability !== undefined && { capability }),
  };
  const call = async () => {
    const sentMs = Date.now();
    const startMs = performance.now();
    const response = await client.join(request, { timeoutMs: CALL_TIMEOUT_MS, signal });
    // The aggregator read its clock somewhere between the two: in the middle, as far as one knows.
    const halfwayMs = sentMs + (performance.now() - startMs) / 2;
    return { response, clockOffsetMs: Math.round(halfwayMs - Number(response.clockMs)) };
  };
  return retry(call, {
    signal,
    backoff: SESSION_BACKOFF,
    // A job whose aggregator does not know this worker yet may learn of it: only the operator knows, so keep asking.
    isRetriable: () => true,
    onRetry: (error, attempt, delayMs) => log.warn({ code: error.code, attempt, delayMs }, error.message),
  });
}

async function sendMessage(
  client: PartyClient,
  request: Parameters<PartyClient["send"]>[0],
  log: Logger,
  signal: AbortSignal,
): Promise<void> {
  await retry(() => client.send(request, { timeoutMs: CALL_TIMEOUT_MS, signal }), {
    signal,
    backoff: SESSION_BACKOFF,
    maxAttempts: SEND_ATTEMPTS,
    onRetry: (error, attempt, delayMs) => log.warn({ code: error.code, attempt, delayMs }, error.message),
  });
}
