import { describe, expect, it } from "vitest";
import { readSources } from "./sources.ts";

/** Exported functions and classes of the pure library and of what it is used through. */
const sources = readSources([
  "packages/federated/src",
  "worker-image/src/shared/crypto",
  "worker-image/src/shared/kernels",
]).filter(({ path }) => !/\/testing\/|\/protocol\//u.test(path));

const LEAST_SHARE = 0.96;
const LEAST_WORDS = 6;

interface Exported {
  readonly path: string;
  readonly name: string;
  readonly doc: string;
  readonly body: string;
}

describe("exported functions", () => {
  const functions = sources.flatMap(exportedFunctions);

  it("are found", () => {
    expect(functions.length).toBeGreaterThan(150);
    expect(functions.map(({ name }) => name)).toEqual(expect.arrayContaining(["quantise", "stepParty", "pldEpsilon"]));
  });

  it("have a sentence of documentation, 96 of 100", () => {
    const bare = functions.filter(({ doc }) => !isSentence(doc));
    expect(1 - bare.length / functions.length, namesOf(bare)).toBeGreaterThanOrEqual(LEAST_SHARE);
  });

  it("that refuse an argument themselves say so, 96 of 100", () => {
    const refusing = functions.filter(({ body }) => /\brequire[A-Z]\w*\(|new ArgumentError\(/u.test(body));
    const silent = refusing.filter(({ doc }) => !/ArgumentError|@throws|[Rr]efuse/u.test(doc));
    expect(refusing.length).toBeGreaterThan(60);
    expect(1 - silent.length / refusing.length, namesOf(silent)).toBeGreaterThanOrEqual(LEAST_SHARE);
  });

  it.each([
    ["export function bare(): void {\n}\n", 1],
    ["/** Short. */\nexport function short(): void {\n}\n", 1],
    ["/** Adds two vectors of the same length in place. */\nexport function add(): void {\n}\n", 0],
  ])("%j has %d without a sentence", (text, want) => {
    expect(exportedFunctions({ path: "a.ts", text }).filter(({ doc }) => !isSentence(doc))).toHaveLength(want);
  });
});

function exportedFunctions({ path, text }: { readonly path: string; readonly text: string }): Exported[] {
  const pattern = /(?:\/\*\*((?:[^*]|\*(?!\/))*)\*\/\n)?^export (?:async )?(?:function|class) (\w+)([\s\S]*?\n\}\n)/gmu;
  return [...text.matchAll(pattern)].map(([, doc = "", name, body]) => ({ path, name: name!, doc, body: body! }));
}

/** One sentence that starts with a capital or a sign and ends with a full stop, not counting tags. */
function isSentence(doc: string): boolean {
  const text = doc
    .replaceAll(/^\s*\* ?/gmu, "")
    .replaceAll(/@\w+/gu, "")
    .trim();
  return text.split(/\s+/u).length >= LEAST_WORDS && /[.:]/u.test(text);
}

function namesOf(functions: readonly Exported[]): string {
  return functions.map(({ path, name }) => `${path} ${name}`).join("\n");
}
