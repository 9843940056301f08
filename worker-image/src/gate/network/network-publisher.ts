import type { GateConfig } from "../config/gate-config.ts";
import { keepPublished, type PublicationDeps } from "../publication/publish.ts";
import type { Enforcement } from "./enforcement.ts";

/** Name of the text that the gate publishes about its network. */
const NETWORK_TEXT = "network.json";

/** Keeps the newest that it was told about the network in the gate's ConfigMap, where there is one. */
export class NetworkPublisher {
  readonly #place: GateConfig["publication"];
  readonly #deps: Pick<PublicationDeps, "api" | "clock" | "log">;
  readonly #signal: AbortSignal;
  #former = new AbortController();
  #ended: Promise<void> = Promise.resolve();

  constructor(
    place: GateConfig["publication"],
    deps: Pick<PublicationDeps, "api" | "clock" | "log">,
    signal: AbortSignal,
  ) {
    this.#place = place;
    this.#deps = deps;
    this.#signal = signal;
  }

  /** Resolves once nothing is written any more, after the signal. */
  get ended(): Promise<void> {
    return this.#ended;
  }

  /** Publishes this instead of what was published before, and returns at once. */
  publish(enforcement: Enforcement): void {
    if (this.#place === undefined) return;
    this.#former.abort();
    this.#former = new AbortController();
    const signal = AbortSignal.any([this.#signal, this.#former.signal]);
    const texts = { [NETWORK_TEXT]: networkText(enforcement) };
    const deps = { ...this.#deps, ...this.#place };
    this.#ended = this.#ended.then(() => this.#keep(() => keepPublished(texts, deps, signal), signal));
  }

  async #keep(keep: () => Promise<never>, signal: AbortSignal): Promise<void> {
    try {
      await keep();
    } catch (cause) {
      if (!signal.aborted) this.#deps.log.error({ err: cause }, "the state of the network is published no more");
    }
  }
}

/** What the gate publishes about its network. */
function networkText(enforcement: Enforcement): string {
  return `${JSON.stringify({ egressEnforced: enforcement }, null, 2)}\n`;
}
