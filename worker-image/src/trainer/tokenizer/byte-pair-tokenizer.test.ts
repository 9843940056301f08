import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ByteCursor } from "../../shared/gguf/byte-cursor.ts";
import { GgufFile } from "../../shared/gguf/gguf-file.ts";
import { type Metadata, readMetadataValue } from "../../shared/gguf/metadata.ts";
import { toyModelGguf } from "../../shared/language-model/toy-model.ts";
import { fromByteAlphabet, toByteAlphabet } from "./byte-alphabet.ts";
import { BytePairTokenizer } from "./byte-pair-tokenizer.ts";
import { mergePairs } from "./merge-pairs.ts";
import { wordSplitterOf } from "./split-words.ts";

let folder: string;
let metadata: Metadata;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "tokenizer-"));
  writeFileSync(join(folder, "toy.gguf"), toyModelGguf(1));
  using file = GgufFile.open(join(folder, "toy.gguf"));
  metadata = file.metadata;
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("BytePairTokenizer", () => {
  it("gives back every text", () => {
    const tokenizer = BytePairTokenizer.fromMetadata(metadata);
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 40 }), (text) => {
        const wellFormed = text.toWellFormed();
        expect(tokenizer.decode(tokenizer.encode(wellFormed))).toBe(wellFormed);
      }),
    );
  });

  it("merges by rank and repeats itself from its cache", () => {
    const tokenizer = BytePairTokenizer.fromMetadata(metadata);
    const ids = tokenizer.encode("the thin");
    expect(ids.map((id) => tokenizer.decode([id]))).toEqual(["the", " ", "th", "in"]);
    expect(tokenizer.encode("the thin")).toEqual(ids);
  });

  it("writes a cut character as U+FFFD and refuses ids outside the vocabulary", () => {
    const tokenizer = BytePairTokenizer.fromMetadata(metadata);
    expect(tokenizer.decode(tokenizer.encode("é").slice(0, 1))).toBe("\ufffd");
    expect(() => tokenizer.decode([260])).toThrow("token id 260 is outside 0 to 259");
  });

  it.each([
    { name: "another kind of tokenizer", key: "tokenizer.ggml.model", value: "llama", want: /is llama, expected gpt2/ },
    {
      name: "an unknown word splitter",
      key: "tokenizer.ggml.pre",
      value: "qwen2",
      want: /is qwen2, expected one of gpt-2, smollm/,
    },
    {
      name: "a name of Object.prototype",
      key: "tokenizer.ggml.pre",
      value: "toString",
      want: /is toString, expected one of/,
    },
    { name: "no vocabulary", key: "tokenizer.ggml.tokens", value: 3, want: /is number, expected an array of strings/ },
  ])("refuses $name", ({ key, value, want }) => {
    expect(() => BytePairTokenizer.fromMetadata(new Map([...metadata, [key, value]]))).toThrow(want);
  });

  it("leaves out a byte that the vocabulary lacks, as the reference does, and refuses a merge into no token", () => {
    const without = (gone: string) =>
      (metadata.get("tokenizer.ggml.tokens") as string[]).map((token) => (token === gone ? "gone" : token));
    const tokenizer = BytePairTokenizer.fromMetadata(new Map([...metadata, ["tokenizer.ggml.tokens", without("z")]]));
    expect(tokenizer.decode(tokenizer.encode("azb z"))).toBe("ab ");
    // Its neighbours merge as if it were not there.
    const whole = BytePairTokenizer.fromMetadata(metadata);
    expect(whole.encode("the")).toHaveLength(1);
    for (const text of ["zthe", "tzhe", "tzzhze", "thez"]) expect(tokenizer.encode(text)).toEqual(whole.encode("the"));
    expect(() =>
      BytePairTokenizer.fromMetadata(new Map([...metadata, ["tokenizer.ggml.tokens", without("the")]])),
    ).toThrow('tokenizer.ggml.merges: joins "th e", and "the" is no token');
  });

  const withMerge = (merge: string) => (given: Metadata) => {
    const merges = given.get("tokenizer.ggml.merges") as string[];
    return ["tokenizer.ggml.merges", [...merges, merge]] as const;
  };
  const withTypes = (types: readonly number[]) => () => {
    const key = Buffer.from("tokenizer.ggml.token_type");
    const head = Buffer.from([...Buffer.alloc(4), ...Buffer.alloc(8)]);
    head.writeUInt32LE(5);
    head.writeBigUInt64LE(BigInt(types.length), 4);
    const bytes = Buffer.concat([head, Buffer.from(Int32Array.from(types).buffer)]);
    return [`${key}`, readMetadataValue(new ByteCursor(bytes, bytes.length), 9, `${key}`)] as const;
  };
  const types = (userDefined?: number) => Array.from({ length: 260 }, (_, id) => (id === userDefined ? 4 : id % 4));

  it.each([
    { name: "a merge that stands twice", change: withMerge("t h"), want: 'merges: joins "t h" twice' },
    { name: "a merge without a space", change: withMerge("th"), want: 'joins "th", which is no pair of tokens' },
    { name: "a merge of three", change: withMerge("t h e"), want: 'joins "t h e", which is no pair of tokens' },
    { name: "a merge of what is no token", change: withMerge("t hx"), want: 'joins "t hx", and "hx" is no token' },
    {
      name: "a token that stands twice",
      change: (given: Metadata) =>
        ["tokenizer.ggml.tokens", [...(given.get("tokenizer.ggml.tokens") as string[]), "a"]] as const,
      want: 'tokens: names "a" twice',
    },
    { name: "a token found before words", change: withTypes(types(258)), want: 'says that "Ġthe" is user-defined' },
    {
      name: "a type too few",
      change: withTypes([1, 1]),
      want: "is an array of 2, expected one number for each of 260",
    },
  ])("refuses $name, which one reader takes for this and another for that", ({ change, want }) => {
    expect(() => BytePairTokenizer.fromMetadata(new Map([...metadata, change(metadata)]))).toThrow(want);
  });

  it("takes a file that says of its tokens which are for control, and one without a last token", () => {
    const plain = new Map([...metadata, withTypes(types())()]);
    plain.delete("tokenizer.ggml.eos_token_id");
    expect(BytePairTokenizer.fromMetadata(plain).encode("the")).toEqual([257]);
  });
});

describe("the parts of the tokenizer", () => {
  it("write every byte as one character and read it back", () => {
    const text = String.fromCharCode(...Array.from({ length: 128 }, (_, code) => code));
    expect(fromByteAlphabet(toByteAlphabet(text)).toString()).toBe(text);
    expect(toByteAlphabet(" \n")).toBe("ĠĊ");
  });

  it("merge the lowest rank first, everywhere it stands", () => {
    const ranks = new Map([
      ["a b", 1],
      ["b c", 0],
      ["a bc", 2],
    ]);
    expect(mergePairs("abcab", ranks)).toEqual(["abc", "ab"]);
    expect(mergePairs("", ranks)).toEqual([]);
  });

  it("merge any word as joining the first pair of lowest rank again and again does, also a long one", () => {
    const ranks = new Map(["a a", "aa aa", "a b", "ab a", "b b", "aaaa b", "aa b"].map((merge, rank) => [merge, rank]));
    const naive = (word: string): string[] => {
      const pieces = [...word];
      for (;;) {
        const found = pieces.map((left, at) => ranks.get(`${left} ${pieces[at + 1]}`) ?? Number.POSITIVE_INFINITY);
        const at = found.indexOf(Math.min(...found));
        if (at < 0 || found[at] === Number.POSITIVE_INFINITY) return pieces;
        pieces.splice(at, 2, pieces[at]! + pieces[at + 1]!);
      }
    };
    fc.assert(
      fc.property(fc.array(fc.constantFrom("a", "b", "c"), { maxLength: 200 }), (letters) => {
        expect(mergePairs(letters.join(""), ranks)).toEqual(naive(letters.join("")));
      }),
    );
    expect(mergePairs("a".repeat(1_000_000), ranks)).toHaveLength(250_000);
  });

  it("take for space what Unicode does, as the reference: U+0085 is, a byte order mark inside a text is not", () => {
    const split = wordSplitterOf("gpt-2")!;
    expect(split("!\ufeff? a\u0085\u0085b \ufeff\ufeff")).toEqual([
      "!\ufeff?",
      " a",
      "\u0085",
      "\u0085",
      "b",
      " \ufeff\ufeff",
    ]);
  });

  it.each([
    { splitter: "smollm", text: "in 1999, we'd go", want: ["in", " ", "1", "9", "9", "9", ",", " we", "'d", " go"] },
    { splitter: "gpt-2", text: "in 1999, we'd  go", want: ["in", " 1999", ",", " we", "'d", " ", " go"] },
  ])("split words as $splitter does", ({ splitter, text, want }) => {
    expect(wordSplitterOf(splitter)!(text)).toEqual(want);
  });
});

const cacheDir = join(process.env.XDG_CACHE_HOME || join(homedir(), ".cache"), "tributary");
const smollm2 = process.env.TRIBUTARY_SMOLLM2 ?? join(cacheDir, "smollm2/SmolLM2-135M-Instruct.Q4_1.gguf");

describe.skipIf(!existsSync(smollm2))("SmolLM2's tokenizer (needs its file: make data)", () => {
  it("gives the ids of Hugging Face's tokenizers", () => {
    const vectors = readFileSync(new URL("../../../../test/vectors/smollm2/tokenizer.json", import.meta.url), "utf8");
    using file = GgufFile.open(smollm2);
    const tokenizer = BytePairTokenizer.fromMetadata(file.metadata);
    for (const { text, ids } of JSON.parse(vectors).cases as { text: string; ids: number[] }[]) {
      expect(tokenizer.encode(text)).toEqual(ids);
      expect(tokenizer.decode(ids)).toBe(text.replaceAll("\u0013", ""));
    }
  });
});
