import { describe, expect, it } from "vitest";
import { dataClaimsOf } from "./data-claims.ts";
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
