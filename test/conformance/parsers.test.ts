import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { openSafetensors, safetensorsParts } from "@tributary/federated";
import { GgufFile, toyModelGguf } from "@tributary/worker-image";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createSeededRandom } from "../support/chaos/seeded-random.ts";
import { askPython, pythonWith } from "./accounting/python-environment.ts";
import { mutateFile } from "./parsers/mutate-file.ts";

const COUNT = 200;
const script = fileURLToPath(new URL("./parsers/read_files.py", import.meta.url));
const requirements = fileURLToPath(new URL("./parsers/requirements.txt", import.meta.url));
const page = readFileSync(fileURLToPath(new URL("../../docs/reference/model-files.md", import.meta.url)), "utf8");

type Verdict = { readonly names: readonly string[] } | { readonly error: string };
type Format = "safetensors" | "gguf";

/** Where ours refuses and the reference reads, the refusal must be one of the page's rules: `| pattern | rule |` in its table. */
const stricter = [...page.matchAll(/^\| `([^`]+)` \|/gmu)].map((match) => new RegExp(match[1]!, "u"));

const floats = (values: readonly number[]) => new Uint8Array(Float32Array.from(values).buffer);
const tensors = [
  { name: "layers.0.weight", dtype: "F32" as const, shape: [2, 3], bytes: floats([1, 2, 3, 4, 5, 6]) },
  { name: "layers.0.empty", dtype: "F32" as const, shape: [0, 4], bytes: new Uint8Array(0) },
  { name: "größe", dtype: "BF16" as const, shape: [4], bytes: new Uint8Array(8) },
  { name: "steps", dtype: "I64" as const, shape: [], bytes: new Uint8Array(8) },
];
const originals: Readonly<Record<Format, { readonly file: Buffer; readonly headerBytes: number }>> = {
  safetensors: { file: Buffer.concat(safetensorsParts(tensors, { format: "pt", origin: "é" })), headerBytes: 420 },
  gguf: { file: toyModelGguf(1), headerBytes: 3_000 },
};

const readers: Readonly<Record<Format, (path: string) => string[]>> = {
  safetensors: (path) => openSafetensors(readFileSync(path)).tensors.map(({ name }) => name),
  gguf: (path) => {
    using file = GgufFile.open(path);
    return file.tensorShapes.map(({ name }) => name);
  },
};

function judge(read: () => string[]): Verdict {
  try {
    return { names: read().sort() };
  } catch (error) {
    return { error: (error as Error).message };
  }
}

let folder: string;
let python: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "parsers-"));
  python = await pythonWith(requirements);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe.each(["safetensors", "gguf"] as const)("%s", (format) => {
  it(`of ${COUNT} mutated files, what is read is what the reference reads, and no more`, async () => {
    const random = createSeededRandom(`parsers ${format} 1`);
    const { file, headerBytes } = originals[format];
    const paths = Array.from({ length: COUNT }, (_, index) => {
      const path = join(folder, `${format}-${index}`);
      writeFileSync(path, index === 0 ? file : mutateFile(file, headerBytes, random));
      return path;
    });
    const answers = (await askPython(python, script, { [format]: paths })) as Record<Format, Verdict[]>;
    const counts = { bothRead: 0, bothRefuse: 0, stricter: 0 };
    for (const [index, path] of paths.entries()) {
      const ours = judge(() => readers[format](path));
      const reference = answers[format][index]!;
      const shown = `${path}: ours ${JSON.stringify(ours)}, reference ${JSON.stringify(reference)}`;
      if ("names" in ours) {
        expect(reference, shown).toEqual({ names: sortedAsPython(ours.names) });
        counts.bothRead += 1;
      } else if ("error" in reference) counts.bothRefuse += 1;
      else {
        expect(
          stricter.some((rule) => rule.test(ours.error)),
          shown,
        ).toBe(true);
        counts.stricter += 1;
      }
    }
    expect(counts.bothRead).toBeGreaterThan(10);
    expect(counts.bothRefuse).toBeGreaterThan(30);
  });
});

/** Python orders by code point, JavaScript by code unit. */
function sortedAsPython(names: readonly string[]): string[] {
  return [...names].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
}
