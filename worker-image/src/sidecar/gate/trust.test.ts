import { webcrypto } from "node:crypto";
import { create, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import { gateV1 } from "@tributary/contracts";
import { createLogger, systemClock, TributaryError } from "@tributary/kit";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { createNodeCryptoSuite } from "../../shared/crypto/node-crypto-suite.ts";
import { ChainMaker, type Keys, newKeys, rawPublicKey } from "../../shared/identity/testing/chain-maker.ts";
import { trustTranscript } from "../../shared/trust/trust-transcript.ts";
import type { AttestedChain } from "./attestation.ts";
import { type TrustDeps, trustOfGate } from "./trust.ts";
import { type SignedStatement, verifyTrust } from "./verify-trust.ts";

const crypto = createNodeCryptoSuite();
const NEVER = new AbortController().signal;
const URIS = ["tributary://aws/jobs/job-1/p/2", `tributary-data:${"ab".repeat(32)}/2`];

let aws: ChainMaker;
let gcp: ChainMaker;
let chain: AttestedChain;
let own: { member: string; publicKey: Uint8Array };
let peers: { organisation: string; member: string; identityKeys: Uint8Array[] }[];
let identityKey: Uint8Array;

type Statement = MessageInitShape<typeof gateV1.TrustStatementSchema>;

beforeAll(async () => {
  [aws, gcp] = (await Promise.all(["aws", "gcp"].map((name) => ChainMaker.create(name, Date.now())))) as [
    ChainMaker,
    ChainMaker,
  ];
  chain = [await aws.leaf(URIS), await aws.crossCertificate()];
  own = { member: "aws", publicKey: await rawPublicKey(aws.worker) };
  identityKey = await rawPublicKey(aws.identity);
  peers = [
    { organisation: "bank", member: "gcp", identityKeys: [await rawPublicKey(gcp.identity)] },
    { organisation: "hospital", member: "aws", identityKeys: [identityKey] },
  ];
});

/** What the member's gate states, as far as a test does not say otherwise, signed. */
async function state(change: Statement = {}, signer: Keys = aws.identity): Promise<SignedStatement> {
  const policyJson = JSON.stringify({ version: 1, protocols: ["Masking"], minOrganisations: 2 });
  const honest = { member: "aws", organisation: "hospital", identityKey, peers, policyJson, madeMs: 1n };
  const schema = gateV1.TrustStatementSchema;
  return sign(toBinary(schema, create(schema, { ...honest, ...change } as Statement)), signer);
}

async function sign(statement: Uint8Array, { privateKey }: Keys = aws.identity): Promise<SignedStatement> {
  const bytes = await webcrypto.subtle.sign("Ed25519", privateKey, trustTranscript(statement) as never);
  return { statement, signature: new Uint8Array(bytes) };
}

const verify = (stated: SignedStatement, change: Partial<Parameters<typeof verifyTrust>[2]> = {}) =>
  verifyTrust(crypto, stated, { chain, ...own, ...change });

describe("a member's trust", () => {
  it("is its peers and its policy", async () => {
    expect(verify(await state())).toEqual({
      peers,
      policy: expect.objectContaining({ protocols: ["Masking"], minOrganisations: 2 }),
    });
  });

  it("counts whenever the worker's own chain has ended", async () => {
    const ended = [await aws.leaf(URIS, { throughMs: Date.now() - 3_600_000 }), chain[1]!];
    expect(verify(await state(), { chain: ended }).peers).toEqual(peers);
  });

  const key = () => rawPublicKey(gcp.identity);
  it.each<{ given: string; says: RegExp; stated: () => Promise<SignedStatement> }>([
    { given: "signed by another key", says: /signature/u, stated: () => state({}, gcp.identity) },
    { given: "with a byte changed", says: /signature/u, stated: async () => changed(await state()) },
    {
      given: "of another member, by that member",
      says: /of member "gcp"/u,
      stated: async () => state({ member: "gcp", organisation: "bank", identityKey: await key() }, gcp.identity),
    },
    {
      given: "that is none",
      says: /no message of this version/u,
      stated: () => sign(Uint8Array.of(0xff, 0xff)),
    },
    {
      given: "with a key of 31 bytes",
      says: /identity_key/u,
      stated: () => state({ identityKey: new Uint8Array(31) }),
    },
    { given: "whose member is not among its peers", says: /as itself/u, stated: () => state({ peers: [peers[0]!] }) },
    {
      given: "whose member is of another organisation among its peers",
      says: /as itself/u,
      stated: () => state({ organisation: "bank" }),
    },
    {
      given: "with a member twice",
      says: /peers\[2\]\.member is gcp/u,
      stated: () => state({ peers: [...peers, { ...peers[0]!, identityKeys: [new Uint8Array(32).fill(1)] }] }),
    },
    {
      given: "with one key for two members",
      says: /peers\[2\]\.identity_keys/u,
      stated: () => state({ peers: [...peers, { ...peers[0]!, member: "lab" }] }),
    },
    {
      given: "with three keys of a member",
      says: /peers\[0\]\.identity_keys/u,
      stated: () =>
        state({ peers: [{ ...peers[0]!, identityKeys: [1, 2, 3].map((fill) => new Uint8Array(32).fill(fill)) }] }),
    },
    {
      given: "with an organisation that reads like another",
      says: /peers\[0\]\.organisation/u,
      stated: () => state({ peers: [{ ...peers[0]!, organisation: " bank" }] }),
    },
    {
      given: "with a policy that has a line nobody knows",
      says: /policy/u,
      stated: () => state({ policyJson: '{"version":1,"allowAll":true}' }),
    },
    { given: "of five MiB", says: /bytes, must have at most/u, stated: () => sign(new Uint8Array(5 * 2 ** 20)) },
  ])("does not count $given", async ({ says, stated }) => {
    const signed = await stated();
    expect(() => verify(signed)).toThrow(expect.objectContaining({ code: "PEERS_INVALID" }));
    expect(() => verify(signed)).toThrow(says);
  });

  it("does not count beside a chain of another key than the worker's", async () => {
    const publicKey = await key();
    const signed = await state();
    expect(() => verify(signed, { publicKey })).toThrow(/own chain is no chain of its member: of another key/u);
  });

  it("is not its own when another identity key issued the CA of the worker's chain", async () => {
    const other = [chain[0]!, await aws.crossCertificate({ signer: await newKeys() })];
    const signed = await state();
    expect(() => verify(signed, { chain: other })).toThrow(expect.objectContaining({ code: "IDENTITY_REJECTED" }));
  });
});

function changed({ statement, signature }: SignedStatement): SignedStatement {
  return { statement: statement.with(statement.length - 1, statement.at(-1)! ^ 1), signature };
}

describe("a gate that is asked for its trust", () => {
  let answers: (TributaryError | Promise<SignedStatement>)[];
  let asked: number;
  let hurried: number;
  let nowMs: number;
  let present: AttestedChain | undefined;
  let trustOf: ReturnType<typeof trustOfGate>;

  beforeEach(() => {
    [answers, asked, hurried, nowMs, present] = [[], 0, 0, 0, chain];
    const deps: TrustDeps = {
      ask: async () => {
        const answer = answers[Math.min(asked++, answers.length - 1)]!;
        if (answer instanceof TributaryError) throw answer;
        return answer;
      },
      attestation: {
        get chain() {
          return present;
        },
        hurry: () => void hurried++,
      },
      clock: { ...systemClock, monotonicMs: () => nowMs },
      log: createLogger("test", "silent"),
      ...{ crypto, own },
    };
    trustOf = trustOfGate(deps);
  });

  const away = new TributaryError("GATE_UNREACHABLE", "away");

  it("is waited for a moment", async () => {
    answers = [away, state()];
    expect((await trustOf(60_000, NEVER)).peers).toEqual(peers);
    expect(asked).toBe(2);
  });

  it("answers for two minutes, and is asked again after them", async () => {
    answers = [state(), state({ peers: [peers[1]!] })];
    expect((await trustOf(1_000, NEVER)).peers).toHaveLength(2);
    nowMs = 119_999;
    expect((await trustOf(1_000, NEVER)).peers).toHaveLength(2);
    nowMs = 120_000;
    expect((await trustOf(1_000, NEVER)).peers).toHaveLength(1);
    expect(asked).toBe(2);
  });

  it("is asked again under another certificate of its CA", async () => {
    answers = [state()];
    await trustOf(1_000, NEVER);
    present = [chain[0]!, await aws.crossCertificate()];
    await trustOf(1_000, NEVER);
    expect(asked).toBe(2);
  });

  it("that has another identity key now has the worker attest again, and is tried again", async () => {
    const next = await newKeys();
    const rotated = await rawPublicKey(next);
    const both = [peers[0]!, { ...peers[1]!, identityKeys: [rotated, identityKey] }];
    answers = [state({ identityKey: rotated, peers: both }, next)];
    const asking = trustOf(60_000, NEVER);
    await expect.poll(() => hurried).toBeGreaterThan(0);
    present = [chain[0]!, await aws.crossCertificate({ signer: next })];
    expect((await asking).peers).toEqual(both);
  });

  it.each([
    { given: "that cannot read its files", answer: new TributaryError("PEERS_INVALID", "lab"), code: "PEERS_INVALID" },
    { given: "that stays away", answer: away, code: "GATE_UNREACHABLE" },
    { given: "that has no such method", answer: new TributaryError("MESSAGE_INVALID", "no"), code: "GATE_UNREACHABLE" },
  ])("$given refuses the round: $code", async ({ answer, code }) => {
    answers = [answer];
    await expect(trustOf(50, NEVER)).rejects.toMatchObject({ code });
  });

  it("that was verified before does not count once it states what does not", async () => {
    answers = [state(), state({}, gcp.identity), away];
    await trustOf(1_000, NEVER);
    nowMs = 200_000;
    await expect(trustOf(1_000, NEVER)).rejects.toMatchObject({ code: "PEERS_INVALID" });
    await expect(trustOf(50, NEVER)).rejects.toMatchObject({ code: "GATE_UNREACHABLE" });
  });

  it("is not asked for a worker that it does not attest", async () => {
    present = undefined;
    await expect(trustOf(50, NEVER)).rejects.toMatchObject({ code: "GATE_UNREACHABLE" });
    expect(asked).toBe(0);
  });
});
