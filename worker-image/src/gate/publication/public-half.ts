import type { Authorities } from "../authority/authorities.ts";
import type { MemberIdentity } from "../identity/member-identity.ts";
import { signingFirst } from "../rotation/open-ring.ts";

/** Whose public half it is. */
export interface PublishedMember {
  readonly member: string;
  readonly organisation: string;
  readonly identity: MemberIdentity;
  readonly authorities: Authorities;
}

/** Names of the texts that the gate publishes. */
export const PublicText = {
  /** Certificates of the gate's CAs, PEM: what runtimes and hub pin. */
  Ca: "ca.crt",
  /** What another member's admin needs, as `kubectl tributary peers export` reads it. */
  Identity: "identity.json",
  /** Where rotations stand. */
  Rotation: "rotation.json",
} as const;

/** What anybody may know of a gate, as texts by name. */
export function publicHalf({ member, organisation, identity, authorities }: PublishedMember): Record<string, string> {
  const keys = signingFirst(identity);
  return {
    [PublicText.Ca]: authorities.keys.map(({ certificatePem }) => certificatePem).join(""),
    [PublicText.Identity]: print({
      organisation,
      member,
      publicKeys: keys.map(({ publicKey }) => Buffer.from(publicKey).toString("base64")),
      fingerprints: keys.map(({ fingerprint }) => fingerprint),
    }),
    [PublicText.Rotation]: print({
      identity: describeKeys(identity.keys, identity.signing),
      ca: describeKeys(authorities.keys, authorities.signing),
    }),
  };
}

/** Whether a published text names another identity than one's own: no key of it is among one's own. What cannot be read names none. */
export function isAnotherIdentity(published: string | undefined, own: string | undefined): boolean {
  const [others, known] = [fingerprintsIn(published), fingerprintsIn(own)];
  return others.length > 0 && known.length > 0 && !others.some((fingerprint) => known.includes(fingerprint));
}

function fingerprintsIn(text = ""): readonly unknown[] {
  try {
    const { fingerprints } = JSON.parse(text) as { readonly fingerprints?: unknown };
    return Array.isArray(fingerprints) ? fingerprints : [];
  } catch {
    return [];
  }
}

interface Described {
  readonly fingerprint: string;
  readonly endMs?: number;
}

/** The oldest first. */
function describeKeys<T extends Described>(keys: readonly T[], signing: T): object[] {
  return keys.map((key) => ({
    fingerprint: key.fingerprint,
    signs: key === signing,
    ...(key.endMs !== undefined && { ends: new Date(key.endMs).toISOString() }),
  }));
}

function print(value: object): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
