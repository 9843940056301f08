import { Metadata } from "@grpc/grpc-js";
import { describe, expect, it } from "vitest";
import { TributaryError } from "../errors/tributary-error.ts";
import { fromServiceError, toServiceError } from "./grpc-errors.ts";

const carried = (error: unknown) => fromServiceError(toServiceError(error), "Enrol", "GATE_UNREACHABLE");
const asking = (sent: string) => {
  const metadata = new Metadata();
  metadata.set("tributary-retry-after-ms", sent);
  return fromServiceError({ code: 8, metadata }, "Enrol", "GATE_UNREACHABLE");
};

describe("an error that crosses the wire", () => {
  it("keeps its code and the time until a retry, and shows the public sentence alone", () => {
    const error = carried(new TributaryError("QUEUE_FULL", "10.0.0.1 asks too often", { retryAfterMs: 1_500.2 }));
    expect(error).toMatchObject({ code: "QUEUE_FULL", retryAfterMs: 1_501 });
    expect(error.message).not.toContain("10.0.0.1");
  });

  it("asks for no wait when it says none", () => {
    expect(carried(new TributaryError("QUEUE_FULL", "full")).retryAfterMs).toBeUndefined();
  });

  it.each(["60001", "999999999", "-1", "1.5", "", "soon"])("asks for no wait of %s ms", (sent) => {
    expect(asking(sent).retryAfterMs).toBeUndefined();
  });

  it("asks for at most a minute", () => {
    expect(asking("60000").retryAfterMs).toBe(60_000);
  });
});
