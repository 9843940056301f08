import { describe, expect, it } from "vitest";
import { describeFinding } from "./finding.ts";
import { mergePeers, type OwnMember } from "./merge-peers.ts";
import { checkPeerList, type Peer, readOrganisation } from "./peer-list.ts";

/** Keys of 32 equal bytes. */
const key = (fill: number) => Buffer.alloc(32, fill).toString("base64");
const peer: Peer = { organisation: "Lab", member: "lab", publicKey: key(1) };
const list = (...peers: unknown[]) => ({ version: 1, peers });

describe("a peer list", () => {
  it.each([
    { given: "nobody", value: list() },
    { given: "a member", value: list(peer) },
    {
      given: "a member with two keys and a note",
      value: list({ ...peer, alsoKey: key(2), note: "by phone, 2 December" }),
    },
    {
      given: "an organisation of several words and other letters",
      value: list({ ...peer, organisation: "Hôpital 東京 & Söhne" }),
    },
    { given: "an organisation in two alphabets", value: list({ ...peer, organisation: "Больница Αθήνα Lab" }) },
  ])("may hold $given", ({ value }) => expect(checkPeerList(value)).toEqual([]));

  it.each([
    { given: "no object", value: [], says: "file is [], must be an object" },
    { given: "no version", value: { peers: [] }, says: "version is absent, must be 1" },
    { given: "another version", value: { version: 2, peers: [] }, says: "version is 2, must be 1" },
    { given: "no list", value: { version: 1, peers: {} }, says: "peers is {}, must be a list" },
    { given: "more", value: { ...list(), more: 1 }, says: "more is 1, must be absent: the field is not known" },
    { given: "a member that is none", value: list("lab"), says: 'peers[0] is "lab", must be an object' },
    {
      given: "no organisation",
      value: list({ ...peer, organisation: undefined }),
      says: "peers[0].organisation is absent",
    },
    {
      given: "a name in capitals",
      value: list({ ...peer, member: "Lab" }),
      says: 'peers[0].member is "Lab", must be small',
    },
    {
      given: "a short key",
      value: list({ ...peer, publicKey: "AAAA" }),
      says: 'peers[0].publicKey is "AAAA", must be an',
    },
    {
      given: "a key in another writing",
      value: list({ ...peer, publicKey: key(1).replace("E=", "F=") }),
      says: "must be an Ed25519 public key",
    },
    { given: "a key in PEM", value: list({ ...peer, publicKey: "-----BEGIN PUBLIC KEY-----" }), says: "is a PEM text" },
    { given: "one key twice", value: list({ ...peer, alsoKey: key(1) }), says: "peers[0].alsoKey" },
    { given: "a note of two lines", value: list({ ...peer, note: "a\nb" }), says: "in one line" },
    { given: "an unknown field", value: list({ ...peer, key: key(1) }), says: "peers[0].key is" },
    { given: "a member twice", value: list(peer, { ...peer, publicKey: key(2) }), says: "peers[1].member" },
    { given: "very many", value: list(...Array.from({ length: 1_025 }, () => peer)), says: "at most 1024" },
  ])("is refused by field and value with $given", ({ value, says }) => {
    const findings = checkPeerList(value);
    expect(findings.map(describeFinding).join("\n")).toContain(says);
  });

  it.each([
    "",
    " Lab",
    "Lab ",
    "La  b",
    "La\tb",
    "La\u00a0b",
    "La\u200bb",
    "La\u202eb",
    "Lab\ufe0f",
    "La\u034fb",
    "Lab\u3164",
    "Lab\u2800",
    "L\u0430b",
    "\u0391cme",
    "Ho\u0302pital",
    "L".repeat(64),
    "\ud800",
  ])("refuses %j as an organisation: somebody would read it as another text", (text) =>
    expect(readOrganisation(text).ok).toBe(false),
  );
});

describe("several peer lists", () => {
  const own: OwnMember = { organisation: "Clinic", member: "clinic", publicKeys: [key(9), key(8)] };
  const merge = (values: readonly Peer[], trusted: readonly Peer[]) =>
    mergePeers(own, [
      { name: "values", peers: values },
      { name: "trusted", peers: trusted },
    ]);

  it("are one list, ascending by organisation and member, with the member itself", () => {
    const other: Peer = { organisation: "Bank", member: "z", publicKey: key(3), alsoKey: key(4) };
    expect(merge([peer], [other, { ...peer, note: "x" }])).toEqual({
      peers: [
        { organisation: "Bank", member: "z", publicKeys: [key(3), key(4)], from: ["trusted"] },
        { ...own, from: ["this member itself"] },
        { organisation: "Lab", member: "lab", publicKeys: [key(1)], from: ["values", "trusted"] },
      ],
      contradictions: [],
    });
  });

  it.each<{ given: string; values: Peer[]; trusted: Peer[]; says: string }>([
    {
      given: "another key",
      values: [peer],
      trusted: [{ ...peer, publicKey: key(2) }],
      says: `member lab is of organisation Lab with ${key(2)} in trusted, but of organisation Lab with ${key(1)} in values`,
    },
    { given: "one key more", values: [peer], trusted: [{ ...peer, alsoKey: key(2) }], says: "member lab" },
    {
      given: "another organisation",
      values: [peer],
      trusted: [{ ...peer, organisation: "Bank" }],
      says: "organisation Bank",
    },
    {
      given: "a key of two members",
      values: [peer],
      trusted: [{ ...peer, member: "other", organisation: "Other" }],
      says: `members lab and other have the same key ${key(1)}`,
    },
    {
      given: "the own key under another name",
      values: [{ ...peer, publicKey: key(9) }],
      trusted: [],
      says: `members clinic and lab have the same key`,
    },
    {
      given: "two organisations that read the same",
      values: [peer],
      trusted: [{ member: "lab-2", organisation: "LAB", publicKey: key(2) }],
      says: "organisations LAB and Lab read the same",
    },
    {
      given: "the own member under another organisation",
      values: [{ member: "clinic", organisation: "Lab", publicKey: key(9) }],
      trusted: [],
      says: "this member itself",
    },
    {
      given: "the own member with a foreign key",
      values: [{ member: "clinic", organisation: "Clinic", publicKey: key(1) }],
      trusted: [],
      says: "this member itself",
    },
  ])("contradict each other by $given", ({ values, trusted, says }) => {
    expect(merge(values, trusted).contradictions.join("\n")).toContain(says);
  });

  it("may name the own member, also by the key that it is about to leave", () => {
    const { peers, contradictions } = merge([{ organisation: "Clinic", member: "clinic", publicKey: key(8) }], []);
    expect(contradictions).toEqual([]);
    expect(peers).toEqual([{ ...own, from: ["this member itself", "values"] }]);
  });
});
