import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Peer } from "@tributary/contracts/fields";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { fingerprintOf } from "./fingerprint.ts";
import { readPeerFile, renderPeerFile, requireFingerprints } from "./peer-file.ts";

const key = (fill: number) => Buffer.alloc(32, fill).toString("base64");
const lab: Peer = { organisation: "Lab", member: "lab", publicKey: key(1) };
const rotating: Peer = { ...lab, alsoKey: key(2) };

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "peer-file-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function read(text: string): Promise<Peer> {
  await writeFile(join(folder, "peer.json"), text);
  return readPeerFile(join(folder, "peer.json"));
}

describe("the file of a member", () => {
  it.each([lab, rotating])("is read as it was printed, and holds no fingerprint", async (peer) => {
    const text = renderPeerFile({ ...peer, note: "my own words" });
    expect(await read(text)).toEqual(peer);
    for (const fill of [1, 2]) expect(text).not.toContain(fingerprintOf(key(fill)).slice(0, 4));
  });

  it.each([
    { given: "no JSON", text: "organisation: Lab", says: "is no JSON" },
    { given: "a list", text: "[]", says: "holds no JSON object" },
    { given: "a peer list", text: '{"version":1,"peers":[]}', says: "peers is [], must be absent" },
    { given: "another version", text: '{"version":2}', says: "has version 2, must be 1" },
    { given: "no key", text: '{"version":1,"organisation":"Lab","member":"lab"}', says: "publicKey is absent" },
    {
      given: "a control sign",
      text: JSON.stringify({ version: 1, ...lab, organisation: "La\u001b[31m" }),
      says: "organisation",
    },
  ])("is refused by name with $given", async ({ text, says }) => {
    await expect(read(text)).rejects.toMatchObject({
      code: "ARGUMENT_INVALID",
      message: expect.stringContaining(says),
    });
    await expect(read(text)).rejects.toThrow("peer.json");
  });

  it("is refused when it is not there", () => {
    expect(() => readPeerFile(join(folder, "missing.json"))).toThrow("cannot be read");
  });
});

describe("comparing fingerprints", () => {
  const [first, second] = [fingerprintOf(key(1)), fingerprintOf(key(2))];

  it.each([
    { peer: lab, given: [first] },
    { peer: lab, given: [first, first.toUpperCase()] },
    { peer: rotating, given: [second, first] },
  ])("passes when each key has one", ({ peer, given }) => {
    expect(() => requireFingerprints("f", peer, given)).not.toThrow();
  });

  it.each([
    { what: "none", peer: lab, given: [], says: "--fingerprint is missing" },
    { what: "another", peer: lab, given: [second], says: "a key in it has another fingerprint" },
    { what: "part of the right one", peer: lab, given: [first.slice(0, 19)], says: "must be a whole fingerprint" },
    {
      what: "one for two keys",
      peer: rotating,
      given: [first],
      says: "f holds 2 keys, and --fingerprint gives 1 fingerprint;",
    },
    {
      what: "two for one key",
      peer: lab,
      given: [first, second],
      says: "f holds 1 key, and --fingerprint gives 2 fingerprints;",
    },
  ])("refuses $what, and tells nobody what would be right", ({ peer, given, says }) => {
    const call = () => requireFingerprints("f", peer, given);
    expect(call).toThrow(says);
    expect(call).toThrow(
      expect.objectContaining({ code: "ARGUMENT_INVALID", message: expect.not.stringContaining(first) }),
    );
  });
});
