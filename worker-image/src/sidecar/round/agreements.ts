import { join } from "node:path";
import { isMasked, sectionAgreements, toHex } from "@tributary/federated";
import { readFileIfPresent, TributaryError, writeFileDurably } from "@tributary/kit";
import { TermsRefusal, termsRefused } from "../../shared/terms/terms-refusal.ts";
import type { Trust } from "./check-opened.ts";
import type { CheckedRound } from "./check-started.ts";

/** What a worker agreed to on one start: the terms of each section that it helped to sum. Digests are hexadecimal. */
interface KeptAgreement {
  readonly startSha256: string;
  readonly sections: Readonly<Record<string, string>>;
}

/** The newest of rounds in clear and of masked ones: a round in clear leaves the start of a masked one as present as it was. */
type KeptAgreements = Readonly<Partial<Record<"clear" | "masked", KeptAgreement>>>;

/**
 * What this worker agreed to on the present start, over restarts of its sidecar: nobody gets it to help with two sums of other work on the same
 * start, whose difference would tell of single ones.
 */
export class Agreements {
  readonly #path: string;
  readonly #crypto: Trust["crypto"];
  #kept: KeptAgreements;

  private constructor(path: string, crypto: Trust["crypto"], kept: KeptAgreements) {
    this.#path = path;
    this.#crypto = crypto;
    this.#kept = kept;
  }

  /**
   * Takes up what a former process agreed to.
   *
   * @throws SIDECAR_STATE_LOST when the file is damaged: nobody knows then what was agreed to.
   */
  static async open(memoryDirectory: string, crypto: Trust["crypto"]): Promise<Agreements> {
    const path = join(memoryDirectory, "agreements.json");
    const bytes = await readFileIfPresent(path);
    return new Agreements(path, crypto, bytes === undefined ? {} : parse(bytes.toString("utf8")));
  }

  /**
   * Refuses a round whose sections were agreed to on the same start under other terms.
   *
   * @throws TERMS_REFUSED, TermsChanged naming the section.
   */
  require(round: CheckedRound): void {
    const startSha256 = toHex(round.startSha256);
    const kept = [this.#kept.clear, this.#kept.masked].filter((one) => one?.startSha256 === startSha256);
    for (const [section, agreement] of Object.entries(this.#of(round))) {
      const before = kept.map((one) => one?.sections[section]);
      if (before.every((one) => one === undefined || one === agreement)) continue;
      const why = `section ${section} was summed under other terms on the same start; start from another model, or replace the worker's pod`;
      throw termsRefused(TermsRefusal.TermsChanged, why);
    }
  }

  /**
   * Keeps what a round agrees to; durable once it resolves, before the first signature on the round's survivors. What was agreed to on
   * another start by a round of its kind, masked or in clear, is forgotten, so the caller must have left that one for good.
   */
  async keep(round: CheckedRound): Promise<void> {
    this.require(round);
    const startSha256 = toHex(round.startSha256);
    const kind = isMasked(round.setup) ? "masked" : "clear";
    const last = this.#kept[kind];
    const before = last?.startSha256 === startSha256 ? last.sections : {};
    const sections = { ...before, ...this.#of(round) };
    if (Object.keys(sections).every((name) => before[name] === sections[name])) return;
    const kept: KeptAgreements = { ...this.#kept, [kind]: { startSha256, sections } };
    await writeFileDurably(this.#path, JSON.stringify(kept), 0o600);
    this.#kept = kept;
  }

  #of({ terms, lastingSha256 }: CheckedRound): Record<string, string> {
    const agreements = Object.entries(sectionAgreements(this.#crypto, terms, lastingSha256));
    return Object.fromEntries(agreements.map(([name, digest]) => [name, toHex(digest)]));
  }
}

function parse(text: string): KeptAgreements {
  try {
    return JSON.parse(text) as KeptAgreements;
  } catch (cause) {
    throw new TributaryError("SIDECAR_STATE_LOST", "what this worker agreed to is damaged; replace its pod", { cause });
  }
}
