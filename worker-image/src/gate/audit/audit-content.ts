import { createHash } from "node:crypto";
import {
  AuditChain,
  type AuditEvent,
  type AuditHead,
  AuditKind,
  type AuditLine,
  formatAuditLine,
} from "@tributary/contracts";
import { TributaryError } from "@tributary/kit";
import type { LogContent } from "../storage/append-log.ts";

/** An act with the time at which it was to be written down. */
export interface AuditRecord {
  readonly event: AuditEvent;
  readonly timeMs: number;
}

/** SHA-256 of a text's UTF-8 bytes, in hexadecimal. */
export function textSha256(text: string): string {
  return createHash("sha256").update(text, "utf8").digest("hex");
}

/** The lines of a payload: each ends with a line feed. */
export function linesOf(payload: Uint8Array): string[] {
  const text = Buffer.from(payload.buffer, payload.byteOffset, payload.length).toString("utf8");
  return text.split("\n").slice(0, -1);
}

/** The trail as the lines of its log add up to it: where the chain ends. The next files of a trail go on with the same content. */
export class AuditContent implements LogContent<AuditRecord> {
  readonly #chain: AuditChain;
  #lastRecorded: AuditLine | undefined;

  /** @param before the last line of the files before; `undefined` where they lie elsewhere. */
  constructor(before: AuditHead | undefined) {
    this.#chain = new AuditChain(textSha256, before);
  }

  /** The last line of the trail. */
  get head(): AuditHead {
    return this.#chain.head;
  }

  /** The last line of these files that tells of a sum which the memory holds; none after one that says that it was lost. */
  get lastRecorded(): AuditLine | undefined {
    return this.#lastRecorded;
  }

  encode(records: readonly AuditRecord[]): Uint8Array {
    let { lines, sha256 } = this.head;
    const texts = records.map(({ event, timeMs }) => {
      const text = formatAuditLine(event, { n: ++lines, timeMs, previous: sha256 });
      sha256 = textSha256(text);
      return `${text}\n`;
    });
    return Buffer.from(texts.join(""), "utf8");
  }

  take(payload: Uint8Array): void {
    for (const text of linesOf(payload)) {
      const reading = this.#chain.take(text);
      if (reading.ok) {
        this.#note(reading.line);
        continue;
      }
      const line = this.head.lines + 1;
      const remedy =
        "`dataplane gate-audit --verify` shows the trail; restore its files from a backup, or move all of them away, and another trail begins";
      throw new TributaryError("GATE_STATE_DAMAGED", `line ${line} of the audit trail ${reading.problem}; ${remedy}`, {
        details: { line },
      });
    }
  }

  #note(line: AuditLine): void {
    if (line.kind === AuditKind.Recorded) this.#lastRecorded = line;
    if (line.kind === AuditKind.MemoryLost) this.#lastRecorded = undefined;
  }
}
