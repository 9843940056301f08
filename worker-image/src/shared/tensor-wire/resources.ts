/** Header with the SHA-256 of a whole segment, in hexadecimal; fixed by the first request for it. */
export const SEGMENT_SHA256_HEADER = "tributary-segment-sha256";
/** Header with the bytes of a segment that the aggregator holds, from the start without a hole. */
export const STORED_BYTES_HEADER = "tributary-stored-bytes";
/** Header that says `true` once every byte of a segment is held and fits its digest. */
export const COMPLETE_HEADER = "tributary-complete";
/** Header with the code of an error. */
export const ERROR_CODE_HEADER = "tributary-code";

/** An object or a pinned file that sidecars fetch, named by its digest. */
export interface ObjectResource {
  readonly kind: "object";
  readonly jobUid: string;
  /** SHA-256 in hexadecimal. */
  readonly sha256: string;
}

/** One party's bytes of one segment of one attempt at a round. */
export interface SegmentResource {
  readonly kind: "segment";
  readonly jobUid: string;
  readonly round: number;
  readonly attempt: number;
  readonly segment: number;
  readonly party: number;
}

/** Anything on the tensor wire. */
export type TensorResource = ObjectResource | SegmentResource;

/** The path of a resource. */
export function tensorPath(resource: TensorResource): string {
  const job = `/v1/jobs/${resource.jobUid}`;
  if (resource.kind === "object") return `${job}/objects/${resource.sha256}`;
  const { round, attempt, segment, party } = resource;
  return `${job}/rounds/${round}/attempts/${attempt}/segments/${segment}/parties/${party}`;
}

/** The resource that a path names, or `undefined`. */
export function parseTensorPath(path: string): TensorResource | undefined {
  const object = /^\/v1\/jobs\/([A-Za-z0-9._-]+)\/objects\/([0-9a-f]{64})$/.exec(path);
  if (object !== null) return { kind: "object", jobUid: object[1]!, sha256: object[2]! };
  const segment =
    /^\/v1\/jobs\/([A-Za-z0-9._-]+)\/rounds\/(\d{1,10})\/attempts\/(\d{1,9})\/segments\/(\d{1,9})\/parties\/(\d{1,9})$/.exec(
      path,
    );
  if (segment === null) return undefined;
  const [round, attempt, index, party] = segment.slice(2).map(Number) as [number, number, number, number];
  return { kind: "segment", jobUid: segment[1]!, round, attempt, segment: index, party };
}

/** A span of bytes of a known total. */
export interface ByteSpan {
  readonly startBytes: number;
  /** Byte after the last. */
  readonly endBytes: number;
  readonly totalBytes: number;
}

/** `bytes <first>-<last>/<total>` (RFC 9110 §14.4); the span must not be empty. */
export function formatContentRange({ startBytes, endBytes, totalBytes }: ByteSpan): string {
  return `bytes ${startBytes}-${endBytes - 1}/${totalBytes}`;
}

/** The span of a Content-Range header, or `undefined` when it is malformed or empty. */
export function parseContentRange(header: string | undefined): ByteSpan | undefined {
  const match = /^bytes (\d{1,15})-(\d{1,15})\/(\d{1,15})$/.exec(header ?? "");
  if (match === null) return undefined;
  const [first, last, totalBytes] = match.slice(1).map(Number) as [number, number, number];
  return first <= last && last < totalBytes ? { startBytes: first, endBytes: last + 1, totalBytes } : undefined;
}

/** First byte that a Range header `bytes=<first>-` asks for, 0 without one, `undefined` when it asks for anything else. */
export function parseRangeStart(header: string | undefined): number | undefined {
  if (header === undefined) return 0;
  const match = /^bytes=(\d{1,15})-$/.exec(header);
  return match === null ? undefined : Number(match[1]);
}
