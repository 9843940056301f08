import { createHash } from "node:crypto";
import type { Peer } from "@tributary/contracts/fields";
import { describe, expect, it } from "vitest";
import { fingerprintOf, readFingerprint } from "./fingerprint.ts";
import { listPeers, renderTable } from "./list-peers.ts";
import { type PeerLists, removePeer, trustPeer } from "./trust-peer.ts";

const key = (fill: number) => Buffer.alloc(32, fill).toString("base64");
const [first, second] = [fingerprintOf(key(1)), fingerprintOf(key(2))];
const lab: Peer = { organisation: "Lab", member: "lab", publicKey: key(1) };
const labRotating: Peer = { ...lab, alsoKey: key(2) };
const lists = (change: Partial<PeerLists> = {}): PeerLists => ({
  own: { organisation: "Clinic", member: "clinic", publicKeys: [key(9)] },
  chart: [],
  trusted: [],
  ...change,
});
const trust = (peer: Peer, change: Partial<PeerLists> = {}, mayReplace = false) =>
  trustPeer(lists(change), peer, { mayReplace });

describe("a fingerprint", () => {
  it("is SHA-256 of the raw key in sixteen groups of four", () => {
    const digest = createHash("sha256").update(Buffer.alloc(32, 1)).digest("hex");
    expect(first).toMatch(/^([0-9a-f]{4}:){15}[0-9a-f]{4}$/u);
    expect(first.replaceAll(":", "")).toBe(digest);
  });

  it.each([
    first,
    first.toUpperCase(),
    first.replaceAll(":", ""),
    first.replaceAll(":", " "),
    ` ${first.replaceAll(":", "-")} `,
  ])("is read from %j", (text) => expect(readFingerprint(text)).toEqual({ ok: true, value: first }));

  it.each(["", "abcd", first.slice(0, -1), `${first}00`, first.replace(/^./u, "g"), `SHA256:${first}`])(
    "is not read from %j",
    (text) => expect(readFingerprint(text)).toMatchObject({ ok: false, expected: expect.stringContaining("64") }),
  );
});

describe("trusting a member", () => {
  it("adds it and shows it by its fingerprint", () => {
    expect(trust(lab)).toEqual({ trusted: [lab], lines: [`+ member lab of organisation Lab, ${first}`] });
  });

  it("keeps all others", () => {
    const other: Peer = { organisation: "Bank", member: "bank", publicKey: key(3) };
    expect(trust(lab, { trusted: [other] }).trusted).toEqual([other, lab]);
  });

  it.each([
    { where: "it is trusted already", change: { trusted: [lab] } },
    { where: "the chart's values trust it already", change: { chart: [lab] } },
    {
      where: "its keys stand in another order",
      change: { trusted: [{ ...lab, publicKey: key(2), alsoKey: key(1) }] },
      peer: labRotating,
    },
  ])("writes nothing where $where", ({ change, peer = lab }) => {
    expect(trust(peer, change)).toMatchObject({
      trusted: undefined,
      lines: [expect.stringContaining("trusted already")],
    });
  });

  it("takes another note of the same member", () => {
    expect(trust({ ...lab, note: "by phone" }, { trusted: [lab] }).trusted).toEqual([{ ...lab, note: "by phone" }]);
  });

  it.each([
    { what: "another key", peer: { ...lab, publicKey: key(2) }, line: `+ member lab of organisation Lab, ${second}` },
    { what: "a key more", peer: labRotating, line: `+ member lab of organisation Lab, ${first} and ${second}` },
    {
      what: "another organisation",
      peer: { ...lab, organisation: "Bank" },
      line: `+ member lab of organisation Bank, ${first}`,
    },
  ])("replaces $what only when it is told to, and shows both", ({ peer, line }) => {
    const refused = { code: "NAME_TAKEN", message: expect.stringContaining("--replace") };
    expect(() => trust(peer, { trusted: [lab] })).toThrow(expect.objectContaining(refused));
    const before = `- member lab of organisation Lab, ${first}`;
    expect(trust(peer, { trusted: [lab] }, true)).toEqual({ trusted: [peer], lines: [before, line] });
  });

  it.each<{ what: string; peer: Peer; change: Partial<PeerLists>; says: string }>([
    {
      what: "the own member's file",
      peer: { organisation: "Clinic", member: "clinic", publicKey: key(9) },
      change: {},
      says: "this member itself",
    },
    {
      what: "another key than the chart's values have",
      peer: lab,
      change: { chart: [{ ...lab, publicKey: key(2) }] },
      says: "change the values",
    },
    {
      what: "a key of another member",
      peer: lab,
      change: { trusted: [{ ...lab, member: "lab-2" }] },
      says: "members lab and lab-2 have the same key",
    },
    {
      what: "the own key",
      peer: { ...lab, publicKey: key(9) },
      change: {},
      says: "members clinic and lab have the same key",
    },
    {
      what: "an organisation that reads like another",
      peer: { ...lab, organisation: "CLINIC" },
      change: {},
      says: "read the same",
    },
  ])("refuses $what, told to replace or not", ({ peer, change, says }) => {
    for (const mayReplace of [false, true]) expect(() => trust(peer, change, mayReplace)).toThrow(says);
  });

  it("is possible beside others that contradict each other already", () => {
    const other: Peer = { organisation: "Bank", member: "bank", publicKey: key(3) };
    const change = { chart: [other], trusted: [{ ...other, publicKey: key(4) }] };
    expect(trust(lab, change).trusted).toContainEqual(lab);
  });
});

describe("trusting a member no longer", () => {
  it("takes it from the list, and says where else it is listed", () => {
    expect(removePeer(lists({ trusted: [lab] }), "lab")).toEqual({
      trusted: [],
      lines: [`- member lab of organisation Lab, ${first}`],
    });
    expect(removePeer(lists({ trusted: [lab], chart: [lab] }), "lab").lines[1]).toContain("still trusted: gate.peers");
  });

  it.each([
    { change: { chart: [lab] }, says: "gate.peers of the chart's values lists member lab" },
    { change: { trusted: [{ ...lab, member: "other" }] }, says: "member lab is not trusted; trusted are other" },
    { change: {}, says: "trusted are none" },
  ])("is refused with $says", ({ change, says }) => {
    expect(() => removePeer(lists(change), "lab")).toThrow(expect.objectContaining({ code: "ARGUMENT_INVALID" }));
    expect(() => removePeer(lists(change), "lab")).toThrow(says);
  });
});

describe("the list", () => {
  it("is a table with a line for each key, and says where each member is listed", () => {
    const { peers, contradictions } = listPeers(lists({ chart: [labRotating], trusted: [labRotating] }));
    expect(contradictions).toEqual([]);
    expect(renderTable(peers).map((line) => line.replaceAll(/ {2,}/gu, " | "))).toEqual([
      "ORGANISATION | MEMBER | FINGERPRINT OF THE IDENTITY KEY | FROM",
      `Clinic | clinic | ${fingerprintOf(key(9))} | this member itself`,
      `Lab | lab | ${first} | chart values, trusted`,
      ` | ${second}`,
    ]);
  });

  it("names what contradicts", () => {
    const { contradictions } = listPeers(lists({ chart: [lab], trusted: [labRotating] }));
    expect(contradictions).toEqual([expect.stringMatching(/^member lab is .* in trusted, but .* in chart values$/u)]);
  });
});
