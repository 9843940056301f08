import { describe, expect, it } from "vitest";
import { nothingInjected } from "../enrolment/testing/nothing-injected.ts";
import { parseGateConfig } from "./gate-config.ts";

const least = {
  version: 1,
  cluster: "aws",
  namespaces: ["jobs"],
  images: ["a:1"],
  serverNames: ["gate"],
  caDirectory: "/ca",
};
const read = (more: object) => parseGateConfig("gate.json", JSON.stringify({ ...least, ...more }));
const DIGEST = `sha256:${"a".repeat(64)}`;

describe("parseGateConfig", () => {
  it("takes nothing for injected, no digests for demanded, when they are left out or null", () => {
    const expected = { injected: nothingInjected, requireImageDigests: false, runningDigests: [] };
    expect(read({})).toMatchObject(expected);
    expect(read({ injected: null, requireImageDigests: null, runningDigests: null })).toMatchObject(expected);
  });

  it("reads what the chart writes", () => {
    const injected = { ...nothingInjected, containers: ["istio-proxy"] };
    const values = { injected, requireImageDigests: true, runningDigests: [DIGEST] };
    expect(read(values)).toMatchObject(values);
  });

  it.each([
    [{ injected: { container: ["a"] } }, "injected.container is"],
    [{ injected: { containers: [""] } }, "injected.containers is"],
    [{ injected: { containers: "a" } }, "injected.containers is"],
    [{ requireImageDigests: "yes" }, 'requireImageDigests is "yes", must be true or false'],
    [{ runningDigests: ["sha256:1"] }, "runningDigests is"],
  ])("refuses %j", (more, says) => {
    expect(() => read(more)).toThrow(says);
    expect(() => read(more)).toThrow(expect.objectContaining({ code: "CONFIGURATION_INVALID" }));
  });
});
