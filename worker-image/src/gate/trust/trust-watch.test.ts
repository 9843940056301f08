import { mkdir, mkdtemp, readFile, rename, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Clock, createLogger, TributaryError } from "@tributary/kit";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { readTrustFiles } from "./read-trust-files.ts";
import type { OwnIdentity } from "./trust.ts";
import { LOOK_EVERY_MS, type TrustChange, TrustWatch } from "./trust-watch.ts";

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "trust-"));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const key = (fill: number) => new Uint8Array(32).fill(fill);
const base64 = (fill: number) => Buffer.from(key(fill)).toString("base64");
const peersOf = (...peers: object[]) => JSON.stringify({ version: 1, peers });
const lab = { organisation: "Lab", member: "lab", publicKey: base64(1) };
const anyPolicy = '{"version":1}';

interface Files {
  readonly peers?: string;
  readonly policy?: string;
  readonly trusted?: string;
}

let version = 0;
/** Exchanges the files as a kubelet does: a new folder, then the link to it by one rename; the former folder goes. */
async function mount({ peers = peersOf(), policy = anyPolicy, trusted }: Files): Promise<void> {
  const name = `..version-${version++}`;
  const former = await readFile(join(directory, "..data/peers.json")).then(
    () => `..version-${version - 2}`,
    () => undefined,
  );
  await mkdir(join(directory, name));
  await writeFile(join(directory, name, "peers.json"), peers);
  await writeFile(join(directory, name, "policy.json"), policy);
  if (trusted !== undefined) {
    await mkdir(join(directory, name, "trusted"));
    await writeFile(join(directory, name, "trusted/peers.json"), trusted);
  }
  await symlink(name, join(directory, "..data-next"));
  await rename(join(directory, "..data-next"), join(directory, "..data"));
  if (former !== undefined) await rm(join(directory, former), { recursive: true, force: true });
}

/** A watch that looks when a test says so. */
function watch(own: () => OwnIdentity = () => ({ organisation: "Clinic", member: "clinic", publicKeys: [key(9)] })) {
  const changes: TrustChange[] = [];
  const state: { refusal?: TributaryError } = {};
  const sleeps: number[] = [];
  const clock: Clock = {
    nowMs: () => 0,
    monotonicMs: () => 0,
    sleep: (delayMs) => {
      sleeps.push(delayMs);
      return Promise.resolve();
    },
  };
  const onChange = async (change: TrustChange) => {
    if (state.refusal !== undefined) throw state.refusal;
    changes.push(change);
  };
  const readFiles = () => readTrustFiles(directory);
  const trust = new TrustWatch({ own, readFiles, onChange, clock, log: createLogger("test", "silent") });
  const members = () => trust.forRounds().peers.map(({ member }) => member);
  return { trust, changes, state, sleeps, clock, members };
}

describe("the watch over peers and policy", () => {
  it("admits nobody before it has read them", () => {
    const { trust } = watch();
    expect(() => trust.forRounds()).toThrow(expect.objectContaining({ code: "PEERS_INVALID" }));
    expect(() => trust.forEnrolment()).toThrow(expect.objectContaining({ code: "PEERS_INVALID" }));
  });

  it("takes what an exchange of the volume brings, from both lists, and tells of it once", async () => {
    const { trust, changes, members } = watch();
    await mount({});
    await trust.look();
    expect(members()).toEqual(["clinic"]);
    await trust.look();
    expect(changes).toHaveLength(1);
    const other = { organisation: "Bank", member: "bank", publicKey: base64(2) };
    await mount({ peers: peersOf(lab), trusted: peersOf(other), policy: '{"version":1,"maxLocalSteps":100}' });
    await trust.look();
    expect(members()).toEqual(["bank", "clinic", "lab"]);
    expect(trust.forRounds().policy.maxLocalSteps).toBe(100);
    await mount({});
    await trust.look();
    expect(members()).toEqual(["clinic"]);
    expect(changes).toHaveLength(3);
  });

  it.each<{ given: string; files: Files; says: string }>([
    { given: "a list that is no JSON", files: { peers: "{" }, says: "peers.json is not JSON" },
    {
      given: "a policy with an unknown line",
      files: { policy: '{"version":1,"max":1}' },
      says: "policy.json: max is 1",
    },
    {
      given: "a list of the command that is cut",
      files: { trusted: peersOf(lab).slice(0, 30) },
      says: "trusted/peers.json",
    },
    {
      given: "lists that contradict each other",
      files: { peers: peersOf(lab), trusted: peersOf({ ...lab, publicKey: base64(2) }) },
      says: "member lab is of organisation Lab",
    },
    {
      given: "the own member of somebody else",
      files: { peers: peersOf({ ...lab, member: "clinic" }) },
      says: "clinic",
    },
    { given: "very long files", files: { policy: " ".repeat(2 ** 20 + 1) }, says: "must be at most 1048576" },
  ])("refuses rounds and leaves the last good trust to enrolment with $given", async ({ files, says }) => {
    const { trust, changes, members } = watch();
    await mount({ peers: peersOf(lab) });
    await trust.look();
    await mount({ peers: peersOf(lab), ...files });
    await trust.look();
    expect(() => trust.forRounds()).toThrow(expect.objectContaining({ code: "PEERS_INVALID" }));
    expect(() => trust.forRounds()).toThrow(says);
    expect(trust.forEnrolment().peers.map(({ member }) => member)).toEqual(["clinic", "lab"]);
    await trust.look();
    expect(changes).toEqual([
      { trust: expect.anything() },
      { problem: expect.objectContaining({ code: "PEERS_INVALID" }) },
    ]);
    await mount({ peers: peersOf(lab) });
    await trust.look();
    expect(members()).toEqual(["clinic", "lab"]);
    expect(changes).toHaveLength(3);
  });

  it("refuses rounds when a file is missing, unless it is the command's", async () => {
    const { trust } = watch();
    await mount({});
    await rm(join(directory, "..data/policy.json"));
    await trust.look();
    expect(() => trust.forRounds()).toThrow("policy.json is missing");
    await writeFile(join(directory, "..data/policy.json"), Buffer.from([0xff]));
    await trust.look();
    expect(() => trust.forRounds()).toThrow("policy.json is not UTF-8");
  });

  it("follows the rotation of the own key", async () => {
    let keys = [key(9)];
    const { trust, changes } = watch(() => ({ organisation: "Clinic", member: "clinic", publicKeys: keys }));
    await mount({});
    await trust.look();
    keys = [key(8), key(9)];
    await trust.look();
    expect(trust.forRounds().peers[0]!.publicKeys).toEqual([base64(8), base64(9)]);
    expect(changes).toHaveLength(2);
  });

  it("puts nothing in force that could not be recorded, and tries again", async () => {
    const { trust, changes, state, members } = watch();
    state.refusal = new TributaryError("STORAGE_FULL", "the volume is full");
    await mount({ peers: peersOf(lab) });
    await trust.look();
    expect(() => trust.forRounds()).toThrow("the volume is full");
    delete state.refusal;
    await trust.look();
    expect(members()).toEqual(["clinic", "lab"]);
    expect(changes).toHaveLength(1);
  });

  it("has the trail tell of a trouble as soon as it takes lines again, once", async () => {
    const { trust, changes, state } = watch();
    await mount({});
    await trust.look();
    state.refusal = new TributaryError("STORAGE_FULL", "the volume is full");
    await mount({ peers: "{" });
    await trust.look();
    await trust.look();
    expect(() => trust.forRounds()).toThrow("peers.json is not JSON");
    expect(changes).toHaveLength(1);
    delete state.refusal;
    await trust.look();
    await trust.look();
    expect(changes).toEqual([
      { trust: expect.anything() },
      { problem: expect.objectContaining({ code: "PEERS_INVALID" }) },
    ]);
  });

  it("looks every few seconds until it is told to stop", async () => {
    const stop = new AbortController();
    await mount({});
    const { trust, sleeps } = watch(() => {
      if (sleeps.length === 3) stop.abort();
      return { organisation: "Clinic", member: "clinic", publicKeys: [key(9)] };
    });
    await trust.run(stop.signal);
    expect(sleeps).toEqual(Array.from({ length: 4 }, () => LOOK_EVERY_MS));
  });
});

describe("reading the files", () => {
  const exchanging = (times: number) => {
    let left = times;
    return async (path: string) => {
      const bytes = await readFile(path).catch(() => undefined);
      if (left-- > 0) await mount({ peers: peersOf(lab), policy: anyPolicy, trusted: peersOf() });
      return bytes;
    };
  };

  it("takes all files of one moment when the volume is exchanged meanwhile", async () => {
    await mount({ policy: '{"version":1,"withdrawn":true}' });
    const texts = await readTrustFiles(directory, exchanging(1));
    expect(texts).toEqual({ peers: peersOf(lab), policy: anyPolicy, trustedPeers: peersOf() });
  });

  it("gives up on a volume that is exchanged all the time", async () => {
    await mount({});
    await expect(readTrustFiles(directory, exchanging(99))).rejects.toThrow("were exchanged 3 times");
  });

  it("reads a folder that is no volume", async () => {
    await writeFile(join(directory, "peers.json"), peersOf());
    await writeFile(join(directory, "policy.json"), anyPolicy);
    expect(await readTrustFiles(directory)).toEqual({ peers: peersOf(), policy: anyPolicy, trustedPeers: undefined });
  });
});
