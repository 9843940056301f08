import { createHash } from "node:crypto";
import { type CertificateChange, ChainMaker, rawPublicKey } from "../../identity/testing/chain-maker.ts";
import type { TrustedPeer } from "../../identity/verify-member-chain.ts";
import { SEATS, type SeatedWorker } from "./honest-round.ts";

/** What of a worker's certificate a test decides. */
export interface WorkerChange extends CertificateChange {
  readonly jobUid?: string;
  readonly participant?: string;
  readonly workerIndex?: number;
  /** Byte of which its data's digest is made. */
  readonly data?: number;
}

/** The members whose workers sit on the seats of a round that {@link speakRound} makes: cluster `m0` of organisation `o0`, and so on. */
export class VouchingMembers {
  readonly members: readonly ChainMaker[];
  readonly peers: readonly TrustedPeer[];

  private constructor(members: readonly ChainMaker[], peers: readonly TrustedPeer[]) {
    [this.members, this.peers] = [members, peers];
  }

  static async create(nowMs: number): Promise<VouchingMembers> {
    const names = Array.from({ length: SEATS }, (_, index) => `m${index}`);
    const members = await Promise.all(names.map((name) => ChainMaker.create(name, nowMs)));
    const peers = members.map(async ({ member, identity }, index) => {
      return { organisation: `o${index}`, member, identityKeys: [await rawPublicKey(identity)] };
    });
    return new VouchingMembers(members, await Promise.all(peers));
  }

  /** The workers on all seats. */
  all(): Promise<SeatedWorker[]> {
    return Promise.all(this.members.map((_, index) => this.worker(index)));
  }

  /** The worker on a seat, as its member vouches for it, or as a test wants. */
  async worker(index: number, change: WorkerChange = {}): Promise<SeatedWorker> {
    const { jobUid = "job", participant = `p${index}`, workerIndex = 0, data = index + 1, ...more } = change;
    const maker = this.members[index]!;
    const uri = `tributary://${maker.member}/jobs/${jobUid}/${participant}/${workerIndex}`;
    const dataName = `tributary-data:${data.toString(16).padStart(2, "0").repeat(32)}/${workerIndex}`;
    const leaf = await maker.leaf([uri, dataName], more);
    const certificateSha256 = new Uint8Array(createHash("sha256").update(leaf).digest());
    const publicKey = await rawPublicKey(more.keys ?? maker.worker);
    return { chainDer: [leaf, await maker.crossCertificate()], publicKey, certificateSha256 };
  }
}
