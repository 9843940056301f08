import { type Clock, type Closers, type Logger, systemClock } from "@tributary/kit";
import { trustEvent } from "../audit/audit-events.ts";
import type { AuditTrail } from "../audit/audit-trail.ts";
import type { GateConfig } from "../config/gate-config.ts";
import { type MemberIdentity, signAsMember } from "../identity/member-identity.ts";
import { signingFirst } from "../rotation/open-ring.ts";
import { runBeside } from "../run-beside.ts";
import { readTrustFiles } from "./read-trust-files.ts";
import type { OwnIdentity } from "./trust.ts";
import type { TrustSigner } from "./trust-method.ts";
import { TrustWatch } from "./trust-watch.ts";

/** What watching the member's trust needs. */
export interface TrustPlace {
  readonly config: Pick<GateConfig, "cluster" | "organisation" | "trustDirectory">;
  readonly identity: MemberIdentity;
  readonly trail: Pick<AuditTrail, "write">;
  readonly closers: Closers;
  readonly log: Logger;
  readonly clock?: Clock;
}

/** The member's trust, as its files say it now and as workers are told of it. */
export interface StartedTrust {
  readonly trust: TrustWatch;
  readonly signer: TrustSigner;
}

/** Reads peer list and policy, and follows their files until the closers close. What is wrong with them refuses rounds and stops nothing. */
export async function startTrust(place: TrustPlace): Promise<StartedTrust> {
  const { config, identity, trail, closers, log, clock = systemClock } = place;
  const own = ownIdentity(config, identity);
  const trust = new TrustWatch({
    own: () => own,
    readFiles: () => readTrustFiles(config.trustDirectory),
    onChange: (change) => trail.write(trustEvent(change)),
    clock,
    log,
  });
  await trust.look();
  runBeside(closers, "peers and policy", (signal) => trust.run(signal));
  return { trust, signer: { own: () => own, sign: (message) => signAsMember(identity.signing, message) } };
}

/** The key that signs is the first of the own. */
function ownIdentity({ cluster, organisation }: TrustPlace["config"], identity: MemberIdentity): OwnIdentity {
  return { organisation, member: cluster, publicKeys: signingFirst(identity).map(({ publicKey }) => publicKey) };
}
