import { asJson, job, jobWith, member, metadataWith } from "./parts.ts";

const stricter: readonly (readonly [string, string, string, string, string?])[] = [
  [
    "a key twice",
    jobWith(["workers: 2", "workers: 2\n      workers: 3"]),
    "workers: is written twice",
    "kubectl keeps the last of two without a word",
  ],
  [
    "a key twice in JSON",
    asJson.replace('"workers":2', '"workers":2,"workers":3'),
    "workers: is written twice",
    "kubectl keeps the last of two without a word",
    ".json",
  ],
  [
    "a key twice, once as a number",
    metadataWith('labels: {1: a, "1": b}'),
    "labels.1: is written twice",
    "kubectl keeps one of two without a word",
  ],
  [
    "a gate's CA that is PEM of nothing",
    `${member}  gate: {caBundle: "-----BEGIN CERTIFICATE-----\\nAAAA\\n-----END CERTIFICATE-----\\n"}\n`,
    "caBundle",
    "the operator opens the certificates, which a rule of a CRD cannot",
  ],
];

const libraryAlone = "other readers of YAML take it for something else or not at all";
const ofLibrary: readonly (readonly [string, string, string, string])[] = [
  ["a question mark that starts a text in brackets", metadataWith("annotations: {?a: b}"), "in brackets", libraryAlone],
  ["a line separator in a comment", job.replace("spec:\n", "# see\u2028\nspec:\n"), "U+2028", libraryAlone],
  [
    "a line separator between lines of a block",
    metadataWith("annotations:\n  a: |\n    x\u2028    y"),
    "U+2028",
    libraryAlone,
  ],
  ["a next line in quotes", metadataWith("annotations: {a: 'x\u0085y'}"), "U+0085", libraryAlone],
  ["carriage returns alone", job.replaceAll("\n", "\r"), "U+000D", libraryAlone],
];

const olderKubectl = "kubectl before 1.33 reads a file that starts with { as JSON alone";
const afterBrace: readonly (readonly [string, string, string, string, string?])[] = [
  ["JSON with a comma too much", asJson.replace('"quorum":1', '"quorum":1,'), "JSON", olderKubectl, ".json"],
  ["a flow mapping that is no JSON", asJson.replace('"kind":', "kind: "), "JSON", olderKubectl],
  ["JSON, then a separator", `${asJson}\n---\n${asJson}\n`, "JSON", olderKubectl],
];

/** What kubectl takes and Tributary does not: what is special, the text, a part of the finding, why, and the ending. */
export const strictCases = [...stricter, ...ofLibrary, ...afterBrace];
