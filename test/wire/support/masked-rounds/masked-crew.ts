import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { freePorts } from "@tributary/clouds";
import type { MessageType } from "@tributary/federated";
import { until } from "../../../support/until.ts";
import type { WireMembers } from "../members/wire-members.ts";
import { PartyRelay, type RelayHooks } from "../party-relay/party-relay.ts";
import { CENTRE, RANDOM_SEED_VARIABLE } from "../random-trainer/random-update.ts";
import type { PemIdentity } from "../test-authority.ts";
import { WireJob, type WireWorker } from "../wire-job.ts";
import type { SummedLine, WorkerName } from "./expected-line.ts";

/** What a crew works on. */
export interface CrewOptions {
  /** Workers of each member. */
  readonly workers: readonly number[];
  readonly values: number;
  /** Of the vectors. */
  readonly seed: string;
  /** Whether the last seat is left to a party that is no sidecar of ours. */
  readonly isLastSeatFree?: boolean;
  /** Whether keys of the next round are exchanged while one is in work, which is so by default. */
  readonly earlyKeys?: boolean;
  /** Watches what passes between a worker, by its place, and the aggregator. */
  readonly hooks?: (worker: number) => RelayHooks;
}

/** A message that a worker does not get to say: its sidecar is killed in its place. */
interface Death {
  readonly type: MessageType;
  /** How many of the type are left until then. */
  left: number;
  readonly died: () => void;
  /** Resolves once the sidecar is gone, when it is being killed. */
  kill?: Promise<void>;
}

/** What a sidecar says once it is in the job. */
const JOINED = "joined the job";
/** Time that workers get to start or come back on a busy machine. */
const START_MS = 120_000;
const COMMIT_MS = 300_000;

/** A masked job of members with real gates, whose trainers report vectors that a test can tell, and whose sidecars can be killed at any message. */
export class MaskedCrew {
  readonly job: WireJob;
  readonly #options: CrewOptions;
  readonly #seats: Record<string, string>[] = [];
  readonly #relays: PartyRelay[] = [];
  readonly #deaths = new Map<number, Death>();

  private constructor(job: WireJob, options: CrewOptions) {
    this.job = job;
    this.#options = options;
  }

  /** Starts aggregator and workers; resolves once all have joined, each with its trainer. */
  static async start(members: WireMembers, options: CrewOptions): Promise<MaskedCrew> {
    const { workers, values, earlyKeys = true } = options;
    const secureAggregation = { protocol: "Masking", minOrganisations: 2, earlyKeys };
    const job = await WireJob.create({
      ...{ workers, values, initialValue: CENTRE, trainer: "random-trainer", gateCaPems: members.caPems },
      jobConfig: () => ({ secureAggregation }),
    });
    const crew = new MaskedCrew(job, options);
    try {
      await job.startAggregator();
      const places = workers.flatMap((count, member) => Array.from({ length: count }, (_, index) => [member, index]));
      if (options.isLastSeatFree) places.pop();
      const seats = await Promise.all(places.map(([member, index]) => members.seat(member!, index!)));
      for (const [place, [member, index]] of places.entries())
        await crew.#enter({ member: member!, index: index!, caPem: members.caPems[member!]! }, seats[place]!);
      const hasTrainer = (worker: number) => crew.#untilSaid(worker, "trainer registers");
      await Promise.all(job.workers.flatMap((_, worker) => [crew.#untilSaid(worker, JOINED), hasTrainer(worker)]));
      return crew;
    } catch (error) {
      await crew.destroy();
      throw error;
    }
  }

  /** The workers by their party ids, as they were told when they joined. */
  get parties(): ReadonlyMap<number, WorkerName> {
    return new Map(this.job.workers.map((worker, place) => [this.partyOf(place), nameOf(worker)]));
  }

  /** Party id of a worker. */
  partyOf(worker: number): number {
    const joined = this.job.workers[worker]!.sidecar.lines.find(({ msg }) => msg === JOINED);
    return Number(joined?.party);
  }

  /** What stands between a worker and the aggregator. */
  relay(worker: number): PartyRelay {
    return this.#relays[worker]!;
  }

  /**
   * Opens a round in which sidecars are killed in the place of their next message of a type, or of a later one; resolves once it is committed or
   * all are dead.
   *
   * @returns the workers that are dead: one that is late on a busy machine may have nothing more to say in the round.
   */
  async loseIn(
    window: Parameters<WireJob["openWindow"]>[0],
    workers: readonly number[],
    type: MessageType,
    nth = 1,
  ): Promise<readonly number[]> {
    const died = Promise.all(workers.map((worker) => this.#dieAt(worker, type, nth)));
    await this.job.openWindow(window);
    await Promise.race([died, this.job.untilCommitted(window.through + 1, COMMIT_MS)]);
    // The others may have committed the round while one was still dying.
    await Promise.all(workers.map((worker) => this.#deaths.get(worker)?.kill));
    for (const worker of workers) this.#deaths.delete(worker);
    return workers.filter((worker) => !this.job.workers[worker]!.sidecar.isRunning);
  }

  /** Waits for a number of committed rounds, as long as it takes on a busy machine. */
  async untilCommitted(rounds: number): Promise<void> {
    await this.job.untilCommitted(rounds, COMMIT_MS);
  }

  /** Has a worker's sidecar killed in the place of a message; resolves when it is dead. */
  #dieAt(worker: number, type: MessageType, nth: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#deaths.set(worker, { type, left: nth, died: resolve });
    return promise;
  }

  /** Starts the sidecar of a worker again, with what it left; resolves once it has joined. Its trainer need not register anew. */
  async revive(worker: number): Promise<void> {
    const entry = this.job.workers[worker]!;
    entry.sidecar = await this.job.startSidecar(entry, this.#seats[worker]);
    await this.#untilSaid(worker, JOINED);
  }

  /** A line of the ledger. */
  async line(round: number): Promise<SummedLine> {
    const path = join(this.job.dataDirectory, "rounds", String(round).padStart(6, "0"), "line.json");
    return JSON.parse(await readFile(path, "utf8")) as SummedLine;
  }

  /** What sidecars and gates refused; words that only came late are none of it. */
  async refusals(): Promise<string[]> {
    const log = await readFile(this.job.logPath, "utf8");
    return log.split("\n").filter((line) => /_REFUSED|DIFFERENCE_OF_JOBS/u.test(line));
  }

  /** Ends everything. */
  async destroy(): Promise<void> {
    await this.job.destroy();
    await Promise.all(this.#relays.map((relay) => relay.close()));
  }

  async #enter(
    { member, index, caPem }: { readonly member: number; readonly index: number; readonly caPem: string },
    seat: Record<string, string>,
  ): Promise<void> {
    const { job } = this;
    const place = job.workers.length;
    const directory = Promise.withResolvers<string>();
    const [controlPort] = await freePorts(1);
    const { aggregator } = await job.identities(member);
    const worker = async () => readIdentity(await directory.promise);
    const options = { aggregator, worker, upstream: job.links, workerCaPem: caPem, hooks: this.#hooksOf(place) };
    this.#relays.push(await PartyRelay.start(options, controlPort!));
    job.reachBy({ controlPort: controlPort!, tensorPort: job.ports.tensorPort });
    const env = { ...seat, [RANDOM_SEED_VARIABLE]: this.#options.seed };
    this.#seats.push(env);
    directory.resolve((await job.addWorker(member, index, env)).directory);
  }

  #hooksOf(worker: number): RelayHooks {
    const watched = this.#options.hooks?.(worker) ?? {};
    return {
      ...watched,
      onSend: async (request, message) => {
        if (await this.#isLast(worker, message)) return false;
        return (await watched.onSend?.(request, message)) ?? true;
      },
    };
  }

  /** Kills the sidecar when this is the message that it does not get to say. */
  async #isLast(worker: number, message: Uint8Array): Promise<boolean> {
    const death = this.#deaths.get(worker);
    if (death === undefined || message[1] !== death.type || --death.left > 0) return false;
    death.kill = this.job.workers[worker]!.sidecar.kill();
    await death.kill;
    this.#deaths.delete(worker);
    death.died();
    return true;
  }

  async #untilSaid(worker: number, text: string): Promise<void> {
    const { sidecar } = this.job.workers[worker]!;
    await until(`worker ${worker} says: ${text}`, () => sidecar.lines.some(({ msg }) => msg === text), START_MS);
  }
}

function nameOf({ participant, index }: WireWorker): WorkerName {
  return { participant, workerIndex: index };
}

/** The identity that a sidecar got from its gate. */
async function readIdentity(directory: string): Promise<PemIdentity> {
  const read = (name: string) => readFile(join(directory, "memory", name), "utf8");
  return until("the worker is enrolled", async () => {
    const { certificatePem } = JSON.parse(await read("identity.json")) as { readonly certificatePem: string };
    return { certificatePem, keyPem: await read("identity.key") };
  });
}
