import { type AuditReading, NO_LINE_BEFORE, readAuditLine } from "./audit-line.ts";

/** SHA-256 of a text's UTF-8 bytes, in lower-case hexadecimal. */
export type TextSha256 = (text: string) => string;

/** Where a chain of lines ends. */
export interface AuditHead {
  /** How many lines there are. */
  readonly lines: number;
  /** SHA-256 of the last line; 64 zeros when there is none. */
  readonly sha256: string;
}

/** The chain of a trail that nothing was written to. */
export const emptyTrail: AuditHead = { lines: 0, sha256: NO_LINE_BEFORE };

/** What of a trail is there, and right. */
export interface AuditSpan {
  /** The line before the first that is there; of a trail that is there from its beginning, none. */
  readonly before: AuditHead;
  /** The last line. */
  readonly head: AuditHead;
}

/** What `gate-audit --verify` says on standard error after a trail that is right. */
export function describeAuditEnd(span: AuditSpan): string {
  return `gate-audit: ${describeAuditSpan(span)}`;
}

/** Which lines are right, by the SHA-256 of the last one; of those that lie elsewhere too, by which they are known to be the same trail's. */
export function describeAuditSpan({ before, head }: AuditSpan): string {
  const end = `SHA-256 of the last: ${head.sha256}`;
  if (before.lines === 0) return `${head.lines} lines are right, ${end}`;
  const missing = `lines 1 to ${before.lines} are not here, SHA-256 of the last of them: ${before.sha256}`;
  return `lines ${before.lines + 1} to ${head.lines} are right, ${end}; ${missing}`;
}

/** Lines that follow each other: each has the next number and the SHA-256 of the bytes of the line before, without their end. */
export class AuditChain {
  readonly #sha256: TextSha256;
  #before: AuditHead | undefined;
  #head: AuditHead | undefined;

  /** @param before the line after which the first one comes; `undefined` when the first one is to say it, since those before lie elsewhere. */
  constructor(sha256: TextSha256, before: AuditHead | undefined) {
    this.#sha256 = sha256;
    this.#before = before;
    this.#head = before;
  }

  /** The last line that was right. */
  get head(): AuditHead {
    return this.#head ?? emptyTrail;
  }

  /** Which lines were right. */
  get span(): AuditSpan {
    return { before: this.#before ?? emptyTrail, head: this.head };
  }

  /** The next line, or what is wrong with it: then the chain stays where it was. */
  take(text: string): AuditReading {
    const reading = readAuditLine(text);
    if (!reading.ok) return reading;
    const { n, previous } = reading.line;
    // Nothing comes before the first line of all: whatever it says there is compared.
    const before = this.#before ?? (n === 1 ? emptyTrail : { lines: n - 1, sha256: previous });
    const { lines, sha256 } = this.#head ?? before;
    if (n !== lines + 1) return { ok: false, problem: `has number ${n}: a line is missing, moved or added` };
    if (previous !== sha256) {
      const problem = `does not follow the line before, whose SHA-256 is ${sha256}: that one was changed, or this one`;
      return { ok: false, problem };
    }
    this.#before = before;
    this.#head = { lines: n, sha256: this.#sha256(text) };
    return reading;
  }
}

/** What a look at a whole trail found. */
export interface AuditVerdict {
  /** The last line up to which all are right. */
  readonly head: AuditHead;
  /** The first line that is not, counted from 1; absent when there is none. */
  readonly wrong?: { readonly line: number; readonly problem: string };
}

/** Checks a trail from its first line on and names the first that is wrong. That lines were cut off its end, no chain can tell. */
export async function verifyAudit(
  lines: AsyncIterable<string> | Iterable<string>,
  sha256: TextSha256,
): Promise<AuditVerdict> {
  const chain = new AuditChain(sha256, emptyTrail);
  for await (const text of lines) {
    const reading = chain.take(text);
    if (!reading.ok) return { head: chain.head, wrong: { line: chain.head.lines + 1, problem: reading.problem } };
  }
  return { head: chain.head };
}
