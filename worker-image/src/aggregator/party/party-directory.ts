import { isDeepStrictEqual } from "node:util";
import type { partyV1 } from "@tributary/contracts";
import { equalBytes, toHex } from "@tributary/federated";
import { type ErrorCode, TributaryError } from "@tributary/kit";
import type { RegisteredTrainer } from "../../shared/trainer/registered-trainer.ts";
import type { AttestedChain } from "./attested-chain.ts";
import { MessageQueue } from "./message-queue.ts";
import { isSameKey, mayReplace, requireSeated, seatLost } from "./seat-claim.ts";
import { type Fitness, fitnessOf } from "./seat-fitness.ts";
import type { Seat, SeatHolder, Seats } from "./seats.ts";

/** What a party is sent. */
export type PartyMessage = partyV1.ReceiveResponse["message"] & { readonly case: string };
/** A message with the attempt that it belongs to. */
export interface AddressedMessage {
  readonly round: number;
  readonly attempt: number;
  readonly message: PartyMessage;
}

/** Why a party does not take part, for people. */
export interface PartyProblem {
  readonly code: ErrorCode;
  readonly message: string;
}

/** A seat and what is known of its worker. */
export interface PartyEntry {
  readonly seat: Seat;
  /** The worker that joined last. */
  readonly holder: SeatHolder | undefined;
  /** Milliseconds since it was heard. */
  readonly heardAgoMs: number;
  /** How far its clock is ahead of this machine's, as it measured; 0 before it listens. */
  readonly clockOffsetMs: number;
  /** Number of the newest setup that it says it took when it joined; 0 for none. */
  readonly lastSetup: number;
  readonly isConnected: boolean;
  /** Its trainer, as it joined with it; absent before one has registered. */
  readonly trainer: RegisteredTrainer | undefined;
  /** The chain by which other members' workers know it, while it is fresh; absent before there is one. */
  readonly attested: AttestedChain | undefined;
  /** Milliseconds since its chain came: it is as old as that at least. */
  readonly attestedAgoMs: number;
  /** Whether it stays in the round that has started while the next one is opened. */
  readonly opensBeside: boolean;
  /** Milliseconds since it first listened. */
  readonly registeringMs: number;
  /** Whether a round can be opened with it. */
  readonly fitness: Fitness;
  /** What makes it unfit, else what was last told of it. */
  readonly problem: PartyProblem | undefined;
}

/** A request of a seat's worker beside its stream. */
export interface Visit {
  /** Aborts with IDENTITY_REJECTED once another worker takes the seat: what the request does must end. */
  readonly signal: AbortSignal;
  /** The request is over. */
  end(): void;
}

/** What a worker says of itself when it joins, besides its trainer. */
export interface JoiningParty {
  /** Number of the newest setup that it took; 0, or left out, for none. */
  readonly lastSetup?: number;
  /** The chain by which other members' workers know it, where it has one. */
  readonly attested?: AttestedChain | undefined;
  /** Whether it stays in the round that has started while the next one is opened; left out, it does not. */
  readonly opensBeside?: boolean;
}

interface Entry {
  readonly seat: Seat;
  holder: SeatHolder | undefined;
  trainer: RegisteredTrainer | undefined;
  attested: AttestedChain | undefined;
  /** When the chain came: it is as old as that at least, whatever clocks say. */
  attestedMs: number;
  /** When the holder first listened, before it had told of a trainer; nothing that it says later gives it more time. */
  listeningMs: number | undefined;
  /** Aborts when the holder's time on the seat is over. */
  tenure: AbortController;
  /** Requests of the holder that are under way beside its stream. */
  visits: number;
  /** When the holder was last there: it was heard, or a stream or a request of it ended. */
  presentMs: number;
  lastHeardMs: number;
  clockOffsetMs: number;
  lastSetup: number;
  opensBeside: boolean;
  stream: MessageQueue<AddressedMessage> | undefined;
  problem: PartyProblem | undefined;
  /** Keys of workers that were replaced on the seat, the newest last. */
  readonly replaced: string[];
}

/** Keys that are remembered of a seat. */
const MAX_REPLACED = 16;
/** Most that waits for one party: a worker that reads is never a round's messages behind. Two openings of the largest job fit. */
const QUEUE_BOUNDS = { items: 1024, bytes: 16 * 2 ** 20, sizeOf: sizeOfMessage };

/** A chain lives five minutes and a worker sends another one every two: one that came so long ago has a minute left for the round's opening. */
export const CHAIN_FRESH_MS = 240_000;

/** Told when parties come, go or are replaced. */
export interface PartyObserver {
  /** A party opened its stream: say to it again what is open. */
  connected(partyId: number): void;
  /** Another worker, with another key, took the seat. */
  replaced(partyId: number): void;
  /** Something that the state shows has changed. */
  changed(): void;
}

/** The workers on the job's seats: who joined, who listens, who was heard when. */
export class PartyDirectory {
  readonly #entries: ReadonlyMap<number, Entry>;
  readonly #monotonicMs: () => number;
  readonly #isMasked: boolean;
  #refused = 0;
  observer: PartyObserver = { connected() {}, replaced() {}, changed() {} };

  /** @param isMasked whether rounds are opened only with workers that other members' workers know. */
  constructor(seats: Seats, monotonicMs: () => number, isMasked = false) {
    this.#monotonicMs = monotonicMs;
    this.#isMasked = isMasked;
    const startedMs = monotonicMs();
    this.#entries = new Map(
      seats.all.map((seat) => [
        seat.partyId,
        {
          seat,
          holder: undefined,
          trainer: undefined,
          attested: undefined,
          attestedMs: startedMs,
          listeningMs: undefined,
          tenure: new AbortController(),
          visits: 0,
          presentMs: startedMs,
          lastHeardMs: startedMs,
          clockOffsetMs: 0,
          lastSetup: 0,
          opensBeside: false,
          stream: undefined,
          problem: undefined,
          replaced: [],
        },
      ]),
    );
  }

  /** Every seat with what is known of it, by party id. */
  list(): PartyEntry[] {
    const nowMs = this.#monotonicMs();
    return [...this.#entries.values()].map((entry) => {
      const { seat, holder, trainer, clockOffsetMs, lastSetup, opensBeside, stream, problem, ...times } = entry;
      const heardAgoMs = Math.round(nowMs - times.lastHeardMs);
      const registeringMs = nowMs - (times.listeningMs ?? nowMs);
      const isConnected = stream !== undefined;
      const attestedAgoMs = nowMs - times.attestedMs;
      const attested = attestedAgoMs < CHAIN_FRESH_MS ? times.attested : undefined;
      const isKnown = attested !== undefined || !this.#isMasked;
      const fit = fitnessOf({ isConnected, trainer, registeringMs, isKnown });
      const told = { attested, attestedAgoMs, opensBeside, fitness: fit.fitness, problem: fit.problem ?? problem };
      return { seat, holder, heardAgoMs, clockOffsetMs, lastSetup, isConnected, trainer, registeringMs, ...told };
    });
  }

  /** The worker on a seat; `undefined` until one has joined. */
  holderOf(partyId: number): SeatHolder | undefined {
    return this.#entries.get(partyId)?.holder;
  }

  /**
   * Nothing for a worker that may take its seat, or has it.
   *
   * @throws SEAT_TAKEN for a worker whose certificate is earlier than that of the one who is there: two pods of one index that both live
   * would take the seat in turns, and no round would ever be committed.
   */
  requireMayJoin(holder: SeatHolder): void {
    const { partyId } = holder.seat;
    const entry = this.#entry(partyId);
    if (entry.holder === undefined || isSameKey(entry.holder, holder)) return;
    if (!mayReplace(entry, entry.holder, holder, this.#monotonicMs()))
      throw new TributaryError("SEAT_TAKEN", `party ${partyId}: a worker with a later certificate is there`);
  }

  /**
   * Puts a worker on its seat; a worker with another key ends the stream and the requests of the one before. A worker may join again at
   * any time: what it says of its trainer then counts.
   *
   * @param trainer its trainer, once one has registered.
   * @throws SEAT_TAKEN as {@link PartyDirectory.requireMayJoin} does.
   */
  join(
    holder: SeatHolder,
    trainer: RegisteredTrainer | undefined,
    { lastSetup = 0, attested, opensBeside = false }: JoiningParty = {},
  ): void {
    this.requireMayJoin(holder);
    const entry = this.#entry(holder.seat.partyId);
    const before = entry.holder;
    const isReplaced = before !== undefined && !isSameKey(before, holder);
    // A worker joins every few minutes with its next chain: what is wrong with it is not over by that.
    const isRenewal = before !== undefined && !isReplaced && bringsOnlyChain(entry, trainer, attested);
    entry.holder = holder;
    entry.lastSetup = lastSetup;
    entry.opensBeside = opensBeside;
    entry.lastHeardMs = this.#monotonicMs();
    if (before === undefined || isReplaced) entry.listeningMs = undefined;
    entry.trainer = trainer;
    // The same chain again is no younger.
    if (!isSameChain(entry.attested, attested)) entry.attestedMs = entry.lastHeardMs;
    entry.attested = attested;
    entry.presentMs = entry.lastHeardMs;
    if (!isRenewal) entry.problem = undefined;
    if (isReplaced) {
      endTenure(entry, before);
      this.observer.replaced(holder.seat.partyId);
    }
    this.observer.changed();
  }

  /**
   * Begins a request of the worker on a seat; while it is under way the worker counts as there.
   *
   * @throws IDENTITY_REJECTED for any other worker, AGGREGATOR_UNREACHABLE until one has joined since this process started: the rightful
   * one tries again, and meanwhile nobody else may speak for it.
   */
  visit(holder: SeatHolder): Visit {
    const entry = this.#entry(holder.seat.partyId);
    requireSeated(entry.holder, holder);
    const { tenure } = entry;
    entry.visits += 1;
    let isUnderWay = true;
    const end = () => {
      // The visits of a worker that was replaced went with it.
      if (!isUnderWay || entry.tenure !== tenure) return;
      isUnderWay = false;
      entry.visits -= 1;
      entry.presentMs = this.#monotonicMs();
    };
    return { signal: tenure.signal, end };
  }

  /** Opens a party's stream and ends an older one; ROUND_NOT_OPEN unless this very worker has joined. */
  openStream(holder: SeatHolder, clockOffsetMs: number): MessageQueue<AddressedMessage> {
    const entry = this.#requireJoined(holder);
    entry.stream?.close();
    const queue = new MessageQueue<AddressedMessage>(QUEUE_BOUNDS);
    entry.stream = queue;
    entry.listeningMs ??= this.#monotonicMs();
    entry.clockOffsetMs = clockOffsetMs;
    this.observer.connected(holder.seat.partyId);
    this.observer.changed();
    return queue;
  }

  /** Forgets a stream whose reader went away. */
  closeStream(partyId: number, queue: MessageQueue<AddressedMessage>): void {
    const entry = this.#entry(partyId);
    if (entry.stream !== queue) return;
    entry.stream = undefined;
    entry.presentMs = this.#monotonicMs();
    this.observer.changed();
  }

  /** Notes that the joined worker was heard; ROUND_NOT_OPEN when another one sits on the seat. */
  heard(holder: SeatHolder): void {
    const entry = this.#requireJoined(holder);
    entry.lastHeardMs = this.#monotonicMs();
    entry.presentMs = entry.lastHeardMs;
  }

  /** Sends to a party if it listens; one that does not is told again when it comes back. */
  send(partyId: number, message: AddressedMessage): void {
    const stream = this.#entries.get(partyId)?.stream;
    if (stream === undefined || stream.push(message)) return;
    this.closeStream(partyId, stream);
    this.setProblem(partyId, { code: "QUEUE_FULL", message: "it does not read the messages that it is sent" });
  }

  /** Counts a message or request of a party that was refused. */
  noteRefused(): void {
    this.#refused++;
  }

  /** Messages and requests of parties that were refused since this process started. */
  get refused(): number {
    return this.#refused;
  }

  /** Records or clears what is wrong with a party; tells whether that is new. A party that has no seat has nothing wrong. */
  setProblem(partyId: number, problem: PartyProblem | undefined): boolean {
    const entry = this.#entries.get(partyId);
    // An attempt outlives a change of the job: who reported in it may have no seat any more.
    if (entry === undefined) return false;
    if (entry.problem?.code === problem?.code && entry.problem?.message === problem?.message) return false;
    entry.problem = problem;
    this.observer.changed();
    return true;
  }

  /** Ends every stream. */
  closeAll(): void {
    for (const entry of this.#entries.values()) entry.stream?.close();
  }

  #requireJoined(holder: SeatHolder): Entry {
    const entry = this.#entry(holder.seat.partyId);
    if (entry.holder !== undefined && isSameKey(entry.holder, holder)) return entry;
    throw new TributaryError("ROUND_NOT_OPEN", `party ${holder.seat.partyId} has not joined with this key`);
  }

  #entry(partyId: number): Entry {
    const entry = this.#entries.get(partyId);
    if (entry === undefined) throw new TributaryError("INVARIANT_BROKEN", `no seat has party id ${partyId}`);
    return entry;
  }
}

/** Whether all that a worker has to say when it joins again is its next chain. */
function bringsOnlyChain(
  entry: Pick<Entry, "trainer" | "attested">,
  trainer: RegisteredTrainer | undefined,
  attested: AttestedChain | undefined,
): boolean {
  const isNew = attested !== undefined && entry.attested !== undefined && !isSameChain(entry.attested, attested);
  return isNew && isDeepStrictEqual(entry.trainer, trainer);
}

function isSameChain(before: AttestedChain | undefined, chain: AttestedChain | undefined): boolean {
  return before !== undefined && chain !== undefined && equalBytes(before.certificateSha256, chain.certificateSha256);
}

/** Ends whatever a worker that was replaced has under way. */
function endTenure(entry: Entry, before: SeatHolder): void {
  entry.replaced.push(toHex(before.publicKey));
  entry.replaced.splice(0, entry.replaced.length - MAX_REPLACED);
  entry.stream?.close();
  entry.stream = undefined;
  const { tenure } = entry;
  entry.tenure = new AbortController();
  entry.visits = 0;
  tenure.abort(seatLost(entry.seat.partyId));
}

function sizeOfMessage({ message }: AddressedMessage): number {
  if (message.case === "secagg") return message.value.length;
  if (message.case === "opened") return message.value.setup.length + message.value.terms.length;
  return message.case === "started" ? message.value.plan.length + message.value.start.length : 0;
}
