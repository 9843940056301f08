import type { Clock, Logger } from "@tributary/kit";
import { type Authorities, openAuthorities } from "./authority/authorities.ts";
import { MemberCertifier } from "./authority/member-certifier.ts";
import type { GateConfig } from "./config/gate-config.ts";
import { openDataKey } from "./identity/data-key.ts";
import { type MemberIdentity, openIdentity } from "./identity/member-identity.ts";

/** Everything secret that a gate has, and what signs with it. */
export interface GateKeys {
  readonly identity: MemberIdentity;
  readonly authorities: Authorities;
  readonly dataKey: Uint8Array;
  readonly certifier: MemberCertifier;
}

/** Opens the gate's keys, makes those that are not there yet, and rotates those that the admin wants rotated. */
export async function openGateKeys(config: GateConfig, clock: Clock, log: Logger): Promise<GateKeys> {
  const { cluster, caDirectory, stateDirectory } = config;
  const authorities = await openAuthorities({
    directory: caDirectory,
    cluster,
    wish: config.ca,
    formerPem: config.formerCaCertificates,
    nowMs: clock.nowMs(),
  });
  const identity = await openIdentity(stateDirectory, config.identity);
  const dataKey = await openDataKey(stateDirectory);
  const certifier = new MemberCertifier({
    authority: authorities.signing,
    identity: identity.signing,
    member: cluster,
    clock,
  });
  log.info({ identity: tellKeys(identity), ca: tellKeys(authorities) }, "keys are open");
  return { identity, authorities, dataKey, certifier };
}

/** Fingerprints, which are public, with the one that signs. */
function tellKeys<T extends { readonly fingerprint: string }>({ keys, signing }: { keys: readonly T[]; signing: T }) {
  return { signs: signing.fingerprint, all: keys.map(({ fingerprint }) => fingerprint) };
}
