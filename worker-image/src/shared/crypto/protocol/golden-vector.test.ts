import { readFileSync } from "node:fs";
import {
  accumulatePacked,
  derivePairKey,
  deriveSelfKey,
  fromHex,
  Keystream,
  type MaskKey,
  maskChunk,
  packRing,
  pairSign,
  shareOf,
  toHex,
  unpackRing,
} from "@tributary/federated";
import { describe, expect, it } from "vitest";
import { createNodeCryptoSuite } from "../node-crypto-suite.ts";

const crypto = createNodeCryptoSuite();
const path = new URL("../../../../../test/vectors/xsa1/data-plane-8.1.json", import.meta.url);
const golden = JSON.parse(readFileSync(path, "utf8"));
const plan = crypto.sha256(new TextEncoder().encode(golden.planDigestIsSha256Of));
const parties = [0, 1, 2];
const secrets = parties.map((party) => new Uint8Array(32).fill(party + 1));
const seeds = parties.map((party) => new Uint8Array(32).fill(0x10 + party));
const publicKeys = secrets.map((secret) => crypto.x25519PublicKey(secret));

describe("the published vector of XSA1", () => {
  it("has the plan digest and public keys of the page", () => {
    expect(toHex(plan)).toBe(golden.planDigest);
    expect(publicKeys.map(toHex)).toEqual(golden.publicKeys);
  });

  it("has the shared secret, pair keys and self keys of the page", () => {
    const shared = toHex(crypto.x25519(secrets[0]!, publicKeys[1]!)!);
    expect(shared.startsWith(golden.sharedSecret01Starts) && shared.endsWith(golden.sharedSecret01Ends)).toBe(true);
    for (const [pair, key] of Object.entries(golden.pairKeys)) {
      const [i, j] = pair.split("-").map(Number) as [number, number];
      expect(toHex(pairKey(i, j))).toBe(key);
      expect(toHex(pairKey(j, i))).toBe(key);
    }
    expect(parties.map((party) => toHex(selfKey(party)))).toEqual(golden.selfKeys);
  });

  it("has the first mask elements of the page", () => {
    const first = (key: Uint8Array) => firstElements(key, 3);
    expect(first(pairKey(0, 1))).toEqual(golden.firstMaskElements["0-1"]);
    expect(first(pairKey(0, 2))).toEqual(golden.firstMaskElements["0-2"]);
    expect(first(pairKey(1, 2))).toEqual(golden.firstMaskElements["1-2"]);
    expect(first(selfKey(0))).toEqual(golden.firstMaskElements["self-0"]);
  });

  it("has the masked vectors of the page, whole or in pieces of one group", () => {
    for (const party of parties) {
      expect(toHex(masked(party, 24))).toBe(golden.masked[party]);
      expect(toHex(masked(party, 12))).toBe(golden.masked[party]);
    }
  });

  it("opens to the sum of the page when the self masks are removed", () => {
    const sum = new Uint8Array(24);
    for (const party of parties) accumulatePacked(sum, masked(party, 24), 12);
    const removal = parties.map(
      (party): MaskKey => ({ keystream: Keystream.Aes256Ctr, key: selfKey(party), sign: -1 }),
    );
    maskChunk(crypto, { bytes: sum, offsetBytes: 0, ringBits: 12 }, removal);
    expect([...unpackRing(sum, 12, new Int32Array(16))]).toEqual(golden.decodedSum);
  });
});

function pairKey(i: number, j: number): Uint8Array {
  const shared = crypto.x25519(secrets[i]!, publicKeys[j]!)!;
  return derivePairKey(crypto, plan, shared, golden.segment, [i, j], golden.idSizeBytes);
}

function selfKey(party: number): Uint8Array {
  return deriveSelfKey(crypto, plan, seeds[party]!, golden.segment, party, golden.idSizeBytes);
}

function firstElements(key: Uint8Array, count: number): number[] {
  const signed = unpackRing(crypto.keystream(Keystream.Aes256Ctr, key, 0, 12), 12, new Int32Array(8));
  return [...signed.subarray(0, count)].map((value) => (value + 4096) % 4096);
}

function masked(party: number, pieceBytes: number): Uint8Array {
  const values = Int32Array.from({ length: 16 }, (_, j) => ((37 * party + 11 * j) % 255) - 127);
  const bytes = packRing(values, 12);
  const pairs = parties
    .filter((other) => other !== party)
    .map((other): MaskKey => {
      return { keystream: Keystream.Aes256Ctr, key: pairKey(party, other), sign: pairSign(party, other) };
    });
  const keys: MaskKey[] = [{ keystream: Keystream.Aes256Ctr, key: selfKey(party), sign: 1 }, ...pairs];
  for (let offsetBytes = 0; offsetBytes < bytes.length; offsetBytes += pieceBytes) {
    const piece = bytes.subarray(offsetBytes, offsetBytes + pieceBytes);
    maskChunk(crypto, { bytes: piece, offsetBytes, ringBits: 12 }, keys);
  }
  return bytes;
}

describe("the vectors of the Python reference", () => {
  const vectors = JSON.parse(
    readFileSync(new URL("../../../../../test/vectors/xsa1/shamir.json", import.meta.url), "utf8"),
  ).vectors as readonly {
    holders: number;
    threshold: number;
    secret: string;
    coefficients: string;
    shares: Record<string, string>;
  }[];

  it.each(vectors)(
    "$threshold of $holders holders get the same shares",
    ({ holders, threshold, secret, coefficients, shares }) => {
      for (const [x, share] of Object.entries(shares)) {
        expect(toHex(shareOf(fromHex(secret), fromHex(coefficients), threshold, holders, Number(x)))).toBe(share);
      }
    },
  );
});
