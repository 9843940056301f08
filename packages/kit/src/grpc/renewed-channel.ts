import { type Client, connectivityState } from "@grpc/grpc-js";

/** Age from which a channel that is not connected is replaced by a fresh one, in milliseconds. */
const staleAfterMs = 3_000;

/** Longest time of one attempt to connect, in milliseconds. */
const connectTimeoutMs = 5_000;

/**
 * A channel that is replaced when it cannot connect. A connection attempt that began while the peer was away can hang for
 * two minutes in the kernel, long after the peer came back, because its packets were sent to where the peer was: a new
 * attempt from a new port finds the way at once.
 */
export class RenewedChannel {
  readonly #make: () => Client;
  readonly #nowMs: () => number;
  #client: Client;
  #madeMs: number;

  constructor(make: () => Client, nowMs: () => number = Date.now) {
    this.#make = make;
    this.#nowMs = nowMs;
    this.#client = make();
    this.#madeMs = nowMs();
  }

  /** The channel to call on now. */
  get client(): Client {
    return this.#client;
  }

  /**
   * Waits until the channel is connected, at most five seconds or `timeoutMs`; replaces it when it is not.
   *
   * @throws Error of the channel when it is not connected in time.
   */
  async connect(timeoutMs: number): Promise<void> {
    const { client } = this;
    if (client.getChannel().getConnectivityState(true) === connectivityState.READY) return;
    const deadline = Date.now() + Math.min(timeoutMs, connectTimeoutMs);
    try {
      await new Promise<void>((resolve, reject) => {
        client.waitForReady(deadline, (error) => (error ? reject(error) : resolve()));
      });
    } catch (error) {
      this.noteUnreachable();
      throw error;
    }
  }

  /** Told after a call found nobody: replaces a channel that has tried for a while and is not connected. */
  noteUnreachable(): void {
    if (this.#nowMs() - this.#madeMs < staleAfterMs) return;
    if (this.#client.getChannel().getConnectivityState(false) === connectivityState.READY) return;
    this.#client.close();
    this.#client = this.#make();
    this.#madeMs = this.#nowMs();
  }

  /** Closes the channel. */
  close(): void {
    this.#client.close();
  }
}
