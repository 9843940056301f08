import type { partyV1 } from "@tributary/contracts";
import { equalBytes, MessageType, type PartyEvent, planDigest } from "@tributary/federated";
import { isTributaryError, systemClock, TributaryError } from "@tributary/kit";
import type { MemberVoice, RoundParties } from "../gate/member-voice.ts";
import type { Agreements } from "./agreements.ts";
import { attemptEnded, isSameAttempt, patienceUntil } from "./attempts.ts";
import { type CheckedTerms, checkOpened, type Trust } from "./check-opened.ts";
import { type CheckedRound, checkStarted } from "./check-started.ts";
import { Inbox, type Wait } from "./inbox.ts";
import { mayBeSigned, type StartedRound, type SurvivorBitmaps } from "./may-be-signed.ts";
import type { AttemptId, PartyMachine } from "./party-machine.ts";
import { readMessage, requireMessage } from "./round-messages.ts";

/** What opened rounds need. */
export interface OpenedRoundsDeps {
  readonly partyId: number;
  readonly trust: Trust;
  readonly agreements: Agreements;
  /** What the worker's member says of rounds. */
  readonly member: MemberVoice;
  readonly machine: () => PartyMachine;
  /** Does work for an attempt; tells the aggregator where it ends with a refusal. */
  readonly orRefuse: (attempt: AttemptId, work: () => Promise<void>) => Promise<void>;
  /** Told of what failed after whoever brought it had gone on. */
  readonly onFault: (cause: unknown) => void;
  /** Bytes of the report to a plan that left the pod. */
  readonly sentBytes: (planDigest: Uint8Array) => number;
}

/** Messages that are read before the machine does: all others are the machine's alone. */
const CHECKED: ReadonlySet<number> = new Set([MessageType.Setup, MessageType.Plan, MessageType.SurvivorBitmaps]);

const NEVER = new AbortController().signal;

/** Longest time from when members vouched for the parties of a round to its start: an exchange of keys by itself takes less. */
const VOUCHED_FRESH_MS = 30_000;

/** Nothing else is heard meanwhile. */
const atOnce: Wait = (ask) => ask(NEVER);

/** An attempt that the aggregator opened, as far as its terms, and then its start, hold. */
interface OpenedRound {
  readonly attempt: AttemptId;
  readonly terms: CheckedTerms;
  /** When reports are of no use any more, on the monotonic clock. */
  readonly expiresMs: number;
  /** Setup and terms as they came. */
  readonly bytes: Pick<partyV1.RoundOpened, "setup" | "terms">;
  /** When members vouched for its parties, on the monotonic clock; absent where it was not for this start. */
  readonly vouchedMs: number | undefined;
  /** Its start, once the machine has accepted the plan. */
  readonly started?: StartedRound;
}

/** How long an opening waits for its gate. */
interface Patience {
  /** On the monotonic clock. Later once its round starts while it waits. */
  untilMs: number;
}

/** An attempt that was opened beside one that has started. */
interface EarlyRound {
  readonly attempt: AttemptId;
  /** What came of it: its opening may wait for the gate, and the started round's messages do not. */
  readonly inbox: Inbox;
  /** `undefined` where it was refused. */
  readonly opened: Promise<OpenedRound | undefined>;
  readonly patience: Patience;
}

/** A round that may be worked on, and until when. */
interface RoundToWork {
  readonly round: CheckedRound;
  readonly expiresMs: number;
}

/**
 * What stands between the aggregator and the machine: the attempt that a worker is in, and at most one whose keys are exchanged beside it. Only what
 * holds by the terms, by members' certificates and by the gate is handed on.
 */
export class OpenedRounds {
  readonly #deps: OpenedRoundsDeps;
  #current: OpenedRound | undefined;
  #early: EarlyRound | undefined;
  /** The start whose plan the machine is given now. */
  #starting: StartedRound | undefined;
  #inbox: Inbox;

  constructor(deps: OpenedRoundsDeps) {
    this.#deps = deps;
    this.#inbox = new Inbox(deps.onFault);
  }

  /** The round of a plan that the machine accepts or has accepted; `undefined` for one that was not checked. */
  toWork(digest: Uint8Array): RoundToWork | undefined {
    const started = this.#starting ?? this.#current?.started;
    if (started === undefined || this.#current === undefined || !equalBytes(started.planDigest, digest))
      return undefined;
    return { round: started.round, expiresMs: this.#current.expiresMs };
  }

  /** The aggregator opened an attempt: checks its terms and hands the setup to the machine, which decides whether to take part. */
  async open(attempt: AttemptId, opened: partyV1.RoundOpened): Promise<void> {
    const expiresMs = momentIn(opened.remainingMs);
    const current = this.#current;
    const isSame = current !== undefined && isSameAttempt(current.attempt, attempt);
    if (!isSame) await this.#leaveEarly();
    if (!isSame && current?.started !== undefined) return this.#openBeside(attempt, opened, expiresMs);
    this.#current = undefined;
    // What still waits to be signed is asked for again.
    await this.#inbox.endWait(attemptEnded());
    const patience = { untilMs: patienceEndOf(expiresMs) };
    this.#current = await this.#check(attempt, opened, { expiresMs, wait: atOnce, patience });
  }

  /** The opened attempt starts: checks what it starts from and hands the plan to the machine. */
  async start(
    attempt: AttemptId,
    { plan: message, start, signature, remainingMs }: partyV1.RoundStarted,
  ): Promise<void> {
    await this.#enterEarly(attempt, remainingMs);
    // What was refused when it was opened has been said, and is not started.
    if (this.#current === undefined || !isSameAttempt(this.#current.attempt, attempt)) return;
    // Its time may have begun just now: keys were exchanged before.
    const opened = remainingMs === 0n ? this.#current : { ...this.#current, expiresMs: momentIn(remainingMs) };
    this.#current = opened;
    const { trust, agreements, orRefuse } = this.#deps;
    await orRefuse(attempt, async () => {
      const { plan, setupDigest } = requireMessage(message, MessageType.Plan, attempt);
      const round = checkStarted(trust, opened.terms, plan, { start, signature });
      // The machine goes by the setup that a plan names: it would start the one beside, which nobody has judged.
      if (!equalBytes(setupDigest, opened.terms.signed.setupDigest))
        throw new TributaryError("PROTOCOL_REFUSED", "the plan is of another setup than its start", {
          details: { ...attempt },
        });
      agreements.require(round);
      await this.#judgeAgain(opened);
      await this.#askGate(opened, { start, signature });
      // While the gate was asked another attempt may have been opened, or this one closed.
      if (this.#current !== opened) return;
      const digest = planDigest(trust.crypto, opened.terms.signed.setupDigest, plan);
      this.#starting = { planDigest: digest, round };
      const started = this.#starting;
      await this.#step(attempt, { type: "receive", message }).finally(() => (this.#starting = undefined));
      this.#current = { ...opened, started };
    });
  }

  /** Hands a message of the aggregator's to the machine. */
  async receive(attempt: AttemptId, message: Uint8Array): Promise<void> {
    const read = CHECKED.has(message[1]!) ? readMessage(message) : undefined;
    // They come with terms and start alone, which they are checked against.
    if (read?.type === MessageType.Setup || read?.type === MessageType.Plan) return;
    const { orRefuse, machine } = this.#deps;
    await this.#inboxOf(attempt).take((wait) =>
      orRefuse(attempt, async () => {
        if (read?.type === MessageType.SurvivorBitmaps && !(await this.#mayBeSigned(attempt, read, message, wait)))
          return;
        await machine().post({ type: "receive", message });
      }),
    );
  }

  /** The attempt ended: nothing of it is started or signed any more, and the machine forgets one that was not committed. */
  async close(attempt: AttemptId, isCommitted: boolean): Promise<void> {
    if (this.#early !== undefined && isSameAttempt(this.#early.attempt, attempt)) await this.#leaveEarly();
    if (this.#current !== undefined && isSameAttempt(this.#current.attempt, attempt)) {
      this.#current = undefined;
      await this.#inbox.endWait(attemptEnded());
    }
    // A committed one is closed by its result, whose words the machine checks.
    const setupDigest = isCommitted ? undefined : this.#deps.machine().setupOf(attempt);
    if (setupDigest !== undefined) await this.#deps.machine().post({ type: "forget", setupDigest });
  }

  /** Waits for nothing any more. */
  async stop(): Promise<void> {
    await Promise.all([this.#leaveEarly(), this.#inbox.endWait(attemptEnded())]);
  }

  /** Keys are exchanged while another round is in work: whoever waits for the gate meanwhile does not hold that one up. */
  async #openBeside(attempt: AttemptId, opened: partyV1.RoundOpened, expiresMs: number): Promise<void> {
    const inbox = new Inbox(this.#deps.onFault);
    const { promise, resolve } = Promise.withResolvers<OpenedRound | undefined>();
    const patience = { untilMs: patienceEndOf(expiresMs) };
    this.#early = { attempt, inbox, opened: promise, patience };
    await inbox.take(async (wait) => {
      let checked: OpenedRound | undefined;
      try {
        checked = await this.#check(attempt, opened, { expiresMs, wait, patience });
      } finally {
        resolve(checked && { ...checked, vouchedMs: undefined });
      }
    });
  }

  /** A party is in one started round at a time: what still waits to be signed is of the one before. */
  async #enterEarly(attempt: AttemptId, remainingMs: bigint): Promise<void> {
    const early = this.#early;
    if (early === undefined || !isSameAttempt(early.attempt, attempt)) return;
    // A gate that the opening still waits for has as long as that of a round which is opened as it starts.
    if (remainingMs !== 0n) early.patience.untilMs = patienceEndOf(momentIn(remainingMs));
    [this.#early, this.#current] = [undefined, undefined];
    await this.#inbox.endWait(attemptEnded());
    this.#inbox = early.inbox;
    this.#current = await early.opened;
  }

  async #leaveEarly(): Promise<void> {
    const early = this.#early;
    this.#early = undefined;
    await early?.inbox.endWait(attemptEnded());
  }

  #inboxOf(attempt: AttemptId): Inbox {
    const early = this.#early;
    return early !== undefined && isSameAttempt(early.attempt, attempt) ? early.inbox : this.#inbox;
  }

  /** `undefined` where it is refused, and the aggregator was told. */
  async #check(
    attempt: AttemptId,
    opened: partyV1.RoundOpened,
    { expiresMs, wait, patience }: { readonly expiresMs: number; readonly wait: Wait; readonly patience: Patience },
  ): Promise<OpenedRound | undefined> {
    let checked: OpenedRound | undefined;
    await this.#deps.orRefuse(attempt, async () => {
      const { setup } = requireMessage(opened.setup, MessageType.Setup, attempt);
      const terms = checkOpened(this.#deps.trust, setup, opened);
      // What the machine has taken before was verified then: certificates live some minutes, rounds may take hours.
      const isNew = !this.#deps.machine().isOpen(terms.signed.setupDigest);
      const ask = (signal: AbortSignal) => this.#askParties(terms, patience, signal);
      const parties = isNew ? await wait(ask) : { enrolled: [] };
      const vouchedMs = isNew ? systemClock.monotonicMs() : undefined;
      await this.#step(attempt, { type: "open", message: opened.setup, ...parties });
      checked = { attempt, terms, expiresMs, vouchedMs, bytes: { setup: opened.setup, terms: opened.terms } };
    });
    return checked;
  }

  /** Who is in an opened round. A gate that is away is asked on where the round has started meanwhile: its time is not that of the opening. */
  async #askParties(terms: CheckedTerms, patience: Patience, signal: AbortSignal): Promise<RoundParties> {
    const { untilMs } = patience;
    try {
      return await this.#deps.member.partiesOf(terms, untilMs - systemClock.monotonicMs(), signal);
    } catch (cause) {
      if (!isTributaryError(cause, "GATE_UNREACHABLE") || patience.untilMs <= untilMs) throw cause;
      return this.#askParties(terms, patience, signal);
    }
  }

  /** A round that was opened a while before it starts for the first time: who is in it, and what the member asks, may be otherwise by now. */
  async #judgeAgain({ attempt, terms, expiresMs, vouchedMs = -Infinity }: OpenedRound): Promise<void> {
    const { machine, member } = this.#deps;
    const { setupDigest } = terms.signed;
    const isFresh = systemClock.monotonicMs() - vouchedMs < VOUCHED_FRESH_MS;
    if (isFresh || machine().isStarted(setupDigest)) return;
    const parties = await member.partiesOf(terms, patienceUntil(expiresMs), NEVER);
    await this.#step(attempt, { type: "judge", setupDigest, ...parties });
  }

  async #askGate(
    { terms, expiresMs, bytes }: OpenedRound,
    { start, signature }: Pick<partyV1.RoundStarted, "start" | "signature">,
  ): Promise<void> {
    const { line, attempt } = terms.signed;
    await this.#deps.member.admit({ ...bytes, start, signature, line, attempt }, patienceUntil(expiresMs), NEVER);
  }

  /** A step that the round cannot go on without: a refusal of the machine's is the worker's. */
  async #step(attempt: AttemptId, event: PartyEvent): Promise<void> {
    const refusal = await this.#deps.machine().post(event);
    if (refusal !== undefined) throw new TributaryError("PROTOCOL_REFUSED", refusal, { details: { ...attempt } });
  }

  #mayBeSigned(attempt: AttemptId, read: SurvivorBitmaps, message: Uint8Array, wait: Wait): Promise<boolean> {
    const { trust, partyId, agreements, member, machine } = this.#deps;
    const { crypto } = trust;
    // Two ways in, and one turn: under another attempt's name they would be judged beside the survivors that wait.
    const isCurrent = this.#current !== undefined && isSameAttempt(this.#current.attempt, attempt);
    const started = isCurrent ? this.#current?.started : undefined;
    const guard = { crypto, partyId, agreements, record: member.record, machine: machine(), started };
    const sentBytes = () => this.#deps.sentBytes(read.planDigest);
    return mayBeSigned(guard, { read, message, sentBytes }, wait);
  }
}

/** The aggregator says how long is left: its clock and this one are never compared. */
function momentIn(remainingMs: bigint): number {
  return systemClock.monotonicMs() + Number(remainingMs);
}

/** Until when the gate is waited for, on the monotonic clock, in a round whose reports are of no use after this moment. */
function patienceEndOf(expiresMs: number): number {
  return systemClock.monotonicMs() + patienceUntil(expiresMs);
}
