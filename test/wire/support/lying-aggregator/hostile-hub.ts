import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { create } from "@bufbuild/protobuf";
import { freePorts } from "@tributary/clouds";
import { partyV1 } from "@tributary/contracts";
import { type AggregatorContext, decodeMessage, encodeMessage, type Message } from "@tributary/federated";
import { until } from "../../../support/until.ts";
import type { WireMembers } from "../members/wire-members.ts";
import type { PemIdentity } from "../test-authority.ts";
import type { WireJob, WireWorker } from "../wire-job.ts";
import { type Lie, signerOf, tellOpened, tellStarted } from "./lie.ts";
import { Relay } from "./relay.ts";

/** Where a message of a masked round belongs. */
export interface AttemptId {
  readonly round: number;
  readonly attempt: number;
}

/** What the hub says otherwise to one worker of a masked job; all of it can be undone, all else is the true aggregator's. */
export interface MaskedLie {
  /** Of what a round is, signed anew. */
  readonly opening?: Lie;
  /** Of what it starts from, signed anew. */
  readonly start?: Lie;
  /** What is said in place of a message of the masking protocol. */
  readonly speech?: (message: Message, of: AttemptId) => readonly Message[];
  /** What is said after each message that the worker is told. */
  readonly also?: (told: partyV1.ReceiveResponse) => readonly partyV1.ReceiveResponse[];
  /** What the aggregator does not get to hear. */
  readonly deaf?: (message: Message) => boolean;
}

/** A message of the masking protocol that a worker sent. */
export interface Heard extends AttemptId {
  readonly message: Message;
  readonly bytes: Uint8Array;
}

/** One worker as a hostile hub sees it. */
export class HubSeat {
  lie: MaskedLie = {};
  /** Everything of the masking protocol that left the worker. */
  readonly heard: Heard[] = [];
  /** What the worker said that it cannot do. */
  readonly failures: (AttemptId & { readonly code: string; readonly message: string })[] = [];
  /** The round that it was told of last, as it was told. */
  opened: (AttemptId & { readonly told: partyV1.RoundOpened }) | undefined;
  /** The openings and starts that it was told, as they came to it. */
  readonly told: partyV1.ReceiveResponse[] = [];
  worker: WireWorker | undefined;
  relay!: Relay;

  /** Names of what left the worker since some message, by type. */
  typesSince(mark: number): number[] {
    return this.heard.slice(mark).map(({ message }) => message.type);
  }

  /** Waits for a message of some type in the round that the worker was told of last. */
  async untilHeard<T extends Message["type"]>(type: T): Promise<Heard & { message: Extract<Message, { type: T }> }> {
    const found = await until(`a message of type ${type}`, () =>
      this.heard.findLast(({ message, round }) => message.type === type && round === this.opened?.round),
    );
    return found as Heard & { message: Extract<Message, { type: T }> };
  }

  /** Says something of the masking protocol, in the round that the worker was told of last. */
  say(message: Message): void {
    const { round, attempt } = this.opened!;
    this.relay.say(
      create(partyV1.ReceiveResponseSchema, {
        ...{ sequence: 1n, round, attempt },
        message: { case: "secagg", value: encodeMessage(message) },
      }),
    );
  }

  /** What its sidecar said that it refused of the protocol, by name. */
  refusals(): string[] {
    return this.worker!.sidecar.lines.flatMap(({ msg, reason, detail }) =>
      msg === "a step of the protocol was refused" ? [`${String(reason)}: ${String(detail)}`] : [],
    );
  }
}

/**
 * A hub that holds the aggregator's key and sits on every wire of a masked job: the true aggregator behind it, what it says otherwise signed
 * with that one's key. Gates, sidecars and trainers are real.
 */
export class HostileHub {
  readonly seats: HubSeat[] = [];
  readonly #job: WireJob;
  readonly #members: WireMembers;
  readonly #aggregator: PemIdentity;
  /** What signs as the aggregator does. */
  readonly signer: AggregatorContext;

  private constructor(job: WireJob, members: WireMembers, aggregator: PemIdentity) {
    this.#job = job;
    this.#members = members;
    this.#aggregator = aggregator;
    this.signer = signerOf(aggregator);
  }

  /** A hub of a job whose aggregator's files are written. */
  static async of(job: WireJob, members: WireMembers): Promise<HostileHub> {
    return new HostileHub(job, members, (await job.identities(0)).aggregator);
  }

  /** Starts a worker that has this hub for its aggregator. */
  async addWorker(member: number, index: number): Promise<HubSeat> {
    const seat = new HubSeat();
    const [controlPort] = await freePorts(1);
    const aggregator = this.#aggregator;
    const upstream = this.#job.links;
    const { tensorPort } = this.#job.ports;
    seat.relay = await Relay.start(
      {
        ...{ aggregator, upstream, workerCaPem: this.#members.caPems[member]! },
        // It stands for the true aggregator, which talks with whoever has the worker's certificate.
        worker: async () => identityOf(await until("the worker is started", () => seat.worker)),
        voice: {
          tell: (message) => this.#tell(seat, message),
          hear: (message) => hear(seat, message),
        },
      },
      controlPort!,
    );
    const env = await this.#members.seat(member, index);
    this.#job.reachBy({ controlPort: controlPort!, tensorPort });
    seat.worker = await this.#job.addWorker(member, index, env);
    this.#job.reachBy(this.#job.ports);
    this.seats.push(seat);
    return seat;
  }

  async close(): Promise<void> {
    await Promise.all(this.seats.map(({ relay }) => relay.close()));
  }

  #tell(seat: HubSeat, response: partyV1.ReceiveResponse): readonly partyV1.ReceiveResponse[] {
    const honest = this.#said(seat, response);
    const said = honest.flatMap((message) => [message, ...(seat.lie.also?.(message) ?? [])]);
    seat.told.push(...said.filter(({ message }) => message.case === "opened" || message.case === "started"));
    return said;
  }

  #said(seat: HubSeat, response: partyV1.ReceiveResponse): readonly partyV1.ReceiveResponse[] {
    const { message, round, attempt } = response;
    const { lie, opened } = seat;
    if (message.case === "opened") {
      const told = lie.opening === undefined ? message.value : tellOpened(lie.opening, this.signer, message.value);
      seat.opened = { round, attempt, told };
      return [{ ...response, message: { case: "opened", value: told } }];
    }
    if (message.case === "started" && lie.start !== undefined && opened?.round === round) {
      const value = tellStarted(lie.start, this.signer, { opened: opened.told, started: message.value });
      return [{ ...response, message: { case: "started", value } }];
    }
    if (message.case !== "secagg" || lie.speech === undefined) return [response];
    return lie.speech(decodeMessage(message.value), { round, attempt }).map((value) => ({
      ...response,
      message: { case: "secagg", value: encodeMessage(value) },
    }));
  }
}

function hear(seat: HubSeat, { message, round, attempt }: partyV1.SendRequest): boolean {
  if (message.case === "failure") seat.failures.push({ round, attempt, ...message.value });
  if (message.case !== "secagg") return true;
  const heard = decodeMessage(message.value);
  seat.heard.push({ round, attempt, message: heard, bytes: message.value });
  return seat.lie.deaf?.(heard) !== true;
}

/** What the worker enrolled with, which lies in its pod's memory. */
async function identityOf({ directory }: WireWorker): Promise<PemIdentity> {
  const memory = join(directory, "memory");
  const kept = JSON.parse(await readFile(join(memory, "identity.json"), "utf8")) as PemIdentity;
  return { certificatePem: kept.certificatePem, keyPem: await readFile(join(memory, "identity.key"), "utf8") };
}
