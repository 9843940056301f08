import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { chmod, copyFile, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { checkPeerList, type Peer } from "@tributary/contracts/fields";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { stringify } from "yaml";
import { type ChartApi, startMemberApi } from "../support/chart-api.ts";
import { memberValues, renderChart } from "../support/charts.ts";

const root = join(import.meta.dirname, "../..");
const gateNamespace = "tributary-gate";
const trustedMap = "tributary-gate-trusted-peers";

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Two members, each with its chart and an API server of its own. */
let members: Readonly<Record<"clinic" | "lab", ChartApi>>;
let folder: string;

const keyOf = (fill: number): string => Buffer.alloc(32, fill).toString("base64");
const clinic: Peer = { organisation: "City Clinic", member: "clinic", publicKey: keyOf(1) };
const lab: Peer = { organisation: "North Lab", member: "lab", publicKey: keyOf(2) };
const labNext = keyOf(3);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "peers-"));
  const [clinicApi, labApi] = await Promise.all(
    [clinic, lab].map(({ member, organisation }) => {
      const gate = { ...memberValues.gate, organisation };
      return startMemberApi({ ...memberValues, cluster: { name: member }, gate }, { name: member });
    }),
  );
  members = { clinic: clinicApi!, lab: labApi! };
  for (const [name, { controlPlane }] of Object.entries(members))
    await copyFile(controlPlane.kubeconfigPath, join(folder, `${name}.yaml`));
  await writeFile(
    join(folder, "kubectl"),
    `#!/bin/sh\nshift\nexec "${process.execPath}" "${root}/cli/src/main.ts" "$@"\n`,
  );
  await chmod(join(folder, "kubectl"), 0o755);
});

afterAll(async () => {
  await Promise.all(Object.values(members ?? {}).map(({ controlPlane }) => controlPlane.stop()));
  await rm(folder, { recursive: true, force: true });
});

beforeEach(async () => {
  await publish("clinic", clinic, [clinic.publicKey]);
  await publish("lab", lab, [lab.publicKey]);
  await api("clinic")("delete", "configmap", trustedMap, "--ignore-not-found");
  await api("lab")("delete", "configmap", trustedMap, "--ignore-not-found");
});

const api =
  (name: keyof typeof members) =>
  (...args: readonly string[]): Promise<string> =>
    members[name].controlPlane.kubectl([...args, "--namespace", gateNamespace]);

/** What the gate writes of itself. */
async function publish(name: keyof typeof members, { organisation, member }: Peer, publicKeys: readonly string[]) {
  await applyMap(name, "tributary-gate-identity", {
    "identity.json": JSON.stringify({ organisation, member, publicKeys, fingerprints: [] }),
  });
}

async function applyMap(name: keyof typeof members, map: string, data: object, labels: object = {}): Promise<void> {
  const manifest = {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name: map, namespace: gateNamespace, labels },
    data,
  };
  const apply = ["apply", "--server-side", "--force-conflicts", "--field-manager=gate", "-f", "-"];
  await members[name].controlPlane.kubectl(apply, stringify(manifest));
}

/** Upgrades the values of a member's chart, as far as they are its peers. */
async function setChartPeers(name: keyof typeof members, peers: readonly Peer[]): Promise<void> {
  const values = { ...memberValues, cluster: { name }, gate: { ...memberValues.gate, peers } };
  const objects = await renderChart({ chart: "tributary-member", release: name, namespace: gateNamespace, values });
  const map = objects.find(({ metadata }) => metadata.name === "tributary-gate-trust")!;
  await applyMap(name, map.metadata.name, map.data, map.metadata.labels);
}

/** Runs a line of the guide, as a shell that has `kubectl tributary` does. */
function run(line: string, environment: Readonly<Record<string, string>> = {}): Promise<Ended> {
  return new Promise((resolve) => {
    const env = { ...process.env, ...environment, PATH: `${folder}:${process.env.PATH}` };
    execFile("sh", ["-c", line], { env, cwd: folder }, (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr }),
    );
  });
}

const peers = (line: string, environment: Readonly<Record<string, string>> = {}) =>
  run(`kubectl tributary peers ${line}`, environment);

async function trustedIn(name: keyof typeof members): Promise<readonly Peer[]> {
  const map = JSON.parse(await api(name)("get", "configmap", trustedMap, "-o", "json"));
  const list = JSON.parse(map.data["peers.json"]);
  expect(checkPeerList(list)).toEqual([]);
  return list.peers;
}

const isThere = async (name: keyof typeof members): Promise<boolean> =>
  (await api(name)("get", "configmaps", "-o", "name")).includes(trustedMap);

/** Writes a member's file as `peers export` does; gives the fingerprint that its admin reads out. */
async function exportOf(peer: Peer): Promise<string> {
  await writeFile(join(folder, `${peer.member}.json`), JSON.stringify({ version: 1, ...peer }));
  return createHash("sha256")
    .update(Buffer.from(peer.publicKey, "base64"))
    .digest("hex")
    .replaceAll(/.{4}(?=.)/gu, "$&:");
}

describe("the guide of trust", () => {
  it("leads two admins through every command that it gives", async () => {
    const guide = await readFile(join(root, "docs/guides/trust.md"), "utf8");
    const lines = [...guide.matchAll(/^kubectl tributary peers .*$/gmu)].map((match) => match[0]);
    expect(lines.length).toBeGreaterThan(6);
    const heard: Record<string, string> = {};
    let exports = 0;
    for (const line of lines) {
      const isExport = line.includes(" export ");
      if (isExport && ++exports === 3) await publish("lab", lab, [lab.publicKey, labNext]);
      const ended = await run(line, heard);
      expect(ended, line).toMatchObject({ code: 0 });
      if (isExport) {
        const name = line.includes("clinic.yaml") ? "CLINIC" : "LAB";
        const [first, next] = [...ended.stderr.matchAll(/^fingerprint: (\S+)$/gmu)].map((match) => match[1]!);
        heard[`${name}_FINGERPRINT`] = first!;
        if (next !== undefined) heard[`${name}_NEXT_FINGERPRINT`] = next;
      }
      if (line.includes("--note")) expect(await trustedIn("clinic")).toEqual([{ ...lab, note: "compared by phone" }]);
      if (line.includes("--replace")) expect(await trustedIn("clinic")).toEqual([{ ...lab, alsoKey: labNext }]);
    }
    expect(await trustedIn("clinic")).toEqual([]);
    expect(await trustedIn("lab")).toEqual([clinic]);
  });

  it("computes a fingerprint in the way that it says", async () => {
    const told = await exportOf(lab);
    const guide = await readFile(join(root, "docs/guides/trust.md"), "utf8");
    const line = guide.split("\n").find((text) => text.endsWith("| sha256sum"))!;
    expect((await run(line)).stdout.slice(0, 64)).toBe(told.replaceAll(":", ""));
  });
});

describe("kubectl tributary peers", () => {
  it("lists chart values, what was trusted and the member itself, in a table and as JSON", async () => {
    const bank: Peer = { organisation: "Bank", member: "bank", publicKey: keyOf(4) };
    await setChartPeers("clinic", [bank]);
    const told = await exportOf(lab);
    await peers(`trust lab.json --fingerprint ${told} --member-kubeconfig clinic.yaml`);
    const table = await peers("list --member-kubeconfig clinic.yaml");
    expect(table).toMatchObject({ code: 0, stderr: "" });
    expect(table.stdout.split("\n").map((line) => line.split(/ {2,}/u).toSpliced(2, 1))).toEqual([
      ["ORGANISATION", "MEMBER", "FROM"],
      ["Bank", "bank", "chart values"],
      ["City Clinic", "clinic", "this member itself"],
      ["North Lab", "lab", "trusted"],
      [""],
    ]);
    const json = JSON.parse((await peers("list -o json --member-kubeconfig clinic.yaml")).stdout);
    expect(json.contradictions).toEqual([]);
    expect(json.peers[2]).toEqual({
      organisation: "North Lab",
      member: "lab",
      publicKeys: [lab.publicKey],
      fingerprints: [told],
      from: ["trusted"],
    });
  });

  it("says what contradicts each other once an upgrade of the chart made it so", async () => {
    const told = await exportOf(lab);
    await peers(`trust lab.json --fingerprint ${told} --member-kubeconfig clinic.yaml`);
    await setChartPeers("clinic", [{ ...lab, publicKey: keyOf(5) }]);
    const listed = await peers("list --member-kubeconfig clinic.yaml");
    expect(listed).toMatchObject({ code: 1, stdout: expect.stringContaining("City Clinic") });
    expect(listed.stderr).toContain(
      "the gate admits no round until its lists agree: member lab is of organisation North Lab",
    );
    const removed = await peers("remove lab --member-kubeconfig clinic.yaml");
    expect(removed.stdout).toContain("still trusted: gate.peers");
    expect((await peers("list --member-kubeconfig clinic.yaml")).code).toBe(0);
    await setChartPeers("clinic", []);
  });

  it("trusts nobody with another fingerprint, and writes nothing", async () => {
    const own = await exportOf(clinic);
    const told = await exportOf(lab);
    for (const [given, said] of [
      [own, "a key in it has another fingerprint"],
      [told.slice(0, 9), "must be a whole fingerprint"],
    ] as const) {
      const ended = await peers(`trust lab.json --fingerprint ${given} --member-kubeconfig clinic.yaml`);
      expect(ended).toMatchObject({ code: 2, stdout: "", stderr: expect.stringContaining(said) });
      expect(ended.stderr).not.toContain(told);
    }
    expect((await peers("trust lab.json --member-kubeconfig clinic.yaml")).stderr).toContain(
      "--fingerprint is missing",
    );
    const self = await peers(`trust clinic.json --fingerprint ${own} --member-kubeconfig clinic.yaml`);
    expect(self).toMatchObject({ code: 2, stderr: expect.stringContaining("this member itself") });
    expect(await isThere("clinic")).toBe(false);
  });

  it("replaces a member's key only when it is told to", async () => {
    const told = await exportOf(lab);
    await peers(`trust lab.json --fingerprint ${told} --member-kubeconfig clinic.yaml`);
    const next = await exportOf({ ...lab, publicKey: labNext });
    const command = `trust lab.json --fingerprint ${next} --member-kubeconfig clinic.yaml`;
    const refused = await peers(command);
    expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining("--replace") });
    expect(await trustedIn("clinic")).toEqual([lab]);
    const replaced = await peers(`${command} --replace`);
    expect(replaced.stdout).toBe(
      `- member lab of organisation North Lab, ${told}\n+ member lab of organisation North Lab, ${next}\n`,
    );
    expect(await trustedIn("clinic")).toEqual([{ ...lab, publicKey: labNext }]);
    expect(await peers(command)).toMatchObject({ code: 0, stdout: "member lab is trusted already\n" });
  });

  it("keeps every member when several are trusted at once, or says that the list changed", async () => {
    const names = ["a", "b", "c", "d"];
    const ends = await Promise.all(
      names.map(async (member, index) => {
        const told = await exportOf({ organisation: member, member, publicKey: keyOf(10 + index) });
        const command = `trust ${member}.json --fingerprint ${told} --member-kubeconfig clinic.yaml`;
        return [member, await peers(command)] as const;
      }),
    );
    const done = ends.filter(([, { code }]) => code === 0).map(([member]) => member);
    expect(done.length).toBeGreaterThan(0);
    expect((await trustedIn("clinic")).map(({ member }) => member).sort()).toEqual(done);
    for (const [, { code, stderr }] of ends) if (code !== 0) expect(stderr).toMatch(/changed|modified|meanwhile/u);
  });

  it.each<[string, () => Promise<void>, string, number, string]>([
    [
      "no gate",
      async () => {},
      "list --namespace default --member-kubeconfig clinic.yaml",
      1,
      "ConfigMap default/tributary-gate-identity",
    ],
    [
      "a namespace that is none",
      async () => {},
      "list --namespace A_B --member-kubeconfig clinic.yaml",
      2,
      "--namespace",
    ],
    ["no kubeconfig", async () => {}, "list --member-kubeconfig missing.yaml", 2, "missing.yaml"],
    [
      "a member that is not trusted",
      async () => {},
      "remove lab --member-kubeconfig clinic.yaml",
      2,
      "member lab is not trusted",
    ],
    [
      "a gate that published nothing",
      () => clearIdentity(),
      "export --member-kubeconfig clinic.yaml",
      1,
      "has not published its identity",
    ],
    [
      "an identity of one who cannot count",
      () => publish("clinic", clinic, []),
      "export --member-kubeconfig clinic.yaml",
      1,
      "publicKey",
    ],
    [
      "a list that somebody broke",
      () => writeList("{"),
      "list --member-kubeconfig clinic.yaml",
      1,
      `ConfigMap ${gateNamespace}/${trustedMap} cannot be used`,
    ],
    ["a verb that does not exist", async () => {}, "trusts", 2, "trusts"],
  ])("says what to mend with %s", async (_what, given, line, code, said) => {
    await given();
    expect(await peers(line)).toMatchObject({ code, stdout: "", stderr: expect.stringContaining(said) });
  });

  it("leaves alone a list that somebody else keeps", async () => {
    const told = await exportOf(lab);
    await applyMap("clinic", trustedMap, { "peers.json": '{"version":1,"peers":[]}' });
    const ended = await peers(`trust lab.json --fingerprint ${told} --member-kubeconfig clinic.yaml`);
    expect(ended).toMatchObject({ code: 1, stderr: expect.stringContaining("is not of this command") });
    expect(await trustedIn("clinic")).toEqual([]);
  });
});

async function clearIdentity(): Promise<void> {
  await api("clinic")(
    "patch",
    "configmap",
    "tributary-gate-identity",
    "--type=json",
    '-p=[{"op":"remove","path":"/data"}]',
  );
}

async function writeList(text: string): Promise<void> {
  await applyMap("clinic", trustedMap, { "peers.json": text }, { "app.kubernetes.io/managed-by": "tributary" });
}
