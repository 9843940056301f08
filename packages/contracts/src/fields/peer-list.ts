import { accept, type FieldFinding, findingsOf, type Reading, refuse } from "./finding.ts";
import { readLabel } from "./names.ts";

/** A member cluster that an admin trusts to be who it says it is, as a peer list writes it. */
export interface Peer {
  /** Organisation that the member counts for. */
  readonly organisation: string;
  /** Name of the member cluster, as the hub registers it. */
  readonly member: string;
  /** Identity key of the member, an Ed25519 public key: base64 of 32 bytes. */
  readonly publicKey: string;
  /** The other identity key while one replaces the other. */
  readonly alsoKey?: string;
  /** The admin's own words: who confirmed the fingerprint, and when. */
  readonly note?: string;
}

/** A peer list as its file holds it. */
export interface PeerList {
  readonly version: 1;
  readonly peers: readonly Peer[];
}

/** Most members of a peer list. */
const MAX_PEERS = 1_024;
const MAX_NOTE_CHARACTERS = 256;

/** The last of the 43 letters carries two bits that are no part of the key: zeros, so that one key is written in one way. */
const KEY = /^[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=$/;

/** Reads an Ed25519 public key: base64 of 32 bytes, as the one text that means it. */
export function readPublicKey(text: string): Reading<string> {
  return KEY.test(text) ? accept(text) : refuse("an Ed25519 public key: base64 of 32 bytes");
}

/** Characters that nobody sees, or sees as a blank: what fonts draw as nothing (default ignorable), and the empty pattern of Braille. */
const UNSEEN = /\p{C}|\p{Default_Ignorable_Code_Point}|[\p{Z}--\u0020]|\u0020{2}|\u2800/v;
/** Scripts that share the look of many letters. */
const ALIKE = [/\p{Script=Latin}/u, /\p{Script=Greek}/u, /\p{Script=Cyrillic}/u];

/** Whether a word has letters of scripts that look alike: nobody tells a Cyrillic letter among Latin ones. */
function isMixed(word: string): boolean {
  return ALIKE.filter((script) => script.test(word)).length > 1;
}

/** Reads the name of an organisation. What two people would take for the same name must be the same text. */
export function readOrganisation(text: string): Reading<string> {
  const isOneLook =
    text === text.trim() && text === text.normalize("NFC") && !UNSEEN.test(text) && !text.split(" ").some(isMixed);
  if (text !== "" && [...text].length <= 63 && isOneLook) return accept(text);
  return refuse(
    "the name of an organisation: 1 to 63 characters that are seen, in Unicode's form NFC, single blanks between words, a word of one alphabet",
  );
}

/** Everything wrong with what should be a peer list; none when it is a {@link PeerList}. */
export function checkPeerList(value: unknown): FieldFinding[] {
  if (!isObject(value)) return [{ path: "file", value, expected: "an object with version and peers" }];
  const { version, peers } = value;
  if (version !== 1) return [{ path: "version", value: version, expected: "1" }];
  if (!Array.isArray(peers) || peers.length > MAX_PEERS)
    return [{ path: "peers", value: peers, expected: `a list of at most ${MAX_PEERS} members` }];
  const findings = [
    ...unknownFields("", value, ["version", "peers"]),
    ...peers.flatMap((peer, index) => checkPeer(`peers[${index}]`, peer)),
  ];
  return findings.length > 0 ? findings : membersTwice(peers as Peer[]);
}

/** Everything wrong with what should be a member of a peer list; none when it is a {@link Peer}. */
export function checkPeer(path: string, value: unknown): FieldFinding[] {
  if (!isObject(value)) return [{ path: path || "file", value, expected: "an object" }];
  const { organisation, member, publicKey, alsoKey, note } = value;
  const at = (name: string) => (path === "" ? name : `${path}.${name}`);
  return [
    ...unknownFields(path, value, ["organisation", "member", "publicKey", "alsoKey", "note"]),
    ...textFindings(at("organisation"), organisation, readOrganisation),
    ...textFindings(at("member"), member, (text) => readLabel(text)),
    ...textFindings(at("publicKey"), publicKey, readPublicKey),
    ...(alsoKey === undefined ? [] : textFindings(at("alsoKey"), alsoKey, readPublicKey)),
    ...(alsoKey !== undefined && alsoKey === publicKey
      ? [{ path: at("alsoKey"), value: alsoKey, expected: "another key than publicKey" }]
      : []),
    ...(note === undefined ? [] : textFindings(at("note"), note, readNote)),
  ];
}

/** A member's identity keys. */
export function keysOf({ publicKey, alsoKey }: Peer): readonly string[] {
  return alsoKey === undefined ? [publicKey] : [publicKey, alsoKey];
}

function readNote(text: string): Reading<string> {
  if (text.length <= MAX_NOTE_CHARACTERS && !/\p{Cc}/u.test(text)) return accept(text);
  return refuse(`at most ${MAX_NOTE_CHARACTERS} characters in one line`);
}

function membersTwice(peers: readonly Peer[]): FieldFinding[] {
  return peers.flatMap(({ member }, index) =>
    peers.findIndex((other) => other.member === member) === index
      ? []
      : [{ path: `peers[${index}].member`, value: member, expected: "listed once" }],
  );
}

function textFindings(path: string, value: unknown, read: (text: string) => Reading<unknown>): FieldFinding[] {
  if (typeof value === "string") return findingsOf(path, value, read(value));
  const reading = read("");
  return [{ path, value, expected: reading.ok ? "a text" : reading.expected }];
}

function unknownFields(path: string, value: Readonly<Record<string, unknown>>, known: readonly string[]) {
  return Object.keys(value)
    .filter((name) => !known.includes(name))
    .map((name) => ({
      path: path === "" ? name : `${path}.${name}`,
      value: value[name],
      expected: `absent: the field is not known, fields are ${known.join(", ")}`,
    }));
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
