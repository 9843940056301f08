import { expect, it } from "vitest";
import { splitSecret } from "../../shamir/shamir.ts";
import { equalBytes } from "../bytes.ts";
import { rebuildSecret } from "./rebuild-secret.ts";

const secret = Uint8Array.from({ length: 32 }, (_, index) => 7 * index);
const coefficients = Uint8Array.from({ length: 64 }, (_, index) => 255 - 3 * index);
const shares = splitSecret(secret, coefficients, 3, 6).map((bytes, rank) => ({ x: rank + 1, bytes }));
const isGenuine = (candidate: Uint8Array) => equalBytes(candidate, secret);

it("rebuilds from exactly the threshold", () => {
  expect(rebuildSecret(shares.slice(2, 5), 3, 6, isGenuine)).toEqual({ secret, wrong: [] });
});

it.each([{ liars: [1] }, { liars: [6] }, { liars: [1, 4] }])(
  "goes round the liars $liars and names them",
  ({ liars }) => {
    const given = shares.map((share) =>
      liars.includes(share.x) ? { ...share, bytes: share.bytes.map((byte) => byte ^ 1) } : share,
    );
    expect(rebuildSecret(given, 3, 6, isGenuine)).toEqual({ secret, wrong: liars });
  },
);

it("still rebuilds, but names nobody, when the liars could frame somebody", () => {
  const given = shares.map((share) =>
    [2, 3, 6].includes(share.x) ? { ...share, bytes: share.bytes.map((byte) => byte ^ share.x) } : share,
  );
  expect(rebuildSecret(given, 3, 6, isGenuine)).toEqual({ secret, wrong: [] });
});

it("gives up when fewer than the threshold tell the truth, or when nothing is genuine", () => {
  const given = shares.map((share) => (share.x > 2 ? { ...share, bytes: new Uint8Array(32) } : share));
  expect(rebuildSecret(given, 3, 6, isGenuine)).toBeNull();
  expect(rebuildSecret(shares.slice(0, 2), 3, 6, isGenuine)).toBeNull();
});

it("stops after a bounded number of subsets", () => {
  let asked = 0;
  const many = splitSecret(secret, new Uint8Array(32 * 9), 10, 30).map((bytes, rank) => ({ x: rank + 1, bytes }));
  const never = () => {
    asked++;
    return false;
  };
  expect(rebuildSecret(many, 10, 30, never)).toBeNull();
  expect(asked).toBe(2_000);
});
