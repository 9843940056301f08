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
import { createNodeCryptoSuite } from "@tributary/worker-image";
import { readEd25519Identity } from "../../../../worker-image/src/shared/identity/certificates.ts";
import type { PemIdentity } from "../test-authority.ts";
import { isTruth, type Lie, type SpokenRound, tell } from "./lie.ts";

/** What a lying aggregator is made of: the true one behind it, its key, and the identity of the worker that it lies to. */
export interface LyingOptions {
  readonly aggregator: PemIdentity;
  readonly worker: PemIdentity;
  readonly upstream: { readonly controlAddress: string; readonly serverName: string; readonly caPem: string };
  /** CA of the worker's certificate. */
  readonly workerCaPem: string;
  readonly lie: Lie;
}

/** An aggregator that says to one worker what the true one says, but for a lie, which it signs with the true one's key. */
export class LyingRelay {
  /** What the worker said of itself, in order: code and message. */
  readonly failures: { readonly code: string; readonly message: string }[] = [];
  /** Rounds that it was lied to about. */
  lies = 0;
  readonly #options: LyingOptions;
  readonly #upstream: GrpcClient<typeof partyV1.PartyService>;
  readonly #endpoint = createGrpcEndpoint();
  #close: () => void = () => {};

  private constructor(options: LyingOptions) {
    this.#options = options;
    const { controlAddress, serverName, caPem } = options.upstream;
    this.#upstream = createGrpcClient(partyV1.PartyService, {
      address: controlAddress,
      credentials: createTlsCredentials({ caPem, ...options.worker }),
      unreachable: "AGGREGATOR_UNREACHABLE",
      channel: { "grpc.ssl_target_name_override": serverName },
    });
  }

  /** Starts to lie; gives the port that it listens on. */
  static async start(options: LyingOptions, port: number): Promise<LyingRelay> {
    const relay = new LyingRelay(options);
    addService(relay.#endpoint, partyV1.PartyService, relay.#methods(), () => {});
    const tls = { caPem: options.workerCaPem, ...options.aggregator };
    const listener = await listenGrpcOverTls(relay.#endpoint, { port, tls });
    relay.#close = () => listener.close();
    return relay;
  }

  async close(): Promise<void> {
    this.#close();
    this.#upstream.close();
    await closeGrpc(this.#endpoint, 500);
  }

  #methods(): Parameters<typeof addService<typeof partyV1.PartyService>>[2] {
    const upstream = this.#upstream;
    const { lie } = this.#options;
    return {
      join: async (request) => {
        const answer = await upstream.join(request, { timeoutMs: 20_000 });
        lie.joined?.(answer);
        return answer;
      },
      receive: (request, { signal }) => this.#relay(upstream.receive(request, { timeoutMs: 600_000, signal })),
      send: async (request) => {
        if (request.message.case === "failure") this.failures.push(request.message.value);
        return upstream.send(request, { timeoutMs: 20_000 });
      },
    };
  }

  async *#relay(messages: AsyncIterable<partyV1.ReceiveResponse>): AsyncGenerator<partyV1.ReceiveResponse> {
    let opened: (partyV1.ReceiveResponse & { message: { case: "opened" } }) | undefined;
    let earlier: SpokenRound | undefined;
    for await (const response of messages) {
      const { message } = response;
      if (message.case === "opened") opened = response as NonNullable<typeof opened>;
      else if (message.case === "started" && opened !== undefined) {
        const honest: SpokenRound = {
          opened: opened.message.value as partyV1.RoundOpened,
          started: message.value,
        };
        const { lie } = this.#options;
        const said = tell(lie, this.#signer(), honest);
        const told = lie.mix === undefined || earlier === undefined ? said : lie.mix(said, earlier);
        earlier = said;
        if (!isTruth(honest, told)) this.lies += 1;
        yield { ...opened, message: { case: "opened", value: told.opened } };
        yield { ...response, message: { case: "started", value: told.started } };
      } else yield response;
    }
  }

  #signer() {
    const { secretKey } = readEd25519Identity("the aggregator's key", this.#options.aggregator.keyPem);
    return { crypto: createNodeCryptoSuite(), signingSecret: secretKey };
  }
}
