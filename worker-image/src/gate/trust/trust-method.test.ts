import { fromBinary } from "@bufbuild/protobuf";
import { gateV1 } from "@tributary/contracts";
import { systemClock, TributaryError } from "@tributary/kit";
import { expect, it } from "vitest";
import { createNodeCryptoSuite } from "../../shared/crypto/node-crypto-suite.ts";
import { trustTranscript } from "../../shared/trust/trust-transcript.ts";
import { judgeTrust, type OwnIdentity } from "./trust.ts";
import { trustMethod } from "./trust-method.ts";

const crypto = createNodeCryptoSuite();
const secret = new Uint8Array(32).fill(3);
const own: OwnIdentity = {
  organisation: "Clinic",
  member: "clinic",
  publicKeys: [crypto.ed25519PublicKey(secret), new Uint8Array(32).fill(8)],
};
const key = (fill: number) => Buffer.alloc(32, fill).toString("base64");
const peers = JSON.stringify({
  version: 1,
  peers: [
    { organisation: "Lab", member: "lab-2", publicKey: key(2), alsoKey: key(4) },
    { organisation: "Lab", member: "lab-1", publicKey: key(1) },
    { organisation: "Bank", member: "z", publicKey: key(7) },
  ],
});
const trust = judgeTrust(own, { peers, policy: '{"version":1,"maxLocalSteps":5}', trustedPeers: undefined });
const signer = { own: () => own, sign: (message: Uint8Array) => crypto.signEd25519(secret, message) };
const clock = { ...systemClock, nowMs: () => 1_764_700_000_123 };

it("says whom the member trusts and what it allows, signed by its identity key", async () => {
  const { statement, signature } = await trustMethod({ trust: { forRounds: () => trust }, signer, clock })();
  expect(crypto.verifyEd25519(own.publicKeys[0]!, trustTranscript(statement), signature)).toBe(true);
  expect(crypto.verifyEd25519(own.publicKeys[0]!, trustTranscript(statement.with(0, 1)), signature)).toBe(false);
  const said = fromBinary(gateV1.TrustStatementSchema, statement);
  expect(said).toMatchObject({ member: "clinic", organisation: "Clinic", madeMs: 1_764_700_000_123n });
  expect(said.identityKey).toEqual(own.publicKeys[0]);
  expect(said.peers.map(({ organisation, member }) => `${organisation}/${member}`)).toEqual([
    "Bank/z",
    "Clinic/clinic",
    "Lab/lab-1",
    "Lab/lab-2",
  ]);
  expect(said.peers[1]!.identityKeys).toEqual(own.publicKeys);
  expect(said.peers[3]!.identityKeys).toEqual([new Uint8Array(32).fill(2), new Uint8Array(32).fill(4)]);
  expect(said.policyJson).toBe(trust.policyJson);
});

it("says nothing while peers and policy cannot be read", async () => {
  const forRounds = () => {
    throw new TributaryError("PEERS_INVALID", "policy.json is missing");
  };
  await expect(trustMethod({ trust: { forRounds }, signer, clock })()).rejects.toMatchObject({ code: "PEERS_INVALID" });
});
