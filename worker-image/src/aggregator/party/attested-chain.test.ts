import { createHash } from "node:crypto";
import { beforeAll, describe, expect, it } from "vitest";
import { ChainMaker, rawPublicKey } from "../../shared/identity/testing/chain-maker.ts";
import { LARGEST_CHAIN_BYTES, readAttestedChain } from "./attested-chain.ts";
import type { SeatHolder } from "./seats.ts";

const DATA = `tributary-data:${"ab".repeat(32)}/2`;
const uriOf = (change: { job?: string; cluster?: string; participant?: string; index?: number } = {}) => {
  const { job = "job-1", cluster = "aws", participant = "p", index = 2 } = change;
  return `tributary://${cluster}/jobs/${job}/${participant}/${index}`;
};
let aws: ChainMaker;
let ca: Uint8Array;
let publicKey: Uint8Array;
beforeAll(async () => {
  aws = await ChainMaker.create("aws", Date.now());
  ca = await aws.crossCertificate();
  publicKey = await rawPublicKey(aws.worker);
});

const holder = (key: Uint8Array = publicKey): SeatHolder => ({
  seat: { partyId: 3, participant: { name: "p", cluster: "aws" }, workerIndex: 2 } as SeatHolder["seat"],
  publicKey: key,
  certificateSha256: new Uint8Array(32),
  issuedMs: 0,
});
const read = (chain: readonly Uint8Array[], key?: Uint8Array) => readAttestedChain(chain, holder(key), "job-1");

describe("the chain with which a worker joins", () => {
  it("is kept with the digest of its certificate when it is of this worker", async () => {
    const leaf = await aws.leaf([uriOf(), DATA]);
    const chain = read([leaf, ca])!;
    expect(chain.chainDer).toEqual([leaf, ca]);
    expect(Buffer.from(chain.certificateSha256).toString("hex")).toBe(createHash("sha256").update(leaf).digest("hex"));
    expect(leaf.length + ca.length).toBeLessThan(LARGEST_CHAIN_BYTES);
  });

  it("may be left out", () => expect(read([])).toBeUndefined());

  it.each([
    ["of another job", { job: "job-2" }],
    ["of another cluster", { cluster: "gcp" }],
    ["of another participant", { participant: "q" }],
    ["of another seat", { index: 1 }],
  ])("is refused when it is %s", async (_what, change) => {
    const leaf = await aws.leaf([uriOf(change), DATA]);
    expect(() => read([leaf, ca])).toThrow(
      expect.objectContaining({ code: "IDENTITY_REJECTED", message: expect.stringContaining("another worker") }),
    );
  });

  it.each<[string, () => Promise<readonly Uint8Array[]>, string]>([
    ["that names two workers", async () => [await aws.leaf([uriOf(), uriOf({ index: 3 })]), ca], "another worker"],
    ["of one certificate", async () => [await aws.leaf([uriOf(), DATA])], "has 1 certificates, must have 2"],
    ["that is none", async () => [new Uint8Array(10), ca], "cannot be read"],
    ["with a large certificate", async () => [new Uint8Array(4097), ca], "4097 bytes, must be at most 4096"],
  ])("is refused when it is one %s", async (_what, make, says) => {
    const chain = await make();
    expect(() => read(chain)).toThrow(says);
  });

  it("is refused when its key is not the one that the worker calls with", async () => {
    const leaf = await aws.leaf([uriOf(), DATA]);
    expect(() => read([leaf, ca], new Uint8Array(32))).toThrow("is of another key than the worker's");
  });
});
