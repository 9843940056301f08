import { cutText } from "../cut-text.ts";

/** What the gate of a member writes down before it does it. */
export const AuditKind = {
  /** A worker got its certificate. */
  Enrolled: "Enrolled",
  /** A worker's pod was found, and more bytes had left it. */
  Attested: "Attested",
  /** A worker may take part in a round. */
  Admitted: "Admitted",
  /** A worker may not take part in a round, or not sign a sum, or its pod is none that the gate knows. */
  Refused: "Refused",
  /** A worker may sign that it is in a sum. */
  Recorded: "Recorded",
  /** Peer list or policy changed. */
  TrustChanged: "TrustChanged",
  /** The memory lacks sums of which lines before tell. */
  MemoryLost: "MemoryLost",
} as const;
/** One of the values of {@link AuditKind}. */
export type AuditKind = (typeof AuditKind)[keyof typeof AuditKind];

/** SHA-256 digests in lower-case hexadecimal, by what they are of. */
export type AuditDigests = Readonly<Record<string, string>>;

/** The worker that an act is about. */
interface OfWorker {
  /** Uid of its job. */
  readonly job: string;
  readonly participant: string;
  /** Index in its participant. */
  readonly worker: number;
}

/** The round that an act is about. */
interface OfRound extends OfWorker {
  /** Ledger line that the round may become. */
  readonly line: number;
  readonly attempt: number;
}

/** One act of a gate. It holds no token, no key and no terms. */
export type AuditEvent =
  | (OfWorker & { readonly kind: "Enrolled"; readonly pod: string; readonly digests: AuditDigests })
  /** `bytes`: of reports, since the pod was made. */
  | (OfWorker & {
      readonly kind: "Attested";
      readonly pod: string;
      readonly bytes: number;
      readonly digests: AuditDigests;
    })
  | (OfRound & { readonly kind: "Admitted"; readonly digests: AuditDigests })
  /** `code`: of the catalogue of errors; `reason`: the line of the policy, or the kind of difference. */
  | (OfRound & {
      readonly kind: "Refused";
      readonly code: string;
      readonly reason: string;
      readonly digests: AuditDigests;
    })
  /** A pod that is not as the member's runtime has it, or gone; whose seat it would be is known of a worker that was enrolled. */
  | (Partial<OfWorker> & {
      readonly kind: "Refused";
      readonly pod: string;
      readonly code: string;
      readonly reason: string;
      readonly digests: AuditDigests;
    })
  /** `bytes`: of this report. */
  | (OfRound & { readonly kind: "Recorded"; readonly bytes: number; readonly digests: AuditDigests })
  | { readonly kind: "TrustChanged" | "MemoryLost"; readonly digests: AuditDigests };

/** Where a line stands in the trail. */
export interface AuditPlace {
  /** Number of the line, from 1. */
  readonly n: number;
  readonly timeMs: number;
  /** SHA-256 of the line before, in hexadecimal; 64 zeros before the first. */
  readonly previous: string;
}

/** A line of the trail as it is read: later releases may write kinds and fields that this one does not know. */
export interface AuditLine {
  readonly n: number;
  /** ISO 8601, UTC. */
  readonly time: string;
  readonly kind: string;
  readonly previous: string;
  readonly job?: string;
  readonly participant?: string;
  readonly worker?: number;
  readonly pod?: string;
  readonly line?: number;
  readonly attempt?: number;
  readonly code?: string;
  readonly reason?: string;
  readonly bytes?: number;
  readonly digests?: AuditDigests;
}

/** What stands before the first line. */
export const NO_LINE_BEFORE: string = "0".repeat(64);

const DIGEST = /^[0-9a-f]{64}$/u;
const TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/u;

const texts = ["job", "participant", "pod", "code", "reason"] as const;
const numbers = ["worker", "line", "attempt", "bytes"] as const;

/** Most characters of a reason; what is cut is shown to be. */
const REASON_CHARACTERS = 500;

/** One line of JSON without its end, its fields always in the same order. */
export function formatAuditLine(event: AuditEvent, { n, timeMs, previous }: AuditPlace): string {
  const { kind, digests, ...about } = event;
  const reason = "reason" in about ? { reason: cutText(about.reason, REASON_CHARACTERS) } : {};
  const given: Readonly<Record<string, unknown>> = { ...about, ...reason };
  const names = ["job", "participant", "worker", "pod", "line", "attempt", "code", "reason", "bytes"];
  const fields = names.filter((name) => given[name] !== undefined).map((name) => [name, given[name]]);
  const time = new Date(timeMs).toISOString();
  return JSON.stringify({ n, time, kind, ...Object.fromEntries(fields), digests, previous });
}

/** A line that can be read, or what is wrong with it: the first thing. */
export type AuditReading =
  | { readonly ok: true; readonly line: AuditLine }
  | { readonly ok: false; readonly problem: string };

/** Reads a line by itself; whether it follows the one before is the chain's to say. */
export function readAuditLine(text: string): AuditReading {
  const value = parse(text);
  if (value === undefined) return { ok: false, problem: "is no JSON object" };
  const problem = (field: string, expected: string): AuditReading => {
    const shown = JSON.stringify(value[field]) ?? "absent";
    return {
      ok: false,
      problem: `${field} is ${shown.length > 80 ? `${shown.slice(0, 80)}…` : shown}, must be ${expected}`,
    };
  };
  if (!isCount(value.n) || value.n === 0) return problem("n", "the number of the line, from 1");
  if (!isText(value.time, TIME)) return problem("time", "as 2026-12-02T18:00:00.000Z");
  if (!isText(value.kind, /^[A-Za-z]{1,64}$/u)) return problem("kind", "a word");
  if (!isText(value.previous, DIGEST)) return problem("previous", "64 hexadecimal digits");
  for (const name of texts) if (value[name] !== undefined && !isText(value[name])) return problem(name, "a text");
  for (const name of numbers)
    if (value[name] !== undefined && !isCount(value[name])) return problem(name, "a whole number from 0");
  if (value.digests !== undefined && !isDigests(value.digests)) return problem("digests", "SHA-256 digests by name");
  return { ok: true, line: value as unknown as AuditLine };
}

function parse(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}

function isText(value: unknown, pattern?: RegExp): boolean {
  return typeof value === "string" && (pattern?.test(value) ?? true);
}

function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function isDigests(value: unknown): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  return Object.values(value).every((digest) => isText(digest, DIGEST));
}
