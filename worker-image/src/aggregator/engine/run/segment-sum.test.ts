import { createHash } from "node:crypto";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { accumulatePacked, packRing, toSigned } from "@tributary/federated";
import { realDisk } from "@tributary/kit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readSums, sumSegments } from "./segment-sum.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "segment-sum-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe("sum of staged segments", () => {
  it.each([
    { count: 3, values: 20, ringBits: 12 as const },
    { count: 3, values: 2 ** 18 + 13, ringBits: 20 as const },
    // More parties than have a whole buffer each: the chunks are smaller.
    { count: 37, values: 2 ** 17 + 13, ringBits: 24 as const },
  ])(
    "adds $values values of $count parties and $ringBits bits mod 2^b and reads them back signed",
    async ({ count, values, ringBits }) => {
      const parties = Array.from({ length: count }, (_, seed) =>
        Int32Array.from({ length: values }, (_, i) => Math.imul(i + 2 * seed + 3, 40_503)),
      );
      const packed = parties.map((party) => packRing(party, ringBits));
      const paths = packed.map((_, i) => join(folder, `${ringBits}-${i}`));
      await Promise.all(packed.map((bytes, i) => writeFile(paths[i]!, bytes)));
      const out = join(folder, `${ringBits}-sum`);
      const digest = await sumSegments(paths, { values, ringBits }, out);

      const want = packed.reduce((sum, addend) => accumulatePacked(sum.slice(), addend, ringBits));
      const bytes = await readFile(out);
      expect(Buffer.compare(bytes, want)).toBe(0);
      expect(Buffer.from(digest)).toEqual(createHash("sha256").update(want).digest());

      const file = await realDisk.open(out, "r");
      const sums = await readSums(file, 8, values - 8, ringBits).finally(() => file.close());
      const expected = sums.map((_, i) =>
        toSigned(
          parties.reduce((sum, party) => (sum + party[i + 8]!) | 0, 0),
          ringBits,
        ),
      );
      expect(
        Buffer.compare(Buffer.from(sums.buffer, sums.byteOffset, sums.byteLength), Buffer.from(expected.buffer)),
      ).toBe(0);
    },
  );
});
