import { execFileSync } from "node:child_process";
import { createPublicKey, verify } from "node:crypto";
import { copyFile, mkdtemp, readdir, readFile, rm, stat, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { RotationWish } from "../rotation/ring.ts";
import { openDataKey } from "./data-key.ts";
import { openIdentity, signAsMember } from "./member-identity.ts";

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "gate-identity-"));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const open = (wish: Partial<RotationWish> = {}) =>
  openIdentity(directory, { rotate: "", use: "", retire: "", ...wish });
const path = (name: string) => join(directory, name);

describe("a member's identity key", () => {
  it("is made once, readable by the gate alone, and signs", async () => {
    const { signing, keys } = await open();
    expect((await open()).signing.publicKey).toEqual(signing.publicKey);
    expect(keys).toEqual([signing]);
    expect((await stat(path("identity.key"))).mode & 0o777).toBe(0o600);
    expect(await readFile(path("identity.key"), "utf8")).toMatch(/^-----BEGIN PRIVATE KEY-----\n/);
    const message = Buffer.from("tributary/trust");
    expect(verify(null, message, createPublicKey(signing.privateKey), signAsMember(signing, message))).toBe(true);
  });

  it.each<readonly [sentence: string, spoil: () => Promise<unknown>]>([
    ["is cut", () => truncate(path("identity.key"), 60)],
    ["is empty", () => truncate(path("identity.key"), 0)],
    ["is all zeros", () => writeFile(path("identity.key"), Buffer.alloc(119))],
    ["holds the public half", async () => openssl("pkey", "-in", await copyOf("identity.key"), "-pubout")],
    ["is of another kind", async () => openssl("genpkey", "-algorithm", "RSA")],
  ])("that %s is an error which names the file, and nothing is made in its place", async (_sentence, spoil) => {
    await open();
    await spoil();
    const spoilt = await readFile(path("identity.key"));
    await expect(open()).rejects.toMatchObject({ code: "CONFIGURATION_INVALID" });
    await expect(open()).rejects.toThrow(path("identity.key"));
    expect(await readFile(path("identity.key"))).toEqual(spoilt);
  });

  it("that is gone is missed", async () => {
    await open();
    await rm(path("identity.key"));
    await expect(open()).rejects.toThrow(`${path("identity.key")} is missing, but ${path("identity-rotation.json")}`);
  });

  it("is told from one whose ring was damaged", async () => {
    await open();
    for (const text of ["", "{}", '{"version":1,"made":1,"names":["../x"],"signs":"../x"}']) {
      await writeFile(path("identity-rotation.json"), text);
      await expect(open()).rejects.toThrow(`${path("identity-rotation.json")} is not what the gate wrote`);
    }
  });
});

describe("the rotation of an identity key", () => {
  const fingerprints = ({ keys }: Awaited<ReturnType<typeof open>>) => keys.map(({ fingerprint }) => fingerprint);

  it("publishes the next key beside the present one, lets it sign, and lets the former go, each step over restarts", async () => {
    const [former] = fingerprints(await open());
    const begun = await open({ rotate: "spring" });
    const next = fingerprints(begun)[1]!;
    expect(fingerprints(begun)).toEqual([former, next]);
    expect(begun.signing.fingerprint).toBe(former);
    for (const wish of [{ rotate: "spring" }, {}]) expect((await open(wish)).signing.fingerprint).toBe(former);

    const switched = await open({ rotate: "spring", use: next });
    expect([switched.signing.fingerprint, fingerprints(switched)]).toEqual([next, [former, next]]);
    // The one that signs is remembered, not read from the wish.
    expect((await open()).signing.fingerprint).toBe(next);

    const done = { rotate: "spring", use: next, retire: former! };
    for (let start = 0; start < 2; start++) expect(fingerprints(await open(done))).toEqual([next]);
    expect((await readdir(directory)).sort()).toEqual(["identity-2.key", "identity-rotation.json"]);
  });

  it("makes no second key for a gate that is new", async () => {
    expect(fingerprints(await open({ rotate: "spring" }))).toHaveLength(1);
    expect(fingerprints(await open({ rotate: "spring" }))).toHaveLength(1);
  });

  it("leaves all as it is when the wish cannot be", async () => {
    await open();
    const before = await readdir(directory);
    await expect(open({ rotate: "spring", use: "beef" })).rejects.toThrow('identity.use is "beef"');
    expect(await readdir(directory)).toEqual(before);
  });
});

describe("the key of data names", () => {
  it("is made once, readable by the gate alone", async () => {
    const key = await openDataKey(directory);
    expect(key).toHaveLength(32);
    expect(await openDataKey(directory)).toEqual(key);
    expect((await stat(path("data.key"))).mode & 0o777).toBe(0o600);
  });

  it("is not made anew beside a memory of what was signed under its names", async () => {
    await writeFile(path("memory.log"), "tributary log 1\n");
    const why = `${path("data.key")} is missing, but ${path("memory.log")} is there: restore it from a backup`;
    await expect(openDataKey(directory)).rejects.toMatchObject({
      code: "CONFIGURATION_INVALID",
      message: expect.stringContaining(why),
    });
    expect(await readdir(directory)).not.toContain("data.key");
  });

  it.each([
    ["cut", 31],
    ["too long", 33],
    ["empty", 0],
    ["all zeros", 32],
  ])("that is %s is an error which names the file", async (_how, length) => {
    await writeFile(path("data.key"), Buffer.alloc(length, length === 32 ? 0 : 1));
    await expect(openDataKey(directory)).rejects.toMatchObject({ code: "CONFIGURATION_INVALID" });
    await expect(openDataKey(directory)).rejects.toThrow(`${path("data.key")} holds ${length} bytes`);
  });
});

async function copyOf(name: string): Promise<string> {
  await copyFile(path(name), path("copy"));
  return path("copy");
}

function openssl(...args: string[]): void {
  execFileSync("openssl", [...args, "-out", path("identity.key")], { stdio: "ignore" });
}
