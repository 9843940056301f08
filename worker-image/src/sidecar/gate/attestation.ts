import type { gateV1 } from "@tributary/contracts";
import { asTributaryError, backoffMs, type Clock, type Logger, TributaryError } from "@tributary/kit";
import { waitFor } from "../wait-for.ts";

/** Certificates in DER by which other members' sidecars know the worker: its own, then its CA's as the member's identity key issued it. */
export type AttestedChain = readonly Uint8Array[];

/** What {@link Attestation} works with. */
export interface AttestationDeps {
  /** Asks the gate over the present link. */
  readonly attest: (
    request: Pick<gateV1.AttestRequest, "token" | "sentBytes">,
    options: { readonly timeoutMs: number; readonly signal: AbortSignal },
  ) => Promise<Pick<gateV1.AttestResponse, "chainDer" | "lifetimeSeconds">>;
  /** The token as it is now: a kubelet writes another one every hour. */
  readonly readToken: () => Promise<string>;
  /** Bytes of reports that left the pod. */
  readonly sentBytes: () => number;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Time between two certificates of five minutes: one that does not come leaves three for tries. */
const INTERVAL_MS = 120_000;
/** Part of a certificate's life after which there should be another, where it lives shorter than expected. */
const RENEW_RATIO = 0.4;
const CALL_TIMEOUT_MS = 10_000;
const BACKOFF = { initialMs: 1_000, maxMs: 30_000 };

/** When the gate is asked next after it gave a certificate of this life, in milliseconds from then. */
export function renewAfterMs(lifetimeMs: number): number {
  return Math.max(BACKOFF.initialMs, Math.min(INTERVAL_MS, lifetimeMs * RENEW_RATIO));
}

/**
 * The chain by which other members know this worker, kept new while the worker has a link to its gate. It is in this process's memory alone:
 * a process that starts asks for another.
 */
export class Attestation {
  readonly #deps: AttestationDeps;
  #chain: AttestedChain | undefined;
  /** On the monotonic clock: the end of the chain, and when the gate is asked next. */
  #endMs = Number.NEGATIVE_INFINITY;
  #dueMs = Number.NEGATIVE_INFINITY;
  #changed = Promise.withResolvers<void>();
  #answered = Promise.withResolvers<void>();
  #hurried = new AbortController();
  /** Tries in a row that the gate did not answer. */
  #failures = 0;

  constructor(deps: AttestationDeps) {
    this.#deps = deps;
  }

  /** The newest chain; `undefined` before the first, after the end of the last, and once the gate has refused the pod. */
  get chain(): AttestedChain | undefined {
    return this.#deps.clock.monotonicMs() < this.#endMs ? this.#chain : undefined;
  }

  /** Resolves once the gate has given a chain or refused one, or after a time in which it did neither. */
  async firstAnswer(patienceMs: number, signal: AbortSignal): Promise<void> {
    const over = new AbortController();
    const { clock } = this.#deps;
    const waited = clock.sleep(patienceMs, AbortSignal.any([signal, over.signal])).catch(() => {});
    await Promise.race([this.#answered.promise, waited]);
    over.abort();
    signal.throwIfAborted();
  }

  /** Resolves once the chain is not `known` any more; rejects when the signal aborts. */
  async otherThan(known: AttestedChain | undefined, signal: AbortSignal): Promise<AttestedChain | undefined> {
    return waitFor(
      () => (this.#chain === known ? undefined : { value: this.#chain }),
      () => this.#changed.promise,
      signal,
    );
  }

  /** Asks for another chain now: the present one was found to be of a key that its member has replaced. */
  hurry(): void {
    this.#dueMs = Number.NEGATIVE_INFINITY;
    this.#hurried.abort();
  }

  /** Keeps the chain new until the signal aborts. A gate that is away or refuses is asked again: rounds without masks need no chain. */
  async keepNew(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.#untilDue(signal);
      if (!signal.aborted) await this.#attest(signal);
    }
  }

  /** The chain's end comes while it is slept: an ended one is none. */
  async #untilDue(signal: AbortSignal): Promise<void> {
    for (;;) {
      const nowMs = this.#nowMs();
      if (nowMs >= this.#endMs) this.#take(undefined, Number.NEGATIVE_INFINITY);
      const restMs = this.#dueMs - nowMs;
      if (restMs <= 0 || signal.aborted) return;
      this.#hurried = new AbortController();
      const endsMs = this.#chain === undefined ? restMs : this.#endMs - nowMs;
      const wake = AbortSignal.any([signal, this.#hurried.signal]);
      await this.#deps.clock.sleep(Math.min(restMs, endsMs), wake).catch(() => {});
    }
  }

  async #attest(signal: AbortSignal): Promise<void> {
    const { attest, readToken, sentBytes } = this.#deps;
    try {
      const request = { token: (await readToken()).trim(), sentBytes: BigInt(sentBytes()) };
      const { chainDer, lifetimeSeconds } = await attest(request, { timeoutMs: CALL_TIMEOUT_MS, signal });
      if (chainDer.length === 0)
        throw new TributaryError("ENROLMENT_REFUSED", "the gate attested without a certificate");
      const lifetimeMs = Number(lifetimeSeconds) * 1000;
      this.#answer([...chainDer], lifetimeMs, renewAfterMs(lifetimeMs));
    } catch (cause) {
      if (!signal.aborted) this.#noteFailure(asTributaryError(cause));
    }
  }

  #noteFailure({ code, message, retryAfterMs = 0 }: TributaryError): void {
    const { log } = this.#deps;
    if (code === "ENROLMENT_REFUSED") {
      log.warn({ code }, `${message}; other members do not know this worker, and no masked round takes it`);
      this.#answer(undefined, 0, INTERVAL_MS);
      return;
    }
    const delayMs = Math.max(retryAfterMs, backoffMs(this.#failures++, BACKOFF, Math.random()));
    this.#dueMs = this.#nowMs() + delayMs;
    log.warn({ code, delayMs }, message);
  }

  /** The gate gave a chain, or refuses the pod, which is asked about again no sooner. */
  #answer(chain: AttestedChain | undefined, lifetimeMs: number, dueInMs: number): void {
    this.#failures = 0;
    this.#dueMs = this.#nowMs() + dueInMs;
    this.#take(chain, this.#nowMs() + lifetimeMs);
    this.#answered.resolve();
  }

  #take(chain: AttestedChain | undefined, endMs: number): void {
    this.#endMs = endMs;
    if (chain === this.#chain) return;
    this.#chain = chain;
    this.#changed.resolve();
    this.#changed = Promise.withResolvers();
  }

  #nowMs(): number {
    return this.#deps.clock.monotonicMs();
  }
}
