import { create, toBinary } from "@bufbuild/protobuf";
import { gateV1 } from "@tributary/contracts";
import type { Clock } from "@tributary/kit";
import { trustTranscript } from "../../shared/trust/trust-transcript.ts";
import type { OwnIdentity, Trust } from "./trust.ts";

/** The own member, and its identity key as a signer: the key itself stays with whoever made it. */
export interface TrustSigner {
  own(): OwnIdentity;
  /** Ed25519 signature of the first of the own keys, 64 bytes. */
  sign(message: Uint8Array): Uint8Array;
}

/** What the method works with. */
export interface TrustDeps {
  readonly trust: { forRounds(): Trust };
  readonly signer: TrustSigner;
  readonly clock: Clock;
}

/**
 * `Trust` of WorkerService: the member's trust as signed bytes.
 *
 * @throws PEERS_INVALID while there is none to be had.
 */
export function trustMethod({ trust, signer, clock }: TrustDeps) {
  return async (): Promise<{ readonly statement: Uint8Array; readonly signature: Uint8Array }> => {
    const statement = encodeStatement(trust.forRounds(), signer.own(), clock.nowMs());
    return { statement, signature: signer.sign(trustTranscript(statement)) };
  };
}

function encodeStatement({ peers, policyJson }: Trust, own: OwnIdentity, nowMs: number): Uint8Array {
  const message = create(gateV1.TrustStatementSchema, {
    member: own.member,
    organisation: own.organisation,
    identityKey: own.publicKeys[0]!,
    peers: peers.map(({ organisation, member, publicKeys }) => ({
      organisation,
      member,
      identityKeys: publicKeys.map((key) => new Uint8Array(Buffer.from(key, "base64"))),
    })),
    policyJson,
    madeMs: BigInt(nowMs),
  });
  return toBinary(gateV1.TrustStatementSchema, message);
}
