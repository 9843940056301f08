import { permanentTrainerExitCodes } from "@tributary/contracts";
import { describe, expect, it } from "vitest";
import { catalogue, isErrorCode } from "./catalogue.ts";
import { asTributaryError, isTributaryError, TributaryError } from "./tributary-error.ts";

describe("TributaryError", () => {
  it("takes its disposition from the catalogue and keeps its cause", () => {
    const cause = new Error("socket hang up");
    const error = new TributaryError("MEMBER_UNREACHABLE", "cluster a does not answer", {
      cause,
      details: { cluster: "a" },
    });
    expect(error.disposition).toBe("transient");
    expect(error.cause).toBe(cause);
    expect(error.details).toEqual({ cluster: "a" });
    expect(isTributaryError(error, "MEMBER_UNREACHABLE")).toBe(true);
    expect(isTributaryError(error, "SPEC_INVALID")).toBe(false);
  });

  it("is not taken for one when it only has a code", () => {
    expect(isTributaryError(Object.assign(new Error("x"), { code: "SPEC_INVALID" }))).toBe(false);
  });

  it("turns a foreign error into INVARIANT_BROKEN", () => {
    const foreign = new RangeError("boom");
    const error = asTributaryError(foreign);
    expect(error.code).toBe("INVARIANT_BROKEN");
    expect(error.cause).toBe(foreign);
    expect(asTributaryError(error)).toBe(error);
  });
});

describe("catalogue", () => {
  it("uses each exit code once, above 1 and below 100", () => {
    const codes = Object.values(catalogue)
      .map((entry) => entry.exitCode)
      .filter((code) => code !== 1);
    expect(new Set(codes).size).toBe(codes.length);
    for (const code of codes) expect(code).toBeGreaterThanOrEqual(10);
    for (const code of codes) expect(code).toBeLessThan(100);
  });

  it("calls permanent what the Jobs of workers give up at once: the trainer's own codes and a wrong configuration", () => {
    const ofTrainers = Object.values(catalogue).filter(
      ({ exitCode }) => (exitCode >= 10 && exitCode < 30) || exitCode === catalogue.CONFIGURATION_INVALID.exitCode,
    );
    const permanent = ofTrainers.filter(({ disposition }) => disposition === "permanent").map((one) => one.exitCode);
    expect([...permanentTrainerExitCodes].sort()).toEqual(permanent.sort());
  });

  it("recognises its own codes alone", () => {
    expect(isErrorCode("SPEC_INVALID")).toBe(true);
    expect(isErrorCode("toString")).toBe(false);
  });
});
