import { partyV1 } from "@tributary/contracts";
import {
  addService,
  closeGrpc,
  createGrpcClient,
  createGrpcEndpoint,
  createTlsCredentials,
  type GrpcClient,
  listenGrpcOverTls,
} from "@tributary/kit";
import type { PemIdentity } from "../test-authority.ts";
import { MessageFeed } from "./message-feed.ts";

/** What passes, as whoever stands between a worker and the aggregator may watch, keep or change it. */
export interface RelayHooks {
  /** Told of a protocol message of the worker's before it goes on; it does not when this gives false. */
  onSend?(request: partyV1.SendRequest, message: Uint8Array): Promise<boolean>;
  /** Told of a protocol message of the worker's that went on, once the aggregator has taken it. */
  onSent?(request: partyV1.SendRequest, message: Uint8Array): Promise<void>;
  /** Told of what the aggregator says before the worker hears it; the worker hears what this gives in its place. */
  onReceive?(response: partyV1.ReceiveResponse): Promise<partyV1.ReceiveResponse | undefined>;
}

/** What a relay is made of. */
export interface RelayOptions {
  /** The aggregator's identity: the worker believes to speak with it. */
  readonly aggregator: PemIdentity;
  /** The worker's identity, once it has one: the aggregator believes to speak with the worker. */
  readonly worker: () => Promise<PemIdentity>;
  readonly upstream: { readonly controlAddress: string; readonly serverName: string; readonly caPem: string };
  /** CA of the worker's certificate. */
  readonly workerCaPem: string;
  readonly hooks: RelayHooks;
}

/** Whole length of a test: no call may end before. */
const LIFE_MS = 6 * 3_600_000;

/** The control wire between one worker and the aggregator, with the keys of both: what passes can be watched, kept and changed. */
export class PartyRelay {
  readonly #options: RelayOptions;
  readonly #endpoint = createGrpcEndpoint();
  #upstream: Promise<GrpcClient<typeof partyV1.PartyService>> | undefined;
  #feed: MessageFeed<partyV1.ReceiveResponse> | undefined;
  #close: () => void = () => {};

  private constructor(options: RelayOptions) {
    this.#options = options;
  }

  /** Listens on a port of loopback. */
  static async start(options: RelayOptions, port: number): Promise<PartyRelay> {
    const relay = new PartyRelay(options);
    addService(relay.#endpoint, partyV1.PartyService, relay.#methods(), () => {});
    const tls = { caPem: options.workerCaPem, ...options.aggregator };
    const listener = await listenGrpcOverTls(relay.#endpoint, { port, tls });
    relay.#close = () => listener.close();
    return relay;
  }

  /** Says something to the worker in the aggregator's name. */
  say(response: partyV1.ReceiveResponse): void {
    this.#feed?.add(response);
  }

  async close(): Promise<void> {
    this.#close();
    (await this.#upstream?.catch(() => undefined))?.close();
    await closeGrpc(this.#endpoint, 500);
  }

  #methods(): Parameters<typeof addService<typeof partyV1.PartyService>>[2] {
    return {
      join: async (request) => (await this.#connect()).join(request, { timeoutMs: 20_000 }),
      receive: (request, { signal }) => this.#receive(request, signal),
      send: (request) => this.#send(request),
    };
  }

  async #send(request: partyV1.SendRequest): Promise<Record<string, never>> {
    const { hooks } = this.#options;
    const said = request.message.case === "secagg" ? request.message.value : undefined;
    if (said !== undefined && (await hooks.onSend?.(request, said)) === false) return {};
    await (await this.#connect()).send(request, { timeoutMs: 20_000 });
    if (said !== undefined) await hooks.onSent?.(request, said);
    return {};
  }

  async *#receive(request: partyV1.ReceiveRequest, signal: AbortSignal): AsyncGenerator<partyV1.ReceiveResponse> {
    const feed = new MessageFeed<partyV1.ReceiveResponse>();
    this.#feed = feed;
    void this.#pass(feed, request, signal);
    yield* feed;
  }

  async #pass(
    feed: MessageFeed<partyV1.ReceiveResponse>,
    request: partyV1.ReceiveRequest,
    signal: AbortSignal,
  ): Promise<void> {
    const { hooks } = this.#options;
    try {
      for await (const response of (await this.#connect()).receive(request, { timeoutMs: LIFE_MS, signal })) {
        const said = hooks.onReceive === undefined ? response : await hooks.onReceive(response);
        if (said !== undefined) feed.add(said);
      }
      feed.end();
    } catch (cause) {
      feed.end(cause);
    }
  }

  #connect(): Promise<GrpcClient<typeof partyV1.PartyService>> {
    this.#upstream ??= this.#open();
    return this.#upstream;
  }

  async #open(): Promise<GrpcClient<typeof partyV1.PartyService>> {
    const { worker, upstream } = this.#options;
    const { controlAddress: address, serverName, caPem } = upstream;
    return createGrpcClient(partyV1.PartyService, {
      address,
      credentials: createTlsCredentials({ caPem, ...(await worker()) }),
      unreachable: "AGGREGATOR_UNREACHABLE",
      channel: { "grpc.ssl_target_name_override": serverName, "grpc.max_reconnect_backoff_ms": 500 },
    });
  }
}
