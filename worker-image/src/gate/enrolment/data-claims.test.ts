import { describe, expect, it } from "vitest";
import { dataClaimsOf, encodeDataClaims } from "./data-claims.ts";
import { aRuntime } from "./testing/a-worker-pod.ts";

// biome-ignore lint/suspicious/noExplicitAny: tests change parts of a runtime
type Runtime = any;
const volume = (name: string, claimName: string) => ({ name, persistentVolumeClaim: { claimName } });
const claimsOf = (change: (runtime: Runtime) => unknown) => dataClaimsOf(aRuntime(change), "sidecar");
const mounting = (...mounts: object[]) =>
  claimsOf(({ template: { spec } }) => {
    spec.volumes = [volume("a", "claim-a"), volume("b", "claim-b"), { name: "tmp", emptyDir: {} }];
    spec.containers[0].volumeMounts = mounts;
  }).claims;
const claim = (name: string, subPath = "") => ({ namespace: "tributary-jobs", claim: name, subPath });

describe("dataClaimsOf", () => {
  it("names the claim and folder that the chart mounts in the trainer", () => {
    expect(dataClaimsOf(aRuntime(), "sidecar")).toEqual({
      claims: [claim("notes", "legal")],
      namespace: "tributary-jobs",
      template: "full.notes",
    });
  });

  it("names each once, sorted, whatever the order and the paths of the mounts", () => {
    const expected = [claim("claim-a"), claim("claim-a", "x/y"), claim("claim-b")];
    const mounts = [
      { name: "b", mountPath: "/1" },
      { name: "a", mountPath: "/2", subPath: "x/y" },
      { name: "a", mountPath: "/3", subPath: "./x//y/" },
      { name: "a", mountPath: "/4", subPath: "." },
      { name: "tmp", mountPath: "/5" },
    ];
    expect(mounting(...mounts)).toEqual(expected);
    expect(mounting(...mounts.toReversed())).toEqual(expected);
  });

  it("names what another container than the sidecar is given, as a folder or a device", () => {
    const { claims } = claimsOf(({ template: { spec } }) => {
      spec.volumes.push(volume("raw", "disk"), volume("more", "more"), volume("state", "state"));
      spec.containers[0].volumeDevices = [{ name: "raw", devicePath: "/dev/x" }];
      spec.initContainers.push({ name: "prepare", volumeMounts: [{ name: "more", mountPath: "/m" }] });
      spec.initContainers[0].volumeMounts.push({ name: "state", mountPath: "/s" });
    });
    expect(claims).toEqual([claim("disk"), claim("more"), claim("notes", "legal")]);
  });

  it("names none of a runtime without data, which then stands for itself", () => {
    const bare = claimsOf(({ template: { spec } }) => delete spec.containers[0].volumeMounts);
    expect(bare).toEqual({ claims: [], namespace: "tributary-jobs", template: "full.notes" });
  });

  it("refuses a folder that depends on the pod", () => {
    expect(() => mounting({ name: "a", mountPath: "/1", subPathExpr: "$(HOSTNAME)" })).toThrow(
      'container trainer of PodTemplate full.notes, mount a: subPathExpr must be nothing, is "$(HOSTNAME)"',
    );
  });
});

describe("encodeDataClaims", () => {
  const text = (claims: Parameters<typeof encodeDataClaims>[0]) =>
    Buffer.from(encodeDataClaims(claims)).toString("latin1");
  const none = { claims: [], namespace: "jobs", template: "noop" };

  it("writes claims and sub-paths with their lengths", () => {
    const claims = [claim("notes", "legal"), claim("x")];
    expect(text({ ...none, claims })).toBe(
      "tributary/data\0\0\0\x02\x0etributary-jobs\x05notes\0\x05legal\x0etributary-jobs\x01x\0\0",
    );
  });

  it("writes the runtime where there is no claim", () => {
    expect(text(none)).toBe("tributary/data\0\0\0\0\x04jobs\0\x04noop");
  });

  it("counts lengths in bytes and refuses what has too many", () => {
    expect(text({ ...none, claims: [claim("x", "ä")] })).toContain("\0\x02\xc3\xa4");
    expect(() => text({ ...none, claims: [claim("x".repeat(256))] })).toThrow("has 256 bytes");
  });

  it("never makes the same bytes of two lists", () => {
    const lists = [[claim("a", "b")], [claim("a"), claim("b")], [claim("ab")], [claim("a", "b/c")], [claim("b", "a")]];
    expect(new Set(lists.map((claims) => text({ ...none, claims }))).size).toBe(lists.length);
  });
});
