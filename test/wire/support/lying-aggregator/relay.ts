import { PassThrough, Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
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

/** What stands between the true aggregator and one worker says to each of them; what is left out passes as it is. */
export interface Voice {
  readonly joined?: (answer: partyV1.JoinResponse) => void;
  /** What the worker is told in place of a message of the aggregator's. */
  readonly tell?: (message: partyV1.ReceiveResponse) => readonly partyV1.ReceiveResponse[];
  /** Whether the aggregator hears what the worker sends. */
  readonly hear?: (message: partyV1.SendRequest) => boolean;
}

/** What a relay is made of: the true aggregator behind it, its key, and the worker that it stands before. */
export interface RelayOptions {
  readonly aggregator: PemIdentity;
  /** Identity of the worker, once it is there. */
  readonly worker: () => Promise<PemIdentity>;
  readonly upstream: { readonly controlAddress: string; readonly serverName: string; readonly caPem: string };
  /** CA of the worker's certificate. */
  readonly workerCaPem: string;
  readonly voice: Voice;
}

type Upstream = GrpcClient<typeof partyV1.PartyService>;

/** An aggregator's control wire as one worker finds it, with a voice of its own between the two. */
export class Relay {
  readonly #options: RelayOptions;
  readonly #endpoint = createGrpcEndpoint();
  #upstream: Promise<Upstream> | undefined;
  #told: PassThrough | undefined;
  #close: () => void = () => {};

  private constructor(options: RelayOptions) {
    this.#options = options;
  }

  /** Starts to relay on a port of loopback. */
  static async start(options: RelayOptions, port: number): Promise<Relay> {
    const relay = new Relay(options);
    addService(relay.#endpoint, partyV1.PartyService, relay.#methods(), () => {});
    const tls = { caPem: options.workerCaPem, ...options.aggregator };
    const listener = await listenGrpcOverTls(relay.#endpoint, { port, tls });
    relay.#close = () => listener.close();
    return relay;
  }

  /** Tells the worker something that the aggregator did not say. */
  say(message: partyV1.ReceiveResponse): void {
    if (this.#told === undefined) throw new Error("the worker does not listen yet");
    this.#told.write(message);
  }

  async close(): Promise<void> {
    this.#close();
    (await this.#upstream)?.close();
    await closeGrpc(this.#endpoint, 500);
  }

  #methods(): Parameters<typeof addService<typeof partyV1.PartyService>>[2] {
    const { voice } = this.#options;
    return {
      join: async (request) => {
        const answer = await (await this.#reach()).join(request, { timeoutMs: 20_000 });
        voice.joined?.(answer);
        return answer;
      },
      receive: (request, { signal }) => this.#relay(request, signal),
      send: async (request) => {
        if (voice.hear?.(request) === false) return {};
        return (await this.#reach()).send(request, { timeoutMs: 20_000 });
      },
    };
  }

  async *#relay(request: partyV1.ReceiveRequest, signal: AbortSignal): AsyncGenerator<partyV1.ReceiveResponse> {
    const messages = (await this.#reach()).receive(request, { timeoutMs: 600_000, signal });
    const told = new PassThrough({ objectMode: true });
    this.#told = told;
    // A link that breaks ends the worker's, which comes again.
    pipeline(Readable.from(this.#tellAll(messages)), told).catch(() => {});
    yield* told as AsyncIterable<partyV1.ReceiveResponse>;
  }

  async *#tellAll(messages: AsyncIterable<partyV1.ReceiveResponse>): AsyncGenerator<partyV1.ReceiveResponse> {
    const { tell } = this.#options.voice;
    for await (const message of messages) yield* tell?.(message) ?? [message];
  }

  #reach(): Promise<Upstream> {
    this.#upstream ??= this.#open();
    return this.#upstream;
  }

  async #open(): Promise<Upstream> {
    const { controlAddress, serverName, caPem } = this.#options.upstream;
    return createGrpcClient(partyV1.PartyService, {
      address: controlAddress,
      credentials: createTlsCredentials({ caPem, ...(await this.#options.worker()) }),
      unreachable: "AGGREGATOR_UNREACHABLE",
      channel: { "grpc.ssl_target_name_override": serverName },
    });
  }
}
