import { Keystream } from "@tributary/federated";
import { describe, expect, it } from "vitest";
import { createNodeCryptoSuite } from "../crypto/node-crypto-suite.ts";
import { createKeystream } from "./keystream.ts";

const key = Uint8Array.from({ length: 32 }, (_, i) => 7 * i);
const suite = createNodeCryptoSuite();

describe.each(Object.entries(Keystream))("the %s stream", (_, kind) => {
  it.each([0, 1, 15, 16, 64, 100, 4096, 2 ** 33 + 5])(
    "from byte %d on is the suite's keystream, piece by piece",
    (offset) => {
      const stream = createKeystream(kind, key, offset);
      const pieces = [3, 16, 200_000, 0, 61].map((sizeBytes) => Buffer.alloc(sizeBytes));
      for (const piece of pieces) stream(piece);
      const want = suite.keystream(kind, key, offset, 200_080);
      expect(Buffer.compare(Buffer.concat(pieces), want)).toBe(0);
    },
  );
});

it("starts at the published AES-256-CTR keystream of the all-zero key", () => {
  const first = Buffer.alloc(16);
  createKeystream(Keystream.Aes256Ctr, new Uint8Array(32), 0)(first);
  expect(first.toString("hex")).toBe("dc95c078a2408989ad48a21492842087");
});
