import { TributaryError } from "@tributary/kit";
import { describe, expect, it } from "vitest";
import type { ApiClient } from "../../runtime/api/api-client.ts";
import { ServerFactsReader } from "./server-facts.ts";

const { signal } = new AbortController();

/** A link to a cluster; one that does not say its uid refuses. */
function aLink(clusterUid: string | undefined, cluster = "aws") {
  const asked: string[] = [];
  const client = {
    cluster,
    async getPath(path: string) {
      asked.push(path);
      return { gitVersion: "v1.34.4" };
    },
    async get() {
      if (clusterUid === undefined) throw new TributaryError("FORBIDDEN", "may not get namespaces");
      return { metadata: { uid: clusterUid } };
    },
  };
  return { asked, client: client as unknown as ApiClient };
}

describe("what an API server says of itself", () => {
  it("is asked once a minute over one link", async () => {
    let nowMs = 0;
    const servers = new ServerFactsReader(() => nowMs);
    const { asked, client } = aLink("uid");
    expect(await servers.refresh(client, undefined, signal)).toBe(true);
    nowMs = 59_999;
    expect(await servers.refresh(client, undefined, signal)).toBe(false);
    expect(asked).toHaveLength(1);
    nowMs = 60_000;
    expect(await servers.refresh(client, undefined, signal)).toBe(false);
    expect(asked).toHaveLength(2);
  });

  it("counts for the link over which it was said and for no later one under the same name", async () => {
    const servers = new ServerFactsReader(() => 0);
    const [former, another] = [aLink("former").client, aLink("another").client];
    await servers.refresh(former, undefined, signal);
    expect(servers.clusterUidOf(former)).toBe("former");
    expect(servers.clusterUidOf(another)).toBeUndefined();
    expect(await servers.refresh(another, undefined, signal)).toBe(true);
    expect([servers.clusterUidOf(former), servers.clusterUidOf(another)]).toEqual([undefined, "another"]);
  });

  it("lacks what the member does not allow", async () => {
    const servers = new ServerFactsReader(() => 0);
    const { client } = aLink(undefined);
    expect(await servers.refresh(client, undefined, signal)).toBe(false);
    expect(servers.of("aws")).toEqual({ kubernetesVersion: "v1.34.4" });
  });

  it("is asked for the gate's word on its network where jobs may run", async () => {
    const servers = new ServerFactsReader(() => 0);
    const message = "ConfigMap jobs/tributary-gate-network of the member holds nothing yet";
    await servers.refresh(aLink("uid").client, "jobs", signal);
    expect(servers.of("aws")?.egress).toMatchObject({ status: "Unknown", message: expect.stringContaining(message) });
  });
});
