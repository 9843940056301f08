import type { partyV1 } from "@tributary/contracts";
import type { PemIdentity } from "../test-authority.ts";
import { isTruth, type Lie, type SpokenRound, signerOf, tell } from "./lie.ts";
import { Relay, type RelayOptions } from "./relay.ts";

/** What a lying aggregator is made of, and the identity of the worker that it lies to. */
export interface LyingOptions extends Omit<RelayOptions, "voice" | "worker"> {
  readonly worker: PemIdentity;
  readonly lie: Lie;
}

type Opened = partyV1.ReceiveResponse & { message: { case: "opened" } };

/** An aggregator that says to one worker what the true one says, but for a lie, which it signs with the true one's key. */
export class LyingRelay {
  /** What the worker said of itself, in order: code and message. */
  readonly failures: { readonly code: string; readonly message: string }[] = [];
  /** Rounds that it was lied to about. */
  lies = 0;
  readonly #options: LyingOptions;
  #relay: Relay | undefined;
  #opened: Opened | undefined;
  #earlier: SpokenRound | undefined;

  private constructor(options: LyingOptions) {
    this.#options = options;
  }

  /** Starts to lie on a port of loopback. */
  static async start({ worker, ...options }: LyingOptions, port: number): Promise<LyingRelay> {
    const liar = new LyingRelay({ worker, ...options });
    const voice = {
      joined: (answer: partyV1.JoinResponse) => options.lie.joined?.(answer),
      tell: (message: partyV1.ReceiveResponse) => liar.#tell(message),
      hear: ({ message }: partyV1.SendRequest) => {
        if (message.case === "failure") liar.failures.push(message.value);
        return true;
      },
    };
    liar.#relay = await Relay.start({ ...options, worker: async () => worker, voice }, port);
    return liar;
  }

  async close(): Promise<void> {
    await this.#relay?.close();
  }

  #tell(response: partyV1.ReceiveResponse): partyV1.ReceiveResponse[] {
    const { message } = response;
    if (message.case === "opened") {
      this.#opened = response as Opened;
      return [];
    }
    const opened = this.#opened;
    if (message.case !== "started" || opened === undefined) return [response];
    const honest = { opened: opened.message.value as partyV1.RoundOpened, started: message.value };
    const told = this.#toldOf(honest);
    if (!isTruth(honest, told)) this.lies += 1;
    return [
      { ...opened, message: { case: "opened", value: told.opened } },
      { ...response, message: { case: "started", value: told.started } },
    ];
  }

  #toldOf(honest: SpokenRound): SpokenRound {
    const { lie, aggregator } = this.#options;
    const earlier = this.#earlier;
    const said = tell(lie, signerOf(aggregator), honest);
    this.#earlier = said;
    return lie.mix === undefined || earlier === undefined ? said : lie.mix(said, earlier);
  }
}
