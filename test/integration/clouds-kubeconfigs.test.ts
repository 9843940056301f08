import { copyFile, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type ControlPlane, down, importImage, kubectl, startControlPlane, status, up } from "@tributary/clouds";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";

describe("clusters named by KUBECONFIGS", () => {
  let planes: ControlPlane[];
  let folder: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "kubeconfigs-"));
    planes = await Promise.all(["hub", "eks"].map((name) => startControlPlane({ name })));
    for (const plane of planes) await copyFile(plane.kubeconfigPath, join(folder, `${plane.name}.yaml`));
    vi.stubEnv("KUBECONFIGS", planes.map((plane) => join(folder, `${plane.name}.yaml`)).join(":"));
  });

  afterAll(async () => {
    vi.unstubAllEnvs();
    await Promise.all(planes.map((plane) => plane.stop()));
    await rm(folder, { recursive: true });
  });

  it("are used as they are: the first is the hub, the rest are members, and nothing is started", async () => {
    const steps: string[] = [];
    const clusters = await up({ progress: (line) => steps.push(line) });
    expect(steps).toEqual(
      ["hub", "eks"].map((name) => `${name}: using the cluster of ${join(folder, `${name}.yaml`)}`),
    );
    expect(clusters).toEqual({
      hub: {
        name: "hub",
        role: "hub",
        kubeconfigPath: join(folder, "hub.yaml"),
        url: planes[0]?.url,
        nodeAddress: undefined,
      },
      members: [
        {
          name: "eks",
          role: "member",
          kubeconfigPath: join(folder, "eks.yaml"),
          url: planes[1]?.url,
          nodeAddress: undefined,
        },
      ],
      local: false,
    });
    expect(await kubectl("eks", ["get", "namespace", "default", "-o", "name"])).toBe("namespace/default\n");
  });

  it("outlive down, and are not part of the status of local clouds", async () => {
    await down();
    expect(await status()).toEqual([]);
    expect(await kubectl("hub", ["get", "--raw=/readyz"])).toBe("ok");
  });

  it("take no image from here, and no other name", async () => {
    await expect(importImage("eks", "image.tar")).rejects.toThrow("possible only for local clouds");
    await expect(kubectl("gke", ["version"])).rejects.toThrow('no cluster called "gke"; it names hub, eks');
  });

  it("fail up with the name of the one that does not answer", async () => {
    planes[1]?.signal("kube-apiserver", "SIGKILL");
    await expect(up()).rejects.toThrow(join(folder, "eks.yaml"));
    await planes[1]?.restart("kube-apiserver");
  });
});
