// @peculiar/x509 throws while loading unless the reflection metadata API is there first.
import "reflect-metadata";
import { createHash, X509Certificate } from "node:crypto";
import { Extension, KeyUsageFlags, SubjectAlternativeNameExtension } from "@peculiar/x509";
import { beforeAll, describe, expect, it } from "vitest";
import { ChainMaker, newKeys, rawPublicKey, uris } from "./testing/chain-maker.ts";
import { type ChainRefusal, type TrustedPeer, verifyMemberChain } from "./verify-member-chain.ts";

/** In whole seconds, as certificates count. */
const NOW_MS = Date.UTC(2030, 0, 1);
const TOLERANCE_MS = 60_000;
const hex = "ab".repeat(32);
const URI = "tributary://aws/jobs/job-1/p/2";
const DATA = `tributary-data:${hex}/2`;
const EMPTY = new Uint8Array([0x30, 0]);

/** A member that is trusted, another one that is trusted too and attacks, and one that nobody knows. */
let aws: ChainMaker;
let gcp: ChainMaker;
let stranger: ChainMaker;
let peers: TrustedPeer[];

beforeAll(async () => {
  [aws, gcp, stranger] = (await Promise.all(
    ["aws", "gcp", "stranger"].map((name) => ChainMaker.create(name, NOW_MS)),
  )) as [ChainMaker, ChainMaker, ChainMaker];
  peers = [await peerOf(aws, "hospital"), await peerOf(gcp, "bank")];
});

const peerOf = async ({ member, identity }: ChainMaker, organisation: string): Promise<TrustedPeer> => ({
  organisation,
  member,
  identityKeys: [await rawPublicKey(identity)],
});

type Chain = readonly Uint8Array[];

const judge = (chain: Chain, change: { peers?: readonly TrustedPeer[]; nowMs?: number } = {}) =>
  verifyMemberChain(chain, { peers, nowMs: NOW_MS, toleranceMs: TOLERANCE_MS, ...change });

const honest = async (): Promise<Chain> => [await aws.leaf([URI, DATA]), await aws.crossCertificate()];

describe("a worker's chain", () => {
  it("shows organisation, member, worker, data name and key", async () => {
    const chain = await honest();
    expect(judge(chain)).toEqual({
      ok: true,
      verified: {
        organisation: "hospital",
        member: "aws",
        uri: URI,
        worker: { cluster: "aws", namespace: "jobs", jobUid: "job-1", participant: "p", workerIndex: 2 },
        dataName: { data: new Uint8Array(Buffer.from(hex, "hex")), index: 2 },
        publicKey: await rawPublicKey(aws.worker),
        certificateSha256: new Uint8Array(createHash("sha256").update(chain[0]!).digest()),
      },
    });
  });

  it("counts by either identity key while one replaces the other", async () => {
    const [known] = peers;
    const next = await newKeys();
    const both = [{ ...known!, identityKeys: [...known!.identityKeys, await rawPublicKey(next)] }];
    const leaf = await aws.leaf([URI, DATA]);
    expect(judge([leaf, await aws.crossCertificate()], { peers: both }).ok).toBe(true);
    expect(judge([leaf, await aws.crossCertificate({ signer: next })], { peers: both }).ok).toBe(true);
  });

  it.each([
    { kind: "P-256", algorithm: { name: "ECDSA", namedCurve: "P-256" }, signing: { name: "ECDSA", hash: "SHA-256" } },
    {
      kind: "RSA",
      algorithm: {
        name: "RSASSA-PKCS1-v1_5",
        hash: "SHA-256",
        modulusLength: 2048,
        publicExponent: new Uint8Array([1, 0, 1]),
      },
      signing: { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" },
    },
  ])("counts by a CA with a key of $kind, which the identity key vouches for", async ({ algorithm, signing }) => {
    const ca = await newKeys(algorithm);
    const chain = [await aws.leaf([URI, DATA], { signer: ca, signing }), await aws.crossCertificate({ keys: ca })];
    expect(judge(chain).ok).toBe(true);
  });

  it("counts no more once its member is taken from the list, however often it did before", async () => {
    const chain = await honest();
    const verdicts = [peers, peers, peers.slice(1), peers].map((list) => judge(chain, { peers: list }));
    expect(verdicts.map((verdict) => (verdict.ok ? "counts" : verdict.refusal))).toEqual([
      ...["counts", "counts"],
      "UnknownMember",
      "counts",
    ]);
  });

  it("counts by its times, give or take the clocks' tolerance", async () => {
    const chain = await honest();
    const endMs = NOW_MS + 300_000;
    const fromMs = NOW_MS - 3_600_000;
    const at = (nowMs: number) => {
      const verdict = judge(chain, { nowMs });
      return verdict.ok ? "counts" : verdict.refusal;
    };
    expect([at(endMs + TOLERANCE_MS), at(endMs + TOLERANCE_MS + 1)]).toEqual(["counts", "Expired"]);
    expect([at(fromMs - TOLERANCE_MS), at(fromMs - TOLERANCE_MS - 1)]).toEqual(["counts", "NotYetValid"]);
  });
});

type Case = [sentence: string, refusal: ChainRefusal, chain: () => Promise<Chain>];

/** What a member with a CA that everybody trusts for its own workers may try. */
const attacks: Case[] = [
  [
    "of a worker of another member, signed by the own CA, with the own CA's certificate",
    "WrongName",
    async () => [await gcp.leaf([URI, DATA]), await gcp.crossCertificate()],
  ],
  [
    "of a worker of another member, signed by the own CA, with the other's CA's certificate",
    "WrongIssuer",
    async () => [await gcp.leaf([URI, DATA], { issuer: "CN=aws gate CA" }), await aws.crossCertificate()],
  ],
  [
    "of a CA that the own identity key calls another member's",
    "WrongIdentityKey",
    async () => [await gcp.leaf([URI, DATA]), await gcp.crossCertificate({ names: uris("tributary-member://aws") })],
  ],
  [
    "of the own CA under the other's name, key included",
    "WrongIdentityKey",
    async () => [
      await gcp.leaf([URI, DATA], { issuer: "CN=aws gate CA" }),
      await aws.crossCertificate({ keys: gcp.ca, signer: gcp.identity }),
    ],
  ],
  [
    "of a CA that calls itself both members",
    "WrongName",
    async () => [
      await gcp.leaf([URI, DATA]),
      await gcp.crossCertificate({ names: uris("tributary-member://gcp", "tributary-member://aws") }),
    ],
  ],
  [
    "whose name holds the other's behind a separator",
    "WrongName",
    async () => [await gcp.leaf([`tributary://gcp/jobs/job-1/p/2, URI:${URI}`, DATA]), await gcp.crossCertificate()],
  ],
  [
    "whose member holds the other's behind a separator",
    "WrongName",
    async () => [
      await gcp.leaf([URI, DATA]),
      await gcp.crossCertificate({ names: uris("tributary-member://gcp, URI:tributary-member://aws") }),
    ],
  ],
  [
    "of a worker whose key signs for another as a CA",
    "WrongName",
    async () => [await aws.leaf([URI, DATA], { signer: aws.worker }), await aws.leaf([URI, DATA])],
  ],
  [
    "with a CA below the CA",
    "BadChain",
    async () => {
      const lower = { signer: aws.ca, issuer: "CN=aws gate CA", keys: aws.worker, subject: "CN=lower" };
      const leaf = await aws.leaf([URI, DATA], { signer: aws.worker, issuer: "CN=lower" });
      return [leaf, await aws.crossCertificate(lower), await aws.crossCertificate()];
    },
  ],
  [
    "with a CA below the CA in its place",
    "WrongIdentityKey",
    async () => {
      const lower = { signer: aws.ca, issuer: "CN=aws gate CA", keys: aws.worker };
      return [await aws.leaf([URI, DATA], { signer: aws.worker }), await aws.crossCertificate(lower)];
    },
  ],
];

const faults: Case[] = [
  ["without certificates", "BadChain", async () => []],
  ["of the worker alone", "BadChain", async () => (await honest()).slice(0, 1)],
  ["in the wrong order", "WrongName", async () => (await honest()).toReversed()],
  ["with one more certificate", "BadChain", async () => [...(await honest()), await aws.crossCertificate()]],
  ["that is empty bytes", "BadChain", async () => [EMPTY, (await honest())[1]!]],
  [
    "with bytes behind a certificate",
    "BadChain",
    async () => {
      const [leaf, ca] = await honest();
      return [new Uint8Array([...leaf!, 0]), ca!];
    },
  ],
  [
    "in PEM",
    "BadChain",
    async () => {
      const [leaf, ca] = await honest();
      return [new Uint8Array(Buffer.from(new X509Certificate(leaf!).toString())), ca!];
    },
  ],
  [
    "of a certificate that is too large",
    "BadChain",
    async () => [await aws.leaf([URI, DATA], { subject: `CN=${"x".repeat(9_000)}` }), await aws.crossCertificate()],
  ],
  [
    "with one bit of the worker's certificate turned",
    "WrongIssuer",
    async () => {
      const [leaf, ca] = await honest();
      return [leaf!.with(leaf!.length - 5, leaf!.at(-5)! ^ 1), ca!];
    },
  ],
  [
    "with a critical extension that nobody knows",
    "BadChain",
    async () => [
      await aws.leaf([URI, DATA], { more: [new Extension("1.2.3.4", true, EMPTY)] }),
      await aws.crossCertificate(),
    ],
  ],
  [
    "with its names twice",
    "BadChain",
    async () => [
      await aws.leaf([URI, DATA], { more: [new SubjectAlternativeNameExtension(uris(URI, DATA))] }),
      await aws.crossCertificate(),
    ],
  ],
  [
    "signed over SHA-1",
    "BadChain",
    async () => {
      const rsa = { name: "RSASSA-PKCS1-v1_5", modulusLength: 2048, publicExponent: new Uint8Array([1, 0, 1]) };
      const ca = await newKeys({ ...rsa, hash: "SHA-1" });
      const signing = { name: "RSASSA-PKCS1-v1_5", hash: "SHA-1" };
      return [await aws.leaf([URI, DATA], { signer: ca, signing }), await aws.crossCertificate({ keys: ca })];
    },
  ],
  [
    "by a CA with a short RSA key",
    "BadChain",
    async () => {
      const rsa = { name: "RSASSA-PKCS1-v1_5", modulusLength: 1024, publicExponent: new Uint8Array([1, 0, 1]) };
      const ca = await newKeys({ ...rsa, hash: "SHA-256" });
      const signing = { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" };
      return [await aws.leaf([URI, DATA], { signer: ca, signing }), await aws.crossCertificate({ keys: ca })];
    },
  ],
  [
    "of a member that nobody knows",
    "UnknownMember",
    async () => [await stranger.leaf(["tributary://stranger/jobs/job-1/p/2", DATA]), await stranger.crossCertificate()],
  ],
  [
    "by an identity key that the member had before",
    "WrongIdentityKey",
    async () => [await aws.leaf([URI, DATA]), await aws.crossCertificate({ signer: await newKeys() })],
  ],
  [
    "by the CA's certificate of its own key, as TLS has it",
    "WrongName",
    async () => [await aws.leaf([URI, DATA]), await aws.crossCertificate({ signer: aws.ca, names: [] })],
  ],
  [
    "with a worker's certificate that another CA signed",
    "WrongIssuer",
    async () => [await aws.leaf([URI, DATA], { signer: await newKeys() }), await aws.crossCertificate()],
  ],
  [
    "with a worker's certificate of another issuer's name",
    "WrongIssuer",
    async () => [await aws.leaf([URI, DATA], { issuer: "CN=another" }), await aws.crossCertificate()],
  ],
  [
    "without a data name, as TLS has it",
    "NoDataName",
    async () => [await aws.leaf([URI]), await aws.crossCertificate()],
  ],
  ["with two data names", "WrongName", async () => withNames(URI, DATA, `tributary-data:${"cd".repeat(32)}/2`)],
  ["with one data name twice", "WrongName", async () => withNames(URI, DATA, DATA)],
  ["with two workers", "WrongName", async () => withNames(URI, "tributary://aws/jobs/job-1/p/3", DATA)],
  ["without a worker", "WrongName", async () => withNames(DATA)],
  ["without names", "WrongName", async () => withNames()],
  ["with a name of another scheme", "WrongName", async () => withNames(URI, DATA, "spiffe://aws/worker")],
  ["with a data name of another index", "WrongName", async () => withNames(URI, `tributary-data:${hex}/3`)],
  [
    "with a DNS name beside",
    "WrongName",
    async () => [
      await aws.leaf([], { names: [...uris(URI, DATA), { type: "dns", value: "gate.svc" }] }),
      await aws.crossCertificate(),
    ],
  ],
  [
    "of a CA with a DNS name beside",
    "WrongName",
    async () => [
      await aws.leaf([URI, DATA]),
      await aws.crossCertificate({ names: [...uris("tributary-member://aws"), { type: "dns", value: "aws" }] }),
    ],
  ],
  ["of a CA that is none", "WrongUsage", () => withCa({ isCa: false, pathLength: undefined })],
  ["of a CA without a bound of its path", "WrongUsage", () => withCa({ pathLength: undefined })],
  ["of a CA that may have CAs below it", "WrongUsage", () => withCa({ pathLength: 1 })],
  ["of a CA that may sign no certificates", "WrongUsage", () => withCa({ keyUsage: KeyUsageFlags.cRLSign })],
  ["of a worker that is a CA", "WrongUsage", () => withLeaf({ isCa: true, pathLength: 0 })],
  [
    "of a worker that may sign certificates",
    "WrongUsage",
    () => withLeaf({ keyUsage: KeyUsageFlags.digitalSignature | KeyUsageFlags.keyCertSign }),
  ],
  ["of a worker that may sign nothing", "WrongUsage", () => withLeaf({ keyUsage: KeyUsageFlags.keyEncipherment })],
  ["of a server", "WrongUsage", () => withLeaf({ extendedKeyUsage: ["1.3.6.1.5.5.7.3.1"] })],
  ["of any use", "WrongUsage", () => withLeaf({ extendedKeyUsage: ["2.5.29.37.0"] })],
  [
    "of a worker with a key of P-256",
    "NotEd25519",
    async () => withLeaf({ keys: await newKeys({ name: "ECDSA", namedCurve: "P-256" }) }),
  ],
  ["of a worker whose certificate ended", "Expired", () => withLeaf({ throughMs: NOW_MS - TOLERANCE_MS - 1_000 })],
  ["of a CA whose certificate ended", "Expired", () => withCa({ throughMs: NOW_MS - TOLERANCE_MS - 1_000 })],
  ["of a worker whose time is to come", "NotYetValid", () => withLeaf({ fromMs: NOW_MS + TOLERANCE_MS + 1_000 })],
  ["of a CA whose time is to come", "NotYetValid", () => withCa({ fromMs: NOW_MS + TOLERANCE_MS + 1_000 })],
];

const withNames = async (...names: string[]): Promise<Chain> => [await aws.leaf(names), await aws.crossCertificate()];
const withCa = async (change: Parameters<ChainMaker["crossCertificate"]>[0]): Promise<Chain> => [
  await aws.leaf([URI, DATA]),
  await aws.crossCertificate(change),
];
const withLeaf = async (change: Parameters<ChainMaker["leaf"]>[1]): Promise<Chain> => [
  await aws.leaf([URI, DATA], change),
  await aws.crossCertificate(),
];

describe("no worker is shown by a chain", () => {
  it.each([...attacks, ...faults])("%s: %s", async (_sentence, refusal, chain) => {
    expect(judge(await chain())).toEqual({ ok: false, refusal, why: expect.stringMatching(/^.{10,300}$/u) });
  });

  it("of a member that the peer list names twice", async () => {
    const twice = [...peers, { ...peers[0]!, organisation: "another" }];
    expect(judge(await honest(), { peers: twice })).toMatchObject({ ok: false, refusal: "UnknownMember" });
  });

  it("by a key in the peer list that is none", async () => {
    const spoilt = [{ ...peers[0]!, identityKeys: [new Uint8Array(31), new Uint8Array(32)] }];
    expect(judge(await honest(), { peers: spoilt })).toMatchObject({ ok: false, refusal: "WrongIdentityKey" });
  });
});
