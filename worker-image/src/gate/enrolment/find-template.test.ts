import { describe, expect, it } from "vitest";
import type { PodTemplateView } from "../kubernetes/pod-shape.ts";
import { findTemplate, runtimeOf } from "./find-template.ts";
import { requireForeign } from "./injected.ts";
import { aRuntime, aWorkerPod } from "./testing/a-worker-pod.ts";
import { nothingInjected } from "./testing/nothing-injected.ts";

const RUNTIME = "tributary.dev/runtime";
const DATASET = "tributary.dev/dataset";

/** A PodTemplate with the labels that are given, of one version with the pod. */
function template(name: string, labels: Record<string, string>, namespace = "tributary-jobs"): PodTemplateView {
  return aRuntime((each) => {
    each.metadata = { name, namespace, labels };
  });
}

const own = template("full.notes", { [RUNTIME]: "full", [DATASET]: "notes" });

describe("findTemplate", () => {
  it("is the one of the pod's runtime and data set", () => {
    const others = [template("full", { [RUNTIME]: "full" }), template("other", { [RUNTIME]: "full", [DATASET]: "b" })];
    expect(findTemplate(aWorkerPod(), [...others, own])).toBe(own);
  });

  it("is the one without a data set for a pod that has none", () => {
    const pod = aWorkerPod(({ metadata }) => delete metadata.labels[DATASET]);
    const bare = template("full", { [RUNTIME]: "full" });
    expect(findTemplate(pod, [own, bare])).toBe(bare);
  });

  it.each([
    { name: "none", templates: [], says: "is of no PodTemplate" },
    { name: "one of another namespace", templates: [template("a", own.metadata.labels!, "other")], says: "is of no" },
    {
      name: "one whose labels say the same when they are joined",
      templates: [
        template("full.notes", { [RUNTIME]: "full.notes" }),
        template("full.notes", { [RUNTIME]: "full", [DATASET]: "" }),
        template("full.notes", { [RUNTIME]: "notes", [DATASET]: "full" }),
      ],
      says: "none of its namespace has tributary.dev/runtime full and tributary.dev/dataset notes",
    },
    { name: "two", templates: [own, template("twin", own.metadata.labels!)], says: "more than one" },
  ])("refuses a pod of $name", ({ templates, says }) => {
    expect(() => findTemplate(aWorkerPod(), templates)).toThrow(says);
    expect(() => findTemplate(aWorkerPod(), templates)).toThrow(expect.objectContaining({ code: "ENROLMENT_REFUSED" }));
  });

  it("refuses a pod that was made from another version of its runtime, and says what helps", () => {
    const pod = aWorkerPod(({ metadata }) => {
      metadata.labels["tributary.dev/runtime-version"] = "earlier";
    });
    expect(() => findTemplate(pod, [own])).toThrow(
      "was made from version earlier of PodTemplate full.notes, which is at e53bdde3ac50f552: its Job must be made anew",
    );
  });

  it("refuses a pod that names no runtime", () => {
    expect(runtimeOf(aWorkerPod())).toBe("full");
    const pod = aWorkerPod(({ metadata }) => delete metadata.labels[RUNTIME]);
    expect(() => runtimeOf(pod)).toThrow(`has no label ${RUNTIME}`);
  });
});

describe("requireForeign", () => {
  const { spec } = aRuntime().template;

  it.each([
    ["containers", "trainer"],
    ["containers", "sidecar"],
    ["initContainers", "sidecar"],
    ["volumes", "tributary-memory"],
  ] as const)("refuses a list of %s with the runtime's %s", (list, name) => {
    const injected = { ...nothingInjected, [list]: ["other", name] };
    expect(() => requireForeign(injected, spec)).toThrow(`gate.injected.${list} names ${name}`);
  });

  it("lets other names be listed", () => {
    expect(() => requireForeign({ ...nothingInjected, containers: ["istio-proxy"] }, spec)).not.toThrow();
  });
});
