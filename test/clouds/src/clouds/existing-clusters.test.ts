import { describe, expect, it } from "vitest";
import { existingClusters } from "./existing-clusters.ts";

describe("existingClusters", () => {
  it("is nothing when KUBECONFIGS is not set", () => {
    expect(existingClusters("kubectl", "")).toBeUndefined();
  });

  it("calls clusters after their files, the hub first", () => {
    const clusters = existingClusters("kubectl", "/etc/hub.yaml:/etc/eks.kubeconfig:gke");
    expect(clusters?.map(({ name, kubeconfigPath }) => [name, kubeconfigPath])).toEqual([
      ["hub", "/etc/hub.yaml"],
      ["eks", "/etc/eks.kubeconfig"],
      ["gke", "gke"],
    ]);
  });

  it.each([
    { given: "only a hub", value: "hub.yaml", want: "at least one member's" },
    { given: "two files of one name", value: "a/hub.yaml:b/x.yaml:c/x.yml", want: "two files called x" },
  ])("refuses $given", ({ value, want }) => {
    expect(() => existingClusters("kubectl", value)).toThrow(want);
  });
});
