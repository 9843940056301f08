import { isDeepStrictEqual } from "node:util";
import { asTributaryError, type Clock, type Logger, TributaryError } from "@tributary/kit";
import { judgeTrust, type OwnIdentity, type Trust, type TrustTexts } from "./trust.ts";

/** How often the files are looked at. A kubelet takes up to two minutes to bring a change, so more often gains nothing. */
export const LOOK_EVERY_MS = 5_000;

/** What watching works with. */
export interface TrustWatchDeps {
  /** The own member; its keys change when they are rotated. */
  readonly own: () => OwnIdentity;
  readonly readFiles: () => Promise<TrustTexts>;
  /** Told of each change before it is in force: of what is trusted now, or that nothing is. What it cannot take is not in force. */
  readonly onChange: (change: TrustChange) => Promise<void>;
  readonly clock: Clock;
  readonly log: Logger;
}

/** A change of what the member trusts and allows. */
export type TrustChange = { readonly trust: Trust } | { readonly problem: TributaryError };

/** The member's trust as its files say it now, and the last one that held. */
export class TrustWatch {
  readonly #deps: TrustWatchDeps;
  #lastGood: Trust | undefined;
  #problem: TributaryError | undefined = new TributaryError("PEERS_INVALID", "peers and policy were not read yet");
  /** Whether the trail tells of the problem; the one before the first look is no trouble. */
  #isTold = true;
  #seen: { readonly own: OwnIdentity; readonly texts: TrustTexts } | undefined;

  constructor(deps: TrustWatchDeps) {
    this.#deps = deps;
  }

  /** What rounds are judged by. @throws PEERS_INVALID while the files cannot be read or contradict themselves. */
  forRounds(): Trust {
    if (this.#problem !== undefined) throw retold(this.#problem);
    return this.#lastGood!;
  }

  /** What enrolment is judged by: the last trust that held. @throws PEERS_INVALID when none has held since the gate started. */
  forEnrolment(): Trust {
    if (this.#lastGood === undefined) throw retold(this.#problem!);
    return this.#lastGood;
  }

  /** Looks at the files until the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.look();
      await this.#deps.clock.sleep(LOOK_EVERY_MS, signal).catch(() => {});
    }
  }

  /** Looks at the files once; what is wrong with them is kept, not thrown. */
  async look(): Promise<void> {
    const { own: ownOf, readFiles, onChange, log } = this.#deps;
    try {
      const own = ownOf();
      const texts = await readFiles();
      if (isDeepStrictEqual(this.#seen, { own, texts })) return;
      const trust = judgeTrust(own, texts);
      await onChange({ trust });
      this.#lastGood = trust;
      this.#problem = undefined;
      this.#seen = { own, texts };
      const policy = Buffer.from(trust.policySha256).toString("hex");
      log.info({ peers: trust.peers.length, policySha256: policy }, "peers and policy are in force");
    } catch (cause) {
      await this.#keep(asTributaryError(cause));
    }
  }

  /**
   * The same trouble is told once: in the log, and in the trail as soon as that takes it. Rounds are refused even where the telling fails.
   */
  async #keep(problem: TributaryError): Promise<void> {
    const { onChange, log } = this.#deps;
    const isKnown = this.#problem?.message === problem.message;
    this.#seen = undefined;
    this.#problem = problem;
    if (isKnown && this.#isTold) return;
    if (!isKnown) log.error({ code: problem.code }, `no round is admitted: ${problem.message}`);
    this.#isTold = await onChange({ problem }).then(
      () => true,
      (cause: unknown) => {
        const { code } = asTributaryError(cause);
        if (!isKnown) log.error({ code }, `the trouble is not recorded yet, and will be: ${String(cause)}`);
        return false;
      },
    );
  }
}

/** Whatever the cause: who asks learns that trust cannot be had. */
function retold(problem: TributaryError): TributaryError {
  return new TributaryError("PEERS_INVALID", problem.message, { cause: problem });
}
