import { keepPublished, type PublicationDeps } from "../publication/publish.ts";
import type { Enforcement } from "./enforcement.ts";

/** Name of the text that the gate publishes about its network. */
const NETWORK_TEXT = "network.json";

/** A ConfigMap. */
export interface PublicationPlace {
  readonly namespace: string;
  readonly configMap: string;
}

/** Keeps the newest that it was told about the network in ConfigMaps, each by itself. */
export class NetworkPublisher {
  readonly #places: readonly PublicationPlace[];
  readonly #deps: Pick<PublicationDeps, "api" | "clock" | "log">;
  readonly #signal: AbortSignal;
  #former = new AbortController();
  #ended: Promise<void> = Promise.resolve();

  constructor(
    places: readonly PublicationPlace[],
    deps: Pick<PublicationDeps, "api" | "clock" | "log">,
    signal: AbortSignal,
  ) {
    this.#places = places;
    this.#deps = deps;
    this.#signal = signal;
  }

  /** Resolves once nothing is written any more, after the signal. */
  get ended(): Promise<void> {
    return this.#ended;
  }

  /** Publishes this instead of what was published before, and returns at once. */
  publish(enforcement: Enforcement): void {
    this.#former.abort();
    this.#former = new AbortController();
    const signal = AbortSignal.any([this.#signal, this.#former.signal]);
    const texts = { [NETWORK_TEXT]: networkText(enforcement) };
    this.#ended = this.#ended.then(async () => {
      const keepAt = (place: PublicationPlace) => keepPublished(texts, { ...this.#deps, ...place }, signal);
      await Promise.all(this.#places.map((place) => this.#keep(() => keepAt(place), signal)));
    });
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
