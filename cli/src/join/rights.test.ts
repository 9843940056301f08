import { describe, expect, it } from "vitest";
import { clusterRights, describeRights, namespaceRights } from "./rights.ts";

describe("the rights that the operator needs in a member", () => {
  it("are told kind by kind", () => {
    expect(describeRights(namespaceRights("jobs"))).toBe(
      [
        "get namespaces jobs",
        "create, get, list, watch, delete, patch jobs.batch",
        "create, get, list, watch, delete, patch configmaps",
        "list, watch pods",
        "list, watch podtemplates",
        "list, watch events",
      ].join("; "),
    );
    expect(describeRights(clusterRights({ namespace: "jobs", name: "tributary-hub" }))).toBe(
      "list, watch nodes; get namespaces kube-system; create serviceaccounts/token tributary-hub",
    );
  });
});
