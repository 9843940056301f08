import { ggufError } from "../../shared/gguf/byte-cursor.ts";
import { type Metadata, textOf } from "../../shared/gguf/metadata.ts";
import { fromByteAlphabet, toByteAlphabet } from "./byte-alphabet.ts";
import { type MergeRanks, mergePairs } from "./merge-pairs.ts";
import { readVocabulary } from "./read-vocabulary.ts";
import { wordSplitterNames, wordSplitterOf } from "./split-words.ts";

/** Words that repeat are merged once; the bound keeps memory flat on text that never repeats. */
const maxCachedWords = 50_000;

/** A longer word hardly comes again. */
const longestCachedWord = 256;

/** GPT-2's byte-level byte-pair tokenizer, with the vocabulary and merges that a GGUF file carries. */
export class BytePairTokenizer {
  readonly #tokens: readonly string[];
  readonly #ids: ReadonlyMap<string, number>;
  readonly #ranks: MergeRanks;
  readonly #splitWords: (text: string) => string[];
  readonly #cache = new Map<string, readonly number[]>();

  private constructor(metadata: Metadata, splitWords: (text: string) => string[]) {
    const { tokens, ids, ranks } = readVocabulary(metadata);
    this.#tokens = tokens;
    this.#ids = ids;
    this.#ranks = ranks;
    this.#splitWords = splitWords;
  }

  /**
   * Makes the tokenizer that a model file describes.
   * @throws TributaryError when the file describes another kind of tokenizer, or one that readers understand differently
   */
  static fromMetadata(metadata: Metadata): BytePairTokenizer {
    const model = textOf(metadata, "tokenizer.ggml.model");
    if (model !== "gpt2") throw ggufError("metadata tokenizer.ggml.model", `is ${model}, expected gpt2`);
    const pre = textOf(metadata, "tokenizer.ggml.pre");
    const splitWords = wordSplitterOf(pre);
    if (splitWords === undefined) {
      throw ggufError("metadata tokenizer.ggml.pre", `is ${pre}, expected one of ${wordSplitterNames.join(", ")}`);
    }
    return new BytePairTokenizer(metadata, splitWords);
  }

  /** Number of tokens in the vocabulary. */
  get vocabularySize(): number {
    return this.#tokens.length;
  }

  /** Token ids of a text. Control tokens are not recognised in it: text is data. Bytes that the vocabulary lacks are left out first. */
  encode(text: string): number[] {
    const ids: number[] = [];
    for (const word of this.#splitWords(text)) {
      for (const id of this.#encodeWord(word)) ids.push(id);
    }
    return ids;
  }

  #encodeWord(word: string): readonly number[] {
    const cached = this.#cache.get(word);
    if (cached !== undefined) return cached;
    // As Hugging Face's tokenizers do without an unknown token: a byte that the vocabulary lacks is left out before its neighbours merge.
    const known = [...toByteAlphabet(word)].filter((character) => this.#ids.has(character)).join("");
    const ids = mergePairs(known, this.#ranks).map((piece) => this.#ids.get(piece)!);
    if (word.length > longestCachedWord) return ids;
    if (this.#cache.size >= maxCachedWords) this.#cache.clear();
    this.#cache.set(word, ids);
    return ids;
  }

  /** Text of token ids. Bytes that are no UTF-8, as where a character was cut, become U+FFFD. */
  decode(ids: Iterable<number>): string {
    let written = "";
    for (const id of ids) {
      const token = this.#tokens[id];
      if (token === undefined) throw new RangeError(`token id ${id} is outside 0 to ${this.#tokens.length - 1}`);
      written += token;
    }
    return fromByteAlphabet(written).toString("utf8");
  }
}
