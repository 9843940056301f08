import { createHash } from "node:crypto";
import { Disclosure, Protocol } from "@tributary/federated";
import { canonicalJson } from "./canonical-json.ts";
import { anyOf, isTrue, numberOrAny, oneOf, readLines, someOf, uniqueTexts, wholeNumber } from "./policy-lines.ts";

/** Where a policy says that it does not restrict. */
export const ANY = "Any";
/** A list of what is allowed, or everything. */
export type AnyOf<T> = typeof ANY | readonly T[];

/** Name of a protocol, as the API writes it. */
export type ProtocolName = keyof typeof Protocol;

/** What a repeated start, of which the member signed a sum before, may be. */
export const RepeatedStarts = { Refuse: "Refuse", Allow: "Allow" } as const;
/** One of the values of {@link RepeatedStarts}. */
export type RepeatedStarts = (typeof RepeatedStarts)[keyof typeof RepeatedStarts];

/** What a member allows its workers to take part in. */
export interface Policy {
  readonly version: 1;
  /** Protocols of the sum. `None` shows the hub each worker's update. */
  readonly protocols: readonly ProtocolName[];
  /** Least organisations that a sum must hold. */
  readonly minOrganisations: number;
  /** How a tensor set may leave a worker. */
  readonly disclosures: readonly Disclosure[];
  /** Digests `sha256:…` of the images that trainers may run. */
  readonly trainerImages: AnyOf<string>;
  /** Names of runtimes. */
  readonly runtimes: AnyOf<string>;
  /** Names of data sets; a runtime without one uses none and is not asked. */
  readonly datasets: AnyOf<string>;
  /** Most local steps of a worker in a round. */
  readonly maxLocalSteps: number | typeof ANY;
  /** SHA-256 of the model sources, hexadecimal. */
  readonly baseModels: AnyOf<string>;
  /** Whether a sum is signed that, with one of the same start that was signed before, singles somebody out. */
  readonly repeatedStarts: RepeatedStarts;
  /** Uids of jobs. */
  readonly refusedJobs: readonly string[];
  /** Whether the member takes part in nothing. */
  readonly withdrawn: boolean;
}

const NAME = {
  pattern: /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/,
  maxLength: 63,
  expected: "small letters, digits and hyphens",
};
const DIGEST = {
  pattern: /^sha256:[0-9a-f]{64}$/,
  maxLength: 71,
  expected: "digests sha256: and 64 hexadecimal digits",
};
const SHA256 = { pattern: /^[0-9a-f]{64}$/, maxLength: 64, expected: "64 hexadecimal digits" };
const UID = { pattern: /^[A-Za-z0-9][A-Za-z0-9._-]*$/, maxLength: 253, expected: "uids of jobs" };

/** Most organisations that a setup can ask for. */
const MAX_ORGANISATIONS = 65_535;
const MAX_STEPS = 2 ** 32 - 1;

/**
 * Each line with how it is read and what it is when it is left out. Without masks a sum hides nobody from the hub, so asking for two
 * organisations means something only where all sums are masked.
 */
const lines = {
  protocols: someOf(Object.keys(Protocol) as ProtocolName[], ["Masking"]),
  minOrganisations: wholeNumber({ min: 1, max: MAX_ORGANISATIONS }, undefined),
  disclosures: someOf(Object.values(Disclosure), [Disclosure.SumOnly]),
  trainerImages: anyOf(DIGEST, ANY),
  runtimes: anyOf(NAME, ANY),
  datasets: anyOf(NAME, ANY),
  maxLocalSteps: numberOrAny({ min: 1, max: MAX_STEPS }, ANY),
  baseModels: anyOf(SHA256, ANY),
  repeatedStarts: oneOf(Object.values(RepeatedStarts), RepeatedStarts.Refuse),
  refusedJobs: uniqueTexts(UID, []),
  withdrawn: isTrue(false),
};

/**
 * Reads a policy. What it leaves out is as {@link Policy} of `{"version": 1}` has it.
 *
 * @param file how errors name it.
 * @throws PEERS_INVALID naming file, field, value and what would be right.
 */
export function parsePolicy(file: string, text: string): Policy {
  const read = readLines(file, text, lines);
  const isMaskedAlone = read.protocols.every((protocol) => protocol === "Masking");
  return { version: 1, ...read, minOrganisations: read.minOrganisations ?? (isMaskedAlone ? 2 : 1) };
}

/** The one text of a policy: equal policies have equal texts, whoever wrote them and whatever they left out. */
export function policyJson(policy: Policy): string {
  return canonicalJson({ ...policy });
}

/** SHA-256 of the policy's canonical JSON, 32 bytes. */
export function policySha256(json: string): Uint8Array {
  return new Uint8Array(createHash("sha256").update(json).digest());
}
