import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { create } from "@bufbuild/protobuf";
import { partyV1 } from "@tributary/contracts";
import { decodeMessage, encodePlan, encodeSetup, type Message, MessageType, toHex } from "@tributary/federated";
import { readEd25519Identity } from "../../../worker-image/src/shared/identity/certificates.ts";
import { volumePaths } from "../../../worker-image/src/sidecar/round/volume-paths.ts";
import type { MaskedCrew } from "../../wire/support/masked-rounds/masked-crew.ts";
import type { RelayHooks } from "../../wire/support/party-relay/party-relay.ts";
import type { PythonReference, ReferenceAnswer } from "../python-reference.ts";

/** Messages of which there is one way to say them: both aggregators must say the same bytes. */
const CANONICAL: ReadonlySet<number> = new Set([
  MessageType.Setup,
  MessageType.Plan,
  MessageType.KeyList,
  MessageType.ShareDelivery,
  MessageType.Result,
]);

/** A round that Python leads. */
interface LedRound {
  readonly round: number;
  readonly attempt: number;
  readonly setup: Uint8Array;
  /** Set once Python is told of setup and plan; resolves when it has them. */
  begun: Promise<void> | undefined;
  readonly ready: PromiseWithResolvers<void>;
  /** Resolves once Python has said the result. */
  readonly done: PromiseWithResolvers<void>;
  isDone: boolean;
  opened: ReferenceAnswer["opened"];
}

/** A word of Python's for a worker. */
interface HeldMessage {
  readonly led: LedRound;
  readonly worker: number;
  readonly value: Uint8Array;
}

/**
 * Python in the place of the aggregator's machine: sidecars hear its words of the protocol and not those of the aggregator that is
 * there, which is told all that they say, and so comes to the same sum by itself. A word of Python's waits until the other has said
 * the same: it syncs its sums before it announces them, and an answer to what it has not asked yet would be lost to it.
 */
export class PythonAggregator {
  /** Canonical messages that the two aggregators said otherwise, in words. */
  readonly differences: string[] = [];
  /** Canonical messages that they said alike. */
  alike = 0;
  readonly #python: PythonReference;
  #crew: MaskedCrew | undefined;
  readonly #rounds: LedRound[] = [];
  /** What the first of the two said, until the other has: by round, party and type. */
  readonly #said = new Map<string, string>();
  /** What the aggregator that is there has said, by round, worker, type and segment. */
  readonly #announced = new Set<string>();
  /** What Python has said and a worker has not heard yet, in its order. */
  readonly #held: HeldMessage[] = [];

  constructor(python: PythonReference) {
    this.#python = python;
  }

  /** The crew whose relays it speaks by. */
  lead(crew: MaskedCrew): void {
    this.#crew = crew;
  }

  /** The sums that Python opened, round by round, by segment. */
  get opened(): readonly ReferenceAnswer["opened"][] {
    const last = new Map(this.#rounds.map(({ round, opened }) => [round, opened]));
    return [...last.values()];
  }

  /** What it does between a worker and the aggregator. */
  hooks(worker: number): RelayHooks {
    return {
      onSent: (request, message) => this.#hear(worker, request, message),
      onReceive: (response) => this.#relay(worker, response),
    };
  }

  async #relay(worker: number, response: partyV1.ReceiveResponse): Promise<partyV1.ReceiveResponse | undefined> {
    const { message, round, attempt } = response;
    if (message.case === "opened") this.#open({ round, attempt }, message.value.setup);
    const led = this.#ledAt(round, attempt);
    if (led === undefined) return response;
    if (message.case === "started") {
      this.#compare(led, worker, led.setup);
      this.#compare(led, worker, message.value.plan);
      led.begun ??= this.#begin(led, message.value.plan);
      await led.begun;
    }
    if (message.case === "secagg") {
      this.#compare(led, worker, message.value);
      for (const key of wordsOf(led, worker, message.value)) this.#announced.add(key);
      this.#pass(worker);
      return undefined;
    }
    // The aggregator has opened its sum when Python may still wait for an answer.
    if (message.case === "closed") await led.done.promise;
    return response;
  }

  #open(at: Pick<LedRound, "round" | "attempt">, setup: Uint8Array): void {
    if (this.#ledAt(at.round, at.attempt) !== undefined) return;
    const [ready, done] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    this.#rounds.push({ ...at, setup, begun: undefined, ready, done, isDone: false, opened: undefined });
  }

  async #begin(led: LedRound, plan: Uint8Array): Promise<void> {
    const [setup, planned] = [decodeMessage(led.setup), decodeMessage(plan)];
    if (setup.type !== MessageType.Setup || planned.type !== MessageType.Plan) throw new Error("no setup, or no plan");
    const { aggregator } = await this.#crew!.job.identities(0);
    const secret = toHex(readEd25519Identity("the aggregator's key", aggregator.keyPem).secretKey);
    const papers = { setup: toHex(encodeSetup(setup.setup)), plan: toHex(encodePlan(planned.plan)) };
    this.#say(led, await this.#python.ask({ do: "aggregate", secret, ...papers }));
    led.ready.resolve();
  }

  /** Tells Python what a sidecar said, and sidecars what Python answers. What comes after the result is of no use to it. */
  async #hear(worker: number, { round, attempt }: partyV1.SendRequest, message: Uint8Array): Promise<void> {
    const led = this.#ledAt(round, attempt);
    await led?.ready.promise;
    if (led === undefined || led.isDone) return;
    const id = this.#crew!.partyOf(worker);
    const stored = await this.#storedBy(worker, message);
    if (stored !== undefined) await this.#python.ask({ do: "stored", id, ...stored });
    if (led.isDone) return;
    this.#say(led, await this.#python.ask({ do: "toAggregator", id, message: toHex(message) }));
  }

  /** The masked bytes that a sidecar sent over the tensor wire before it said so: the file that it sent. */
  async #storedBy(worker: number, message: Uint8Array): Promise<{ segment: number; bytes: string } | undefined> {
    const said = decodeMessage(message);
    if (said.type !== MessageType.MaskedInput) return undefined;
    const { directory } = this.#crew!.job.workers[worker]!;
    const path = join(directory, "volume", volumePaths.segment(said.planDigest, said.segment));
    return { segment: said.segment, bytes: toHex(await readFile(path)) };
  }

  #say(led: LedRound, { sends = [], opened }: ReferenceAnswer): void {
    led.opened = opened;
    for (const [party, hex] of sends) {
      const value = new Uint8Array(Buffer.from(hex, "hex"));
      const worker = this.#crew!.job.workers.findIndex((_, place) => this.#crew!.partyOf(place) === party);
      this.#compare(led, worker, value);
      // Setup and plan come with terms and start, which are the aggregator's.
      if (value[1] === MessageType.Setup || value[1] === MessageType.Plan) continue;
      if (value[1] === MessageType.Result) led.isDone = true;
      this.#held.push({ led, worker, value });
      this.#pass(worker);
    }
  }

  /** Tells a worker what was held for it, as far as the aggregator that is there has come. */
  #pass(worker: number): void {
    for (;;) {
      const next = this.#held.findIndex((held) => held.worker === worker);
      const held = this.#held[next];
      if (held === undefined || wordsOf(held.led, worker, held.value).some((key) => !this.#announced.has(key))) return;
      this.#held.splice(next, 1);
      const { led, value } = held;
      const { round, attempt } = led;
      const message = { case: "secagg" as const, value };
      this.#crew!.relay(worker).say(create(partyV1.ReceiveResponseSchema, { round, attempt, message }));
      if (value[1] === MessageType.Result) led.done.resolve();
    }
  }

  #ledAt(round: number, attempt: number): LedRound | undefined {
    return this.#rounds.find((one) => one.round === round && one.attempt === attempt);
  }

  /** Keeps what one of the two aggregators said until the other has, and then compares. */
  #compare({ round, attempt }: LedRound, worker: number, message: Uint8Array): void {
    const type = message[1]!;
    if (!CANONICAL.has(type)) return;
    const key = JSON.stringify([round, attempt, worker, type]);
    const [first, now] = [this.#said.get(key), toHex(message)];
    this.#said.set(key, now);
    if (first === undefined) return;
    if (first === now) this.alike += 1;
    else this.differences.push(`message ${type} of round ${round} to worker ${worker}: ${first}, and ${now}`);
  }
}

/** What a message says to a worker, each segment by itself: the two aggregators may put segments together otherwise. */
function wordsOf({ round, attempt }: LedRound, worker: number, value: Uint8Array): string[] {
  const message = decodeMessage(value);
  const segments = segmentsOf(message) ?? [null];
  return segments.map((segment) => JSON.stringify([round, attempt, worker, message.type, segment]));
}

function segmentsOf(message: Message): readonly number[] | undefined {
  if (message.type === MessageType.SurvivorBitmaps) return message.bitmaps.map(({ segment }) => segment);
  if (message.type === MessageType.UnmaskRequest) return message.segments.map(({ segment }) => segment);
  return undefined;
}
