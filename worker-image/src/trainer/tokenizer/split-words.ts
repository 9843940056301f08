/** Each digit is a word of its own (Hugging Face `Digits(individual_digits=True)`): any character of category N. */
const digit = /(\p{N})/u;

/**
 * GPT-2's words: contractions, letters, numbers, symbols, each with at most one space before, and runs of space. Space is what Unicode
 * says, as in Hugging Face's tokenizers; JavaScript's `\s` also takes U+FEFF for space, and not U+0085.
 */
const gpt2Word =
  /'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\p{White_Space}\p{L}\p{N}]+|\p{White_Space}+(?!\P{White_Space})|\p{White_Space}+/gu;

/** Word splitters by the name that GGUF gives them in `tokenizer.ggml.pre`. */
const splitters: Readonly<Record<string, (text: string) => string[]>> = {
  "gpt-2": (text) => text.match(gpt2Word) ?? [],
  smollm: (text) => text.split(digit).flatMap((part) => part.match(gpt2Word) ?? []),
};

/** Names of the word splitters that exist. */
export const wordSplitterNames: readonly string[] = Object.keys(splitters);

/** The word splitter of a name, or undefined when there is none. Words joined are the text. */
export function wordSplitterOf(name: string): ((text: string) => string[]) | undefined {
  return Object.hasOwn(splitters, name) ? splitters[name] : undefined;
}
