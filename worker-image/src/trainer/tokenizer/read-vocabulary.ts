import { ggufError } from "../../shared/gguf/byte-cursor.ts";
import { type Metadata, ScalarList, textsOf } from "../../shared/gguf/metadata.ts";
import type { MergeRanks } from "./merge-pairs.ts";

const tokensKey = "tokenizer.ggml.tokens";
const mergesKey = "tokenizer.ggml.merges";
const typesKey = "tokenizer.ggml.token_type";
/** Number of the token type `user defined` in llama.cpp: such a token is found in text before words are split. */
const userDefined = 4;

/** Tokens by id, ids by token, and the rank of each merge. */
export type Vocabulary = {
  readonly tokens: readonly string[];
  readonly ids: ReadonlyMap<string, number>;
  readonly ranks: MergeRanks;
};

/**
 * Reads the tables of a byte-pair tokenizer and refuses those that readers understand differently: of two equal tokens or merges one
 * takes the first and another the last.
 * @throws TributaryError that names the token or merge
 */
export function readVocabulary(metadata: Metadata): Vocabulary {
  const tokens = textsOf(metadata, tokensKey);
  const ids = new Map<string, number>();
  for (const [id, token] of tokens.entries()) {
    if (ids.has(token)) throw ggufError(`metadata ${tokensKey}`, `names ${JSON.stringify(token)} twice`);
    ids.set(token, id);
  }
  refuseUserDefined(metadata, tokens);
  const ranks = new Map<string, number>();
  for (const [rank, merge] of textsOf(metadata, mergesKey).entries()) {
    if (ranks.has(merge)) throw ggufError(`metadata ${mergesKey}`, `joins ${JSON.stringify(merge)} twice`);
    refuseBrokenMerge(merge, ids);
    ranks.set(merge, rank);
  }
  return { tokens, ids, ranks };
}

/** The byte alphabet has no space, so that exactly one parts the two sides. */
function refuseBrokenMerge(merge: string, ids: ReadonlyMap<string, number>): void {
  const sides = merge.split(" ");
  const missing = [...sides, sides.join("")].find((token) => !ids.has(token));
  if (sides.length === 2 && missing === undefined) return;
  const why = sides.length === 2 ? `and ${JSON.stringify(missing)} is no token` : "which is no pair of tokens";
  throw ggufError(`metadata ${mergesKey}`, `joins ${JSON.stringify(merge)}, ${why}`);
}

function refuseUserDefined(metadata: Metadata, tokens: readonly string[]): void {
  const types = metadata.get(typesKey);
  if (types === undefined) return;
  if (!(types instanceof ScalarList) || types.length !== tokens.length)
    throw ggufError(`metadata ${typesKey}`, `is ${types}, expected one number for each of ${tokens.length} tokens`);
  const found = tokens.findIndex((_, id) => types.at(id) === userDefined);
  if (found >= 0) {
    const token = JSON.stringify(tokens[found]);
    throw ggufError(`metadata ${typesKey}`, `says that ${token} is user-defined, which this tokenizer does not follow`);
  }
}
