import { describe, expect, it } from "vitest";
import { cgroupHierarchies, trackingHierarchy } from "./cgroups.ts";
import { mountPointsUnder, parseMountInfo } from "./mounts.ts";
import { renderMountScript, replacedFolders } from "./namespaces.ts";
import { forwardPolicyIsDrop } from "./network.ts";

const mountInfo = [
  "21 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw",
  "30 21 0:26 / /sys/fs/cgroup/cpuset rw,relatime - cgroup cgroup rw,cpuset",
  "31 21 0:27 / /sys/fs/cgroup/pids rw,relatime - cgroup cgroup rw,pids",
  "32 21 0:28 / /sys/fs/cgroup/unified rw,relatime shared:9 - cgroup2 cgroup2 rw",
  "40 21 254:0 /clouds/hub /clouds/hub/namespaces rw - ext4 /dev/vda rw",
  "41 40 0:4 net:[1] /clouds/hub/namespaces/network rw - nsfs nsfs rw",
  "42 21 254:0 / /clouds/with\\040space rw - ext4 /dev/vda rw",
  "43 21 254:0 / /clouds/hubble rw - ext4 /dev/vda rw",
].join("\n");

describe("the mount table", () => {
  const mounts = parseMountInfo(mountInfo);

  it("is read with its escapes", () => {
    expect(mounts.map((mount) => mount.mountPoint)).toContain("/clouds/with space");
  });

  it("lists what lies under a folder, innermost first, and no folder that merely begins alike", () => {
    expect(mountPointsUnder(mounts, "/clouds/hub")).toEqual([
      "/clouds/hub/namespaces/network",
      "/clouds/hub/namespaces",
    ]);
  });

  it("tells the cgroup hierarchies and their controllers", () => {
    const hierarchies = cgroupHierarchies(mounts);
    expect(hierarchies.map(({ version }) => version)).toEqual([1, 1, 2]);
    expect(trackingHierarchy(hierarchies).mountPoint).toBe("/sys/fs/cgroup/pids");
  });

  it("falls back to the unified hierarchy where there is no v1 pids controller", () => {
    const unified = cgroupHierarchies(parseMountInfo("30 21 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw"));
    expect(trackingHierarchy(unified).version).toBe(2);
    expect(() => trackingHierarchy([])).toThrow("no cgroup hierarchy");
  });
});

describe("the script that makes a cloud's mounts", () => {
  const lines = renderMountScript("/clouds/hub", "/clouds").split("\n");

  it("cuts itself off from the machine before it mounts anything", () => {
    expect(lines[0]).toBe("mount --make-rprivate /");
  });

  it("replaces every folder that is found by a fixed name", () => {
    for (const [fixed, own] of Object.entries(replacedFolders)) {
      expect(lines.filter((line) => line.includes(`--bind "/clouds/hub/${own}" "${fixed}"`))).toHaveLength(1);
    }
  });
});

describe("forwardPolicyIsDrop", () => {
  const chain = (hook: string, policy: string) =>
    `table ip filter {\n\tchain C {\n\t\ttype filter hook ${hook} priority filter; policy ${policy};\n\t}\n}\n`;

  it.each([
    { given: "a container engine's forward chain", chains: chain("forward", "drop"), want: true },
    { given: "an accepting forward chain", chains: chain("forward", "accept"), want: false },
    { given: "a dropping input chain", chains: chain("input", "drop"), want: false },
    { given: "no chain", chains: "", want: false },
  ])("is $want for $given", ({ chains, want }) => {
    expect(forwardPolicyIsDrop(chains)).toBe(want);
  });
});
