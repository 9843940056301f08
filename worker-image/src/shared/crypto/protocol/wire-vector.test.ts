import { readFileSync } from "node:fs";
import { decodeMessage, encodeMessage, MessageType, planDigest, setupDigest, toHex } from "@tributary/federated";
import { expect, it } from "vitest";
import { createRoster } from "./memory-round.ts";
import { aPlan, aSetup, idsOf, recordRound } from "./round-fixtures.ts";
import { createSeededSuite } from "./seeded-suite.ts";

/** What a round of four parties, the last of which drops out, puts on the wire to its first party. */
function transcript() {
  const roster = createRoster(createSeededSuite("wire vector 1"), idsOf(4), 2);
  const setup = aSetup(roster);
  const plan = aPlan(roster, setup);
  const { messages, victim } = recordRound(roster, setup, plan, { 3: "MaskedInput" });
  const digest = setupDigest(roster.crypto, setup);
  const received = Object.entries(MessageType).flatMap(([name, type]) => {
    const entry = messages.get(type);
    return entry === undefined ? [] : [[name, toHex(encodeMessage(entry.message))] as const];
  });
  return {
    setupDigest: toHex(digest),
    planDigest: toHex(planDigest(roster.crypto, digest, plan)),
    party: victim.id,
    messages: Object.fromEntries(received),
  };
}

it("a round puts the committed bytes on the wire: another version of this code understands them", () => {
  const committed = JSON.parse(
    readFileSync(new URL("../../../../../test/vectors/xsa1/wire.json", import.meta.url), "utf8"),
  );
  const { provenance, ...want } = committed;
  expect(provenance).toContain("xsa1_reference.py");
  expect(transcript()).toEqual(want);
});

it("every committed message decodes and encodes to itself", () => {
  for (const bytes of Object.values(transcript().messages)) {
    expect(toHex(encodeMessage(decodeMessage(Buffer.from(bytes, "hex"))))).toBe(bytes);
  }
});
