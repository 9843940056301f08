import { describe, expect, it } from "vitest";
import { firstRing, planRotation, type Ring, type RotationWish } from "./ring.ts";

const A = "a".repeat(64);
const B = "b".repeat(64);
const kind = { stem: "key", field: "identity" };
const fingerprints: Readonly<Record<string, string>> = { key: A, "key-2": B, "key-3": "c".repeat(64) };
const first = firstRing("key", "");
const both: Ring = { names: ["key", "key-2"], signs: "key", made: 2, label: "2027", retired: [] };
const switched: Ring = { ...both, signs: "key-2" };
const second: Ring = { names: ["key-2"], signs: "key-2", made: 2, label: "2027", retired: [A] };

const plan = (ring: Ring, wish: Partial<RotationWish>) =>
  planRotation(ring, { rotate: "", use: "", retire: "", ...wish }, kind, (name) => fingerprints[name]!);

type Case = [sentence: string, ring: Ring, wish: Partial<RotationWish>, want: Ring, makes?: string];

describe("a rotation", () => {
  const cases: Case[] = [
    ["stays as it is without a wish", first, {}, first],
    ["makes another key for a new label, which does not sign", first, { rotate: "2027" }, both, "key-2"],
    ["makes none for the label that it was made for", both, { rotate: "2027" }, both],
    ["lets the next key sign", both, { rotate: "2027", use: B }, switched],
    ["goes back to the former key while it is there", switched, { use: A }, { ...switched, signs: "key" }],
    ["lets a key go that does not sign", switched, { rotate: "2027", use: B, retire: A }, second],
    ["switches and lets go in one step", both, { use: B, retire: A }, second],
    ["lets the next key go before it ever signed", both, { retire: B }, { ...both, names: ["key"], retired: [B] }],
    ["asks for nothing by wishes that were carried out", second, { rotate: "2027", use: B, retire: A }, second],
    [
      "begins again with a further label, under a name that was never used",
      second,
      { rotate: "2028", use: B, retire: A },
      { names: ["key-2", "key-3"], signs: "key-2", made: 3, label: "2028", retired: [A] },
      "key-3",
    ],
  ];
  it.each(cases)("%s", (_sentence, ring, wish, want, makes) => {
    expect(plan(ring, wish)).toEqual({ ring: want, makes });
  });

  it("takes fingerprints as tools show them", () => {
    const grouped = `SHA256:${B.toUpperCase().match(/../g)!.join(":")}`;
    expect(plan(both, { use: grouped }).ring.signs).toBe("key-2");
  });

  it.each<[string, Ring, Partial<RotationWish>, string]>([
    [
      "a key that is not there to sign",
      both,
      { use: "beef" },
      `identity.use is "beef", must be empty or one of ${A} (signs), ${B}`,
    ],
    ["a key that is gone to sign", second, { use: A }, "identity.use"],
    ["to let go of a key that never was", both, { retire: "beef" }, "identity.retire"],
    ["to let go of the key that signs", both, { retire: A }, "set identity.use first"],
    ["to let go of the key that would sign", both, { use: B, retire: B }, "set identity.use first"],
    ["a third key", both, { rotate: "2028" }, `until one is retired: there are ${A} (signs) and ${B}`],
  ])("refuses %s", (_sentence, ring, wish, message) => {
    expect(() => plan(ring, wish)).toThrow(message);
  });
});
