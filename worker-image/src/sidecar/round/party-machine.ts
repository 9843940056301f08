import { join } from "node:path";
import {
  type CryptoSuite,
  decodePartyState,
  emptyPartyState,
  encodePartyState,
  equalBytes,
  isMasked,
  type PartyConfig,
  type PartyContext,
  type PartyEffect,
  type PartyEvent,
  type PartyState,
  partyContext,
  stepParty,
} from "@tributary/federated";
import {
  asTributaryError,
  type Disk,
  isStorageError,
  type Logger,
  readFileIfPresent,
  type TributaryError,
  writeFileDurably,
} from "@tributary/kit";
import type { SigningRound } from "./sums-to-sign.ts";

/** An attempt at a round. */
export interface AttemptId {
  readonly round: number;
  readonly attempt: number;
}

/** Effects that the machine leaves to its caller; the rest it does itself. */
export type WorkEffect = Extract<
  PartyEffect,
  { type: "planAccepted" | "maskingReady" | "upload" | "closed" | "refused" }
>;

/** What a machine works with. */
export interface MachineDeps {
  readonly crypto: CryptoSuite;
  readonly config: PartyConfig;
  readonly memoryDirectory: string;
  readonly log: Logger;
  /** Hands a protocol message to the aggregator. */
  readonly send: (to: AttemptId, message: Uint8Array) => Promise<void>;
  /** Told of effects in order; must not wait for work that itself feeds the machine. */
  readonly onEffect: (effect: WorkEffect) => void;
  /**
   * Told when the state could not be written and not for a full or broken volume: nobody knows which one the file holds, and the process
   * must end and read it again.
   */
  readonly onBroken: (error: TributaryError) => void;
  /** The machine's by default. */
  readonly disk?: Disk;
}

/** An event that waits for its turn. */
interface Posted {
  readonly event: PartyEvent;
  readonly resolve: (refusal: string | undefined) => void;
  readonly reject: (cause: unknown) => void;
}

/** Message digest fields start after version and type. */
const DIGEST_START = 2;
const DIGEST_END = 34;

/** The protocol's party with its state in the memory directory: a restarted sidecar goes on where it was. */
export class PartyMachine {
  readonly #deps: MachineDeps;
  readonly #context: PartyContext;
  #state: PartyState;
  #broken: TributaryError | undefined;
  #waiting: Posted[] = [];
  #isBusy = false;

  private constructor(deps: MachineDeps, state: PartyState) {
    this.#deps = deps;
    this.#context = partyContext(deps.crypto, deps.config);
    this.#state = state;
  }

  /** Takes up the kept state, or starts with an empty one. */
  static async open(deps: MachineDeps): Promise<PartyMachine> {
    return new PartyMachine(deps, await readState(deps));
  }

  /** Number of the newest setup that a party took which kept its state there, before a machine is open; 0 for none. */
  static async readLastSetup(place: Pick<MachineDeps, "memoryDirectory" | "disk">): Promise<number> {
    return lastSetupOf(await readState(place));
  }

  /** Number of the newest setup that the party took; 0 for none. */
  get lastSetup(): number {
    return lastSetupOf(this.#state);
  }

  /** The private seed of an open round, from which its random choices are derived; `undefined` when it is not open. */
  seedOf(planDigest: Uint8Array): Uint8Array | undefined {
    return this.#state.rounds.find(({ plan }) => plan !== null && equalBytes(plan.digest, planDigest))?.seed;
  }

  /**
   * Digest of the start on which survivors are signed: of the newest open round whose plan was accepted, and for a masked one of the newest
   * that was ever accepted, since a round that is older may still be open when the newest is over.
   */
  get presentStart(): Uint8Array | null {
    const newest = this.#state.rounds.findLast(({ plan }) => plan !== null);
    if (newest === undefined) return null;
    return isMasked(newest.setup) ? this.#state.history.model : newest.plan!.plan.modelSha256;
  }

  /** Whether a setup was taken and its round is not over: who is in it was verified then, whatever has become of certificates since. */
  isOpen(setupDigest: Uint8Array): boolean {
    return this.#state.rounds.some((round) => equalBytes(round.setupDigest, setupDigest));
  }

  /** Whether the round of a setup that was taken has its plan, and is not over. */
  isStarted(setupDigest: Uint8Array): boolean {
    return this.#state.rounds.some((round) => round.plan !== null && equalBytes(round.setupDigest, setupDigest));
  }

  /** Digest of the setup of an open attempt; `undefined` when it is not open. */
  setupOf({ round, attempt }: AttemptId): Uint8Array | undefined {
    return this.#state.rounds.find(({ setup }) => setup.round === round && setup.attempt === attempt)?.setupDigest;
  }

  /** Whose data the parties of an open round train on, and the survivors that were signed in it; `undefined` when it is not open. */
  signingOf(planDigest: Uint8Array): SigningRound | undefined {
    const round = this.#state.rounds.find(({ plan }) => plan !== null && equalBytes(plan.digest, planDigest));
    if (round === undefined) return undefined;
    const signed = round.setup.segments.flatMap(({ id: segment }, index) => {
      const { bitmap } = round.progress[index]!;
      return bitmap === null ? [] : [{ segment, bitmap }];
    });
    return { dataNames: round.dataNames, signed };
  }

  /** Whether the machine would refuse a message of the aggregator's as it stands now; nothing is done. */
  wouldRefuse(message: Uint8Array): boolean {
    const { effects } = stepParty(this.#context, this.#state, { type: "receive", message });
    return effects.some(({ type }) => type === "refused");
  }

  /** The digest that was recorded for a segment of an open round, before its first byte was sent. */
  recordedSha256(planDigest: Uint8Array, segment: number): Uint8Array | null {
    const round = this.#state.rounds.find(({ plan }) => plan !== null && equalBytes(plan.digest, planDigest));
    const index = round?.setup.segments.findIndex(({ id }) => id === segment) ?? -1;
    return round?.progress[index]?.plainSha256 ?? null;
  }

  /**
   * Gives the machine an event and does what it answers, after everything that was given before. Events that wait together become durable
   * together.
   *
   * @returns why the machine refused the event, its name first; `undefined` when it did not.
   */
  post(event: PartyEvent): Promise<string | undefined> {
    const { promise: done, resolve, reject } = Promise.withResolvers<string | undefined>();
    this.#waiting.push({ event, resolve, reject });
    if (!this.#isBusy) {
      this.#isBusy = true;
      queueMicrotask(() => void this.#runWaiting());
    }
    return done;
  }

  async #runWaiting(): Promise<void> {
    while (this.#waiting.length > 0) await this.#runTogether(this.#waiting.splice(0));
    this.#isBusy = false;
  }

  /** What is remembered follows what is durable, and what leaves follows both: events whose state could not be written have not happened. */
  async #runTogether(posted: readonly Posted[]): Promise<void> {
    try {
      if (this.#broken !== undefined) throw this.#broken;
      const { state, steps } = this.#stepAll(posted);
      if (steps.some(({ effects }) => effects.some(({ type }) => type === "persist"))) await this.#persist(state);
      this.#state = state;
      await Promise.all(steps.map((step) => this.#performAll(step)));
    } catch (cause) {
      for (const { reject } of posted) reject(cause);
    }
  }

  #stepAll(posted: readonly Posted[]) {
    let state = this.#state;
    const steps = posted.flatMap(({ event, ...done }) => {
      try {
        const step = stepParty(this.#context, state, event);
        state = step.state;
        return [{ ...done, effects: step.effects }];
      } catch (cause) {
        done.reject(cause);
        return [];
      }
    });
    return { state, steps };
  }

  async #performAll({ effects, resolve, reject }: Omit<Posted, "event"> & { effects: readonly PartyEffect[] }) {
    try {
      await Promise.all(effects.filter((effect) => effect.type !== "persist").map((effect) => this.#perform(effect)));
      const refused = effects.find((effect) => effect.type === "refused")?.refusal;
      resolve(refused && `${refused.reason}: ${refused.detail}`);
    } catch (cause) {
      reject(cause);
    }
  }

  async #persist(state: PartyState): Promise<void> {
    try {
      await writeFileDurably(statePath(this.#deps), encodePartyState(state), 0o600, this.#deps.disk);
    } catch (cause) {
      if (isStorageError(cause)) throw cause;
      this.#broken = asTributaryError(cause);
      this.#deps.onBroken(this.#broken);
      throw this.#broken;
    }
  }

  /** Begins an effect before it returns; what is sent is under way until it resolves. */
  async #perform(effect: Exclude<PartyEffect, { type: "persist" }>): Promise<void> {
    const { log, send, onEffect } = this.#deps;
    switch (effect.type) {
      case "send": {
        const to = this.#attemptOf(effect.message);
        // What is not delivered is said again when the link is back: the aggregator asks for it.
        if (to !== undefined)
          await send(to, effect.message).catch((err: unknown) => log.warn({ ...to, err }, "message not delivered"));
        return;
      }
      case "shareUnreadable":
        return log.warn({ sender: effect.sender }, "a sealed share does not open");
      case "sumLost": {
        const { round, attempt } = effect;
        return log.warn({ round, attempt }, "too many announced sums wait for a result; shares of the oldest are gone");
      }
      case "refused":
        log.warn({ ...effect.refusal }, "a step of the protocol was refused");
        return onEffect(effect);
      default:
        return onEffect(effect);
    }
  }

  /** The attempt that an own message belongs to, by the digest that it carries. */
  #attemptOf(message: Uint8Array): AttemptId | undefined {
    const digest = message.subarray(DIGEST_START, DIGEST_END);
    const round = this.#state.rounds.find(
      ({ setupDigest, plan }) => equalBytes(setupDigest, digest) || (plan !== null && equalBytes(plan.digest, digest)),
    );
    return round === undefined ? undefined : { round: round.setup.round, attempt: round.setup.attempt };
  }
}

async function readState(place: Pick<MachineDeps, "memoryDirectory" | "disk">): Promise<PartyState> {
  const bytes = await readFileIfPresent(statePath(place), place.disk);
  return bytes === undefined ? emptyPartyState() : decodePartyState(bytes);
}

function lastSetupOf({ history }: PartyState): number {
  return history.lastRound?.round ?? 0;
}

function statePath({ memoryDirectory }: Pick<MachineDeps, "memoryDirectory">): string {
  return join(memoryDirectory, "party.bin");
}
