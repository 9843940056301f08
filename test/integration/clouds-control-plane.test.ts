import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync, readlinkSync } from "node:fs";
import { mkdtemp, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { type ControlPlane, startControlPlane } from "@tributary/clouds";
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from "vitest";

describe("a control plane without nodes", () => {
  let controlPlane: ControlPlane;

  beforeAll(async () => {
    controlPlane = await startControlPlane({ name: "hub", apiServerFlags: ["--request-timeout=47s"] });
  });

  afterAll(async () => {
    await controlPlane?.stop();
  });

  const create = (object: object) => controlPlane.kubectl(["create", "-o", "json", "-f", "-"], JSON.stringify(object));

  it("runs with the flags it was given", () => {
    const commandLine = readFileSync(`/proc/${controlPlane.pids()["kube-apiserver"]}/cmdline`, "utf8");
    expect(commandLine).toContain("--request-timeout=47s");
  });

  it("keeps url and objects when the API server is killed and started again", async () => {
    await create({ apiVersion: "v1", kind: "ConfigMap", metadata: { name: "kept", namespace: "default" } });
    const { url } = controlPlane;
    const pidBefore = controlPlane.pids()["kube-apiserver"];
    expect(controlPlane.signal("kube-apiserver", "SIGKILL")).toBe(true);
    await controlPlane.restart("kube-apiserver");
    expect(controlPlane.url).toBe(url);
    expect(controlPlane.pids()["kube-apiserver"]).not.toBe(pidBefore);
    expect(await controlPlane.kubectl(["get", "configmap", "kept", "-o", "name"])).toBe("configmap/kept\n");
  });

  it("keeps objects when etcd is killed and started again", async () => {
    await create({ apiVersion: "v1", kind: "ConfigMap", metadata: { name: "durable", namespace: "default" } });
    controlPlane.signal("etcd", "SIGKILL");
    await controlPlane.restart("etcd");
    expect(await controlPlane.kubectl(["get", "configmap", "durable", "-o", "name"])).toBe("configmap/durable\n");
  });

  it("does not answer while its API server is stopped, and answers when it continues", async () => {
    controlPlane.signal("kube-apiserver", "SIGSTOP");
    await expect(controlPlane.waitUntilReady(1)).rejects.toThrow("readiness of the API server of hub did not happen");
    controlPlane.signal("kube-apiserver", "SIGCONT");
    await controlPlane.waitUntilReady();
  });

  it("mints tokens that a token review accepts for their audience and for no other", async () => {
    await controlPlane.kubectl(["create", "serviceaccount", "sidecar"]);
    const token = await controlPlane.mintToken({
      namespace: "default",
      serviceAccount: "sidecar",
      audience: "tributary",
    });
    const review = async (audience: string) => {
      const spec = { token, audiences: [audience] };
      return JSON.parse(await create({ apiVersion: "authentication.k8s.io/v1", kind: "TokenReview", spec })).status;
    };
    expect(await review("tributary")).toMatchObject({
      authenticated: true,
      user: { username: "system:serviceaccount:default:sidecar" },
    });
    expect(await review("another")).not.toHaveProperty("authenticated", true);
  });

  it("issues kubeconfigs whose user has no rights until they are given", async () => {
    const kubeconfig = await controlPlane.kubeconfigFor({ user: "tributary-hub", groups: ["members"] });
    const whoAmI = await controlPlane.kubectl(["--kubeconfig", kubeconfig, "auth", "whoami", "-o", "json"]);
    expect(JSON.parse(whoAmI).status.userInfo).toMatchObject({
      username: "tributary-hub",
      groups: ["members", "system:authenticated"],
    });
    await expect(controlPlane.kubectl(["--kubeconfig", kubeconfig, "get", "secrets"])).rejects.toThrow("Forbidden");
  });

  it("says why it did not start when a flag is wrong", async () => {
    const start = startControlPlane({ name: "wrong", apiServerFlags: ["--no-such-flag"] });
    await expect(start).rejects.toThrow("unknown flag: --no-such-flag");
  });

  it("leaves neither process nor folder behind", async () => {
    const other = await startControlPlane({ name: "other", controllerManager: true });
    const pids = Object.values(other.pids());
    expect(pids).toHaveLength(3);
    await other.stop();
    expect(pids.filter(isRunning)).toEqual([]);
    expect(existsSync(other.directory)).toBe(false);
  });

  it("dies with a killed program, and the next start removes what that left", async () => {
    // A folder of its own: a control plane that another test starts meanwhile would remove what is left, too.
    const folder = await mkdtemp(join(tmpdir(), "orphans-"));
    onTestFinished(() => rm(folder, { recursive: true }));
    vi.stubEnv("TMPDIR", folder);
    onTestFinished(() => void vi.unstubAllEnvs());
    const script = `import { startControlPlane } from "@tributary/clouds";
      const plane = await startControlPlane({ name: "orphan" });
      console.log(JSON.stringify({ directory: plane.directory, pids: Object.values(plane.pids()) }));
      setInterval(() => {}, 60_000);`;
    const starter = spawn(process.execPath, ["--input-type=module", "--eval", script], {
      cwd: import.meta.dirname,
      stdio: ["ignore", "pipe", "inherit"],
    });
    const [line] = await once(createInterface({ input: starter.stdout }), "line");
    const { directory, pids } = JSON.parse(line);
    expect(pids.filter(isRunning)).toEqual(pids);
    const ended = once(starter, "exit");
    starter.kill("SIGKILL");
    await ended;
    await vi.waitUntil(() => pids.filter(isRunning).length === 0, { timeout: 30_000 });
    expect(existsSync(directory)).toBe(true);
    await (await startControlPlane({ name: "next" })).stop();
    expect(existsSync(directory)).toBe(false);
  });

  it("uses the programs of KUBEBUILDER_ASSETS when they are there", async () => {
    const assets = await mkdtemp(join(tmpdir(), "assets-"));
    for (const [name, pid] of Object.entries(controlPlane.pids())) {
      await symlink(readlinkSync(`/proc/${pid}/exe`), join(assets, name));
    }
    vi.stubEnv("KUBEBUILDER_ASSETS", assets);
    try {
      await using other = await startControlPlane({ name: "assets" });
      const commandLine = readFileSync(`/proc/${other.pids().etcd}/cmdline`, "utf8");
      expect(commandLine.startsWith(join(assets, "etcd"))).toBe(true);
    } finally {
      vi.unstubAllEnvs();
      await rm(assets, { recursive: true });
    }
  });
});

/** A process that has ended and is not yet collected has no command line. */
function isRunning(pid: number): boolean {
  const path = `/proc/${pid}/cmdline`;
  return existsSync(path) && readFileSync(path, "utf8") !== "";
}
