import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { horizontal, type NamedShape, safetensorsParts } from "@tributary/federated";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { requireModel } from "./require-model.ts";

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "model-"));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const tensors = [
  { name: "a", shape: [2, 2] },
  { name: "b", shape: [3] },
];
const sectionsOf = (given: readonly NamedShape[], isEvaluateOnly = false) =>
  horizontal.plan({ tensors: given, hasAdapter: false }, {}, { isEvaluateOnly }).sections;
const model = (dtype: "F32" | "F16" = "F32", metadata?: Record<string, string>): Buffer => {
  const width = dtype === "F32" ? 4 : 2;
  const parts = [
    { name: "a", dtype, shape: [2, 2], bytes: new Uint8Array(4 * width) },
    { name: "b", dtype, shape: [3], bytes: new Uint8Array(3 * width) },
  ];
  return Buffer.concat(safetensorsParts(parts, metadata));
};

async function check(bytes: Buffer, given: readonly NamedShape[] = tensors, isEvaluateOnly = false): Promise<void> {
  const path = join(directory, "model.safetensors");
  await writeFile(path, bytes);
  await requireModel(path, sectionsOf(given, isEvaluateOnly));
}

/** The same header with a blank more before its first name: another file of the same values. */
function reencoded(): Buffer {
  const bytes = model();
  const length = Number(bytes.readBigUInt64LE(0));
  const text = bytes
    .subarray(8, 8 + length)
    .toString("utf8")
    .trimEnd()
    .replace("{", "{ ");
  const header = Buffer.from(text.padEnd(Math.ceil(text.length / 8) * 8));
  const prefix = Buffer.alloc(8);
  prefix.writeBigUInt64LE(BigInt(header.length));
  return Buffer.concat([prefix, header, bytes.subarray(8 + length)]);
}

describe("the model that a round starts from", () => {
  it("is taken with the header that its tensors have, when the report sums them or only evaluates", async () => {
    await check(model());
    await check(model(), tensors, true);
  });

  it.each([
    { given: "a re-encoded header", bytes: reencoded },
    { given: "metadata", bytes: () => model("F32", { a: "b" }) },
    { given: "values of another type", bytes: () => model("F16") },
  ])("is refused with $given, also when the round only evaluates", async ({ bytes }) => {
    for (const isEvaluateOnly of [false, true])
      await expect(check(bytes(), tensors, isEvaluateOnly)).rejects.toMatchObject({
        code: "TERMS_REFUSED",
        message: expect.stringMatching(/^StartChanged: the model's header/u),
      });
  });

  it.each([
    { given: tensors.slice(0, 1), says: "sums none where the model has b [3]" },
    { given: [...tensors, { name: "c", shape: [1] }], says: "sums c [1] where the model has none" },
    { given: [tensors[0]!, { name: "b", shape: [1, 3] }], says: "sums b [1, 3] where the model has b [3]" },
  ])("is refused when the report $says", async ({ given, says }) => {
    await expect(check(model(), given)).rejects.toThrow(`LayoutChanged: the report ${says}`);
  });
});
