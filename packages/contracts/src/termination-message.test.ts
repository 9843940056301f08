import { describe, expect, it } from "vitest";
import {
  formatTerminationMessage,
  parseTerminationMessage,
  terminationMessageMaxBytes,
} from "./termination-message.ts";

const cause = {
  code: "MODEL_SOURCE_NOT_FOUND",
  reason: "ModelSourceNotFound",
  message: "models/tiny.safetensors does not exist",
};
const bytes = (text: string): number => new TextEncoder().encode(text).length;

describe("the message that a process leaves when it ends", () => {
  it("comes back as it was written", () => {
    const line = formatTerminationMessage(cause);
    expect(line.endsWith("\n")).toBe(true);
    expect(parseTerminationMessage(line)).toEqual(cause);
  });

  it.each([
    ["letters", "x".repeat(5000)],
    ["characters of several bytes", "é€🦀".repeat(2000)],
    ["quotes, which JSON doubles", '"'.repeat(5000)],
  ])("fits into its bound with many %s, and shows that it was cut", (_what, message) => {
    const line = formatTerminationMessage({ ...cause, message });
    expect(bytes(line)).toBeLessThanOrEqual(terminationMessageMaxBytes);
    expect(bytes(line)).toBeGreaterThan(terminationMessageMaxBytes - 64);
    expect(parseTerminationMessage(line)?.message).toMatch(/…$/u);
  });

  it("is one line without control characters, whatever was in it", () => {
    const line = formatTerminationMessage({ ...cause, message: "a\nb\u001b[31mc\u2028d" });
    expect(parseTerminationMessage(line)?.message).toBe("a b [31mc d");
    const foreign = JSON.stringify({ ...cause, message: "a\u0000b\nc" });
    expect(parseTerminationMessage(foreign)?.message).toBe("a b c");
  });

  it("is the last of several", () => {
    const first = formatTerminationMessage({ ...cause, code: "INVARIANT_BROKEN", reason: "InternalError" });
    expect(parseTerminationMessage(`${first}${formatTerminationMessage(cause)}a log line`)).toEqual(cause);
  });

  it.each([
    undefined,
    "",
    "Segmentation fault",
    "{not json",
    "null",
    "[]",
    '{"code":1}',
    '{"code":"lower","reason":"Reason","message":"x"}',
    '{"code":"CODE","reason":"not a reason","message":"x"}',
  ])("is not found in %j", (text) => {
    expect(parseTerminationMessage(text)).toBeUndefined();
  });
});
