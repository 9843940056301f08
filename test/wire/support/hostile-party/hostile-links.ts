import { X509Certificate } from "node:crypto";
import type { ClientRequest, IncomingMessage } from "node:http";
import { request as httpsRequest } from "node:https";
import { create, toBinary } from "@bufbuild/protobuf";
import { Client, type ServiceError } from "@grpc/grpc-js";
import { partyV1 } from "@tributary/contracts";
import { createGrpcClient, createTlsCredentials, type GrpcClient } from "@tributary/kit";
import type { HostileConfig } from "./hostile-config.ts";

/** One request on the tensor wire that may be left in the middle. */
export interface TensorCall {
  readonly request: ClientRequest;
  /** Status, or the error's code; never rejects. */
  readonly answer: Promise<{ readonly status: string; readonly response?: IncomingMessage }>;
}

/** Most bytes that the aggregator takes in a request of these jobs. */
const PLAIN_BYTES = 8 * 2 ** 10;
const CALL_TIMEOUT_MS = 5_000;

function callRaw(client: Client, path: string, bytes: Uint8Array): Promise<string> {
  const same = (value: Buffer) => value;
  return new Promise((resolve) => {
    const done = (error: ServiceError | null) =>
      resolve(error === null ? "OK" : String(error.metadata?.get("tributary-code")[0] ?? error.code));
    const bounds = { deadline: Date.now() + CALL_TIMEOUT_MS };
    client.makeUnaryRequest(path, same, same, Buffer.from(bytes), bounds, done);
  });
}

/** The links of the party: as many as it likes. */
export class HostileLinks {
  readonly #config: HostileConfig;
  #raw: Client;
  #party: GrpcClient<typeof partyV1.PartyService>;
  #alone: Promise<unknown> = Promise.resolve();

  constructor(config: HostileConfig) {
    this.#config = config;
    this.#raw = this.#newRaw();
    this.#party = this.#newParty();
  }

  /** Opens another stream of messages. */
  receive(signal: AbortSignal): AsyncIterable<partyV1.ReceiveResponse> {
    const request = { afterSequence: 0n, clockOffsetMs: BigInt(-(2 ** 52)) };
    return this.#party.receive(request, { timeoutMs: 3_600_000, signal });
  }

  /** Joins as an honest party does, or with another key. */
  async join(isHonest: boolean): Promise<string> {
    const { publicKey } = new X509Certificate(this.#config.certificatePem);
    const x = Buffer.from(String(publicKey.export({ format: "jwk" }).x), "base64url");
    const identityKey = isHonest ? new Uint8Array(x) : new Uint8Array(32);
    const request = { identityKey, protocolVersion: 2, sidecarImage: "hostile", kinds: ["Evaluate", "Train"] };
    const joined = this.#party.join(request, { timeoutMs: 20_000 });
    return joined.then(
      () => "OK",
      ({ code }) => String(code),
    );
  }

  /** Calls any method with any bytes; gives the code that comes back. */
  async call(path: string, bytes: Uint8Array): Promise<string> {
    if (bytes.length <= PLAIN_BYTES) return callRaw(this.#raw, path, bytes);
    // One after the other: more connections than a party may have would end those by which it follows the rounds.
    const call = this.#alone.then(() => this.#callAlone(path, bytes));
    this.#alone = call;
    return call;
  }

  /** What the aggregator does not read would hold back whatever else goes over the same connection. */
  async #callAlone(path: string, bytes: Uint8Array): Promise<string> {
    const alone = this.#newRaw();
    try {
      return await callRaw(alone, path, bytes);
    } finally {
      alone.close();
    }
  }

  /** Hands in a message as an honest sidecar does. */
  send(round: number, attempt: number, message: partyV1.SendRequest["message"]): Promise<string> {
    const request = create(partyV1.SendRequestSchema, { round, attempt, message });
    return this.call("/tributary.round.v1.PartyService/Send", toBinary(partyV1.SendRequestSchema, request));
  }

  /** Begins a request on the tensor wire, by a connection of its own. */
  tensor(method: string, path: string, headers: Record<string, string | number>): TensorCall {
    const { tensorAddress, serverName, caPem, certificatePem, keyPem } = this.#config;
    const [host, port] = tensorAddress.split(":");
    const request = httpsRequest({
      host: host!,
      port: Number(port),
      servername: serverName,
      ca: caPem,
      cert: certificatePem,
      key: keyPem,
      method,
      path,
      headers,
      agent: false,
      timeout: 60_000,
    });
    request.on("timeout", () => request.destroy());
    const answer = new Promise<{ status: string; response?: IncomingMessage }>((resolve) => {
      request.on("error", (error: NodeJS.ErrnoException) => resolve({ status: String(error.code) }));
      request.on("close", () => resolve({ status: "closed" }));
      request.on("response", (response) => {
        response.on("error", () => {});
        const code = response.headers["tributary-code"] ?? response.statusCode;
        resolve({ status: String(code), response });
      });
    });
    return { request, answer };
  }

  /** Breaks the links of calls and streams and makes others. */
  hangUp(): void {
    this.close();
    this.#raw = this.#newRaw();
    this.#party = this.#newParty();
  }

  close(): void {
    this.#raw.close();
    this.#party.close();
  }

  #newRaw(): Client {
    const { controlAddress } = this.#config;
    return new Client(controlAddress, createTlsCredentials(this.#config), this.#channel);
  }

  #newParty(): GrpcClient<typeof partyV1.PartyService> {
    return createGrpcClient(partyV1.PartyService, {
      address: this.#config.controlAddress,
      credentials: createTlsCredentials(this.#config),
      unreachable: "AGGREGATOR_UNREACHABLE",
      channel: this.#channel,
    });
  }

  get #channel() {
    return {
      "grpc.ssl_target_name_override": this.#config.serverName,
      "grpc.use_local_subchannel_pool": 1,
      "grpc.max_reconnect_backoff_ms": 200,
    };
  }
}
