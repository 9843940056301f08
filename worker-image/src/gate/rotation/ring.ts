import { describeFinding } from "@tributary/contracts/fields";
import { TributaryError } from "@tributary/kit";

/** Keys of one kind that a gate has, at most two: one while the other replaces it. */
export interface Ring {
  /** Names of the keys' files without their ending, the oldest first. */
  readonly names: readonly string[];
  /** Name of the one that signs. */
  readonly signs: string;
  /** How many there have been; a name is never used again. */
  readonly made: number;
  /** Label of the last rotation that was carried out; empty before the first. */
  readonly label: string;
  /** Fingerprints of those that are gone. */
  readonly retired: readonly string[];
}

/** What the admin asks for. Each wish stays in the values once it is carried out, and asks for nothing more then. */
export interface RotationWish {
  /** Any new text asks for another key beside the present one; empty asks for none. */
  readonly rotate: string;
  /** Fingerprint of the key that is to sign; empty leaves the one that does. */
  readonly use: string;
  /** Fingerprint of the key that is to go; empty keeps what is there. */
  readonly retire: string;
}

/** Rings hold two keys: peers, runtimes and hub learn the next one before it signs, and forget the former after. */
const MOST_KEYS = 2;

/** A ring of one key that was just made, or that is there from before rings were written down. */
export function firstRing(stem: string, label: string): Ring {
  return { names: [stem], signs: stem, made: 1, label, retired: [] };
}

/** Whose ring it is. */
export interface RingKind {
  /** Name of the first key's file without its ending; later ones are numbered. */
  readonly stem: string;
  /** Names the wish in errors: `ca`, `identity`. */
  readonly field: string;
}

/** What becomes of a ring by a wish. */
export interface RotationPlan {
  readonly ring: Ring;
  /** Name of the key that must be made before the ring counts. */
  readonly makes: string | undefined;
}

/**
 * Carries out a wish: which key signs first, then which goes, then whether one is made; a key that is made signs nothing yet.
 *
 * @param fingerprintOf of the key of a name, as it is on the disk.
 * @throws CONFIGURATION_INVALID for a fingerprint that no key has or had, for retiring the key that signs, and for a third key.
 */
export function planRotation(
  ring: Ring,
  wish: RotationWish,
  { stem, field }: RingKind,
  fingerprintOf: (name: string) => string,
): RotationPlan {
  const fingerprints = new Map(ring.names.map((name) => [fingerprintOf(name), name]));
  const signs = pickSigner(ring, wish, { field, fingerprints });
  const kept = retire({ ...ring, signs }, wish, { field, fingerprints });
  if (wish.rotate === "" || wish.rotate === kept.label) return { ring: kept, makes: undefined };
  if (kept.names.length >= MOST_KEYS) {
    const there = kept.names.map((name) => describeKey(name, kept, fingerprintOf(name)));
    throw invalid(`${field}.rotate`, wish.rotate, `as it was until one is retired: there are ${there.join(" and ")}`);
  }
  const made = kept.made + 1;
  const name = `${stem}-${made}`;
  return { ring: { ...kept, names: [...kept.names, name], made, label: wish.rotate }, makes: name };
}

interface Known {
  readonly field: string;
  readonly fingerprints: ReadonlyMap<string, string>;
}

function pickSigner(ring: Ring, wish: RotationWish, { field, fingerprints }: Known): string {
  if (wish.use === "") return ring.signs;
  const name = fingerprints.get(plainFingerprint(wish.use));
  if (name === undefined) throw invalid(`${field}.use`, wish.use, `empty or one of ${tellKeys(ring, fingerprints)}`);
  return name;
}

function retire(ring: Ring, wish: RotationWish, { field, fingerprints }: Known): Ring {
  const fingerprint = plainFingerprint(wish.retire);
  if (wish.retire === "" || ring.retired.includes(fingerprint)) return ring;
  const name = fingerprints.get(fingerprint);
  if (name === undefined)
    throw invalid(`${field}.retire`, wish.retire, `empty or one of ${tellKeys(ring, fingerprints)}`);
  if (name === ring.signs)
    throw invalid(`${field}.retire`, wish.retire, `that of a key which does not sign: set ${field}.use first`);
  return {
    ...ring,
    names: ring.names.filter((kept) => kept !== name),
    retired: [...ring.retired, fingerprint],
  };
}

/** A fingerprint as it is compared: without the colons, spaces and capitals with which tools show it. */
function plainFingerprint(text: string): string {
  return text
    .replace(/^sha256:/iu, "")
    .replaceAll(/[:\s]/gu, "")
    .toLowerCase();
}

function tellKeys(ring: Ring, fingerprints: ReadonlyMap<string, string>): string {
  return [...fingerprints].map(([fingerprint, name]) => describeKey(name, ring, fingerprint)).join(", ");
}

function describeKey(name: string, { signs }: Ring, fingerprint: string): string {
  return `${fingerprint}${name === signs ? " (signs)" : ""}`;
}

function invalid(path: string, value: string, expected: string): TributaryError {
  return new TributaryError("CONFIGURATION_INVALID", describeFinding({ path, value, expected }), {
    details: { field: path },
  });
}
