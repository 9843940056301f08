import { cutText } from "./cut-text.ts";

/** Why a process ended, as it leaves it for the kubelet in `terminationMessagePath`; the pod's status shows it to the operator. */
export interface TerminationMessage {
  /** Code of the error catalogue, such as `MODEL_SOURCE_NOT_FOUND`. */
  readonly code: string;
  /** Reason for conditions, such as `ModelSourceNotFound`. */
  readonly reason: string;
  /** One sentence with object, value and remedy; never a secret, a stack or training data. */
  readonly message: string;
}

/** Where a container leaves its message when its spec names no other path; the kubelet makes the file, writable by every user. */
export const defaultTerminationMessagePath = "/dev/termination-log";

/** Most bytes of the line, its newline included. */
export const terminationMessageMaxBytes = 1024;

const codePattern = /^[A-Z][A-Z0-9_]{0,63}$/u;
const reasonPattern = /^[A-Z][A-Za-z0-9]{0,63}$/u;

/** One JSON line that ends with a newline and fits into {@link terminationMessageMaxBytes}; a longer message is cut visibly. */
export function formatTerminationMessage({ code, reason, message }: TerminationMessage): string {
  const plain = onOneLine(message);
  const bytesOf = (text: string): number => new TextEncoder().encode(text).length;
  const lineOf = (length: number): string => `${JSON.stringify({ code, reason, message: cutText(plain, length) })}\n`;
  let length = Math.min([...plain].length, terminationMessageMaxBytes);
  while (length > 1 && bytesOf(lineOf(length)) > terminationMessageMaxBytes)
    length = Math.min(length - 1, Math.floor((length * terminationMessageMaxBytes) / bytesOf(lineOf(length))));
  return lineOf(length);
}

/**
 * The last line of a container's message that has the shape; undefined when none has. The text is whatever a container of a
 * member wrote: it is bounded and freed of control characters before anybody sees it.
 */
export function parseTerminationMessage(text: string | undefined): TerminationMessage | undefined {
  for (const line of (text ?? "").split("\n").reverse()) {
    const found = parseLine(line);
    if (found !== undefined) return found;
  }
  return undefined;
}

function parseLine(line: string): TerminationMessage | undefined {
  if (!line.trimStart().startsWith("{")) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return undefined;
  }
  const { code, reason, message } = value as Readonly<Record<string, unknown>>;
  if (typeof code !== "string" || typeof reason !== "string" || typeof message !== "string") return undefined;
  if (!codePattern.test(code) || !reasonPattern.test(reason)) return undefined;
  return { code, reason, message: cutText(onOneLine(message), terminationMessageMaxBytes) };
}

function onOneLine(text: string): string {
  return text.replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, " ").trim();
}
