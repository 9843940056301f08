import { describe, expect, it } from "vitest";
import { cloudNamed, cloudsWith, extraCloudNamed, layoutOf, localClouds } from "./cloud.ts";

const layouts = localClouds.map((cloud) => layoutOf(cloud, "/clouds"));

describe("the layouts of the local clouds", () => {
  it.each([
    { what: "pod ranges", values: layouts.map((layout) => layout.podCidr) },
    { what: "Service ranges", values: layouts.map((layout) => layout.serviceCidr) },
    { what: "node addresses", values: layouts.map((layout) => layout.nodeAddress) },
    { what: "machine addresses", values: layouts.map((layout) => layout.hostAddress) },
    { what: "links", values: layouts.map((layout) => layout.hostLink) },
    { what: "cgroups", values: layouts.map((layout) => layout.cgroup) },
    { what: "folders", values: layouts.map((layout) => layout.directory) },
  ])("share no $what", ({ values }) => {
    expect(new Set(values).size).toBe(localClouds.length);
  });

  it("keep link names within the kernel's 15 characters, also for the largest index", () => {
    const [hub] = localClouds;
    expect(hub && layoutOf({ ...hub, index: 255 }).hostLink.length).toBeLessThanOrEqual(15);
  });

  it("give pods the first Service address for the API server", () => {
    expect(layoutOf(cloudNamed("aws-us-east-1"), "/clouds")).toMatchObject({
      podCidr: "10.202.1.0/24",
      serviceCidr: "10.203.1.0/24",
      apiServiceAddress: "10.203.1.1",
      nodeAddress: "10.201.1.2",
      directory: "/clouds/aws-us-east-1",
    });
  });

  it("have exactly one hub, and members that offer GPUs", () => {
    expect(localClouds.filter((cloud) => cloud.role === "hub").map((cloud) => cloud.name)).toEqual(["hub"]);
    expect(localClouds.filter((cloud) => cloud.role === "member").map((cloud) => cloud.fakeGpus)).toEqual([4, 2, 0]);
  });

  it("start without the lab, unless somebody asks for it", () => {
    const names = (extra: readonly string[]) => cloudsWith(extra).map(({ name }) => name);
    expect(names([])).toEqual(["hub", "aws-us-east-1", "gcp-europe-west4"]);
    expect(names(["lab"])).toEqual(["hub", "aws-us-east-1", "gcp-europe-west4", "lab"]);
    expect(() => names(["azure"])).toThrow('no local cloud is called "azure"');
  });

  it("are removed alone only where they were asked for", () => {
    expect(extraCloudNamed("lab").name).toBe("lab");
    expect(() => extraCloudNamed("hub")).toThrow('local cloud "hub" is always there');
  });
});

describe("cloudNamed", () => {
  it("names the clouds there are when it is asked for another", () => {
    expect(() => cloudNamed("azure")).toThrow(
      'no local cloud is called "azure"; there are hub, aws-us-east-1, gcp-europe-west4, lab',
    );
  });
});
