import type { gateV1 } from "@tributary/contracts";
import { DATA_NAME_BYTES } from "@tributary/federated";
import { TributaryError } from "@tributary/kit";
import type { SectionSum } from "./gate-memory.ts";

/** Most sections of a report. */
const MAX_SECTIONS = 16;
/** Most data names of a request, of all sections together: 4,096 seats in as many sections as there may be. */
const MAX_NAMES = 65_536;

const DIGEST_BYTES = 32;
const SECTION = /^[a-z][a-z0-9_]{0,47}$/u;

/** A sum that a worker is about to sign, as it may be asked for. */
export interface AskedRecord {
  readonly line: number;
  readonly attempt: number;
  readonly startSha256: Uint8Array;
  readonly workSha256: Uint8Array;
  readonly sentBytes: number;
  readonly sums: readonly SectionSum[];
}

/**
 * Reads a request. The caller's own data name may be among the survivors or not: one whose report was not summed helps to open the sum too.
 *
 * @throws MESSAGE_INVALID naming the field, its value and what would be right.
 */
export function checkRecord(request: gateV1.RecordRequest): AskedRecord {
  const { line, attempt, threshold, sections } = request;
  requireDigest("start_sha256", request.startSha256);
  requireDigest("work_sha256", request.workSha256);
  if (threshold < 1 || threshold > MAX_NAMES) throw wrong("threshold", threshold, `from 1 to ${MAX_NAMES}`);
  const sentBytes = readSentBytes(request.sentBytes);
  if (sections.length < 1 || sections.length > MAX_SECTIONS)
    throw wrong("sections", `a list of ${sections.length}`, `of 1 to ${MAX_SECTIONS}`);
  const names = sections.reduce((sum, { dataNames }) => sum + dataNames.length, 0);
  if (names > MAX_NAMES) throw wrong("sections", `a list with ${names} data names`, `with at most ${MAX_NAMES}`);
  const sums = sections.map((each, index) => checkSection(each, `sections[${index}]`, request));
  const twice = sums.findIndex(({ section }, index) => sums.findIndex((other) => other.section === section) < index);
  if (twice >= 0)
    throw wrong(`sections[${twice}].section`, JSON.stringify(sums[twice]!.section), "the only one of its name");
  const { startSha256, workSha256 } = request;
  return { line, attempt, startSha256, workSha256, sentBytes, sums };
}

/** A count of bytes that workers send. @throws MESSAGE_INVALID for one that no number holds exactly. */
export function readSentBytes(sentBytes: bigint): number {
  if (sentBytes <= BigInt(Number.MAX_SAFE_INTEGER)) return Number(sentBytes);
  throw wrong("sent_bytes", sentBytes, `at most ${Number.MAX_SAFE_INTEGER}`);
}

function checkSection(
  { section, dataNames }: gateV1.SectionSurvivors,
  field: string,
  { workSha256, threshold }: gateV1.RecordRequest,
): SectionSum {
  if (!SECTION.test(section)) {
    const shown = section.length > 48 ? `a text of ${section.length} characters` : JSON.stringify(section);
    throw wrong(`${field}.section`, shown, "at most 48 lower-case letters, digits and underscores, a letter first");
  }
  if (dataNames.length === 0) throw wrong(`${field}.data_names`, "an empty list", "the survivors, at least one");
  for (const [index, name] of dataNames.entries()) {
    const place = `${field}.data_names[${index}]`;
    if (name.length !== DATA_NAME_BYTES) throw wrong(place, `${name.length} bytes`, `${DATA_NAME_BYTES} bytes`);
    const before = dataNames[index - 1];
    if (before !== undefined && Buffer.compare(before, name) >= 0)
      throw wrong(place, "not above the one before", "ascending and each once");
  }
  return { section, dataNames: Buffer.concat(dataNames), workSha256, threshold };
}

function requireDigest(field: string, digest: Uint8Array): void {
  if (digest.length !== DIGEST_BYTES) throw wrong(field, `${digest.length} bytes`, `${DIGEST_BYTES} bytes`);
}

function wrong(field: string, value: unknown, expected: string): TributaryError {
  return new TributaryError("MESSAGE_INVALID", `${field} is ${value}, must be ${expected}`, { details: { field } });
}
