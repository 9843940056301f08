import { createHmac } from "node:crypto";

/** A folder of a claim that a trainer's container mounts; the sub-path is empty for all of the claim. */
export interface DataClaim {
  readonly namespace: string;
  readonly claim: string;
  readonly subPath: string;
}

/** The claims that the trainer's containers of a PodTemplate mount. */
export type DataClaims = readonly DataClaim[];

/** A PodTemplate whose trainer mounts no claim. */
export interface DataTemplate {
  readonly namespace: string;
  readonly template: string;
}

/** What a worker trains on: the claims of its PodTemplate, or the PodTemplate itself where it mounts none. */
export type DataSource = DataClaims | DataTemplate;

/**
 * The digest of a data name: HMAC-SHA256 under the gate's data key, of the bytes that docs/adr/gate.md lays down.
 *
 * Claims count once each and in any order: neither how many containers mount one nor how a template lists them changes whose data it is.
 *
 * @throws RangeError for a list without claims, and for a text that its length does not fit before.
 */
export function dataDigest(dataKey: Uint8Array, source: DataSource): Uint8Array {
  return new Uint8Array(createHmac("sha256", dataKey).update(dataSourceBytes(source)).digest());
}

/** The bytes under the HMAC. @internal */
export function dataSourceBytes(source: DataSource): Uint8Array {
  const parts = "template" in source ? templateBytes(source) : claimsBytes(source);
  return Buffer.concat([utf8("tributary/data"), ...parts]);
}

function templateBytes({ namespace, template }: DataTemplate): Buffer[] {
  return [bigEndian(0, 4), withLength(namespace, 1), withLength(template, 2)];
}

function claimsBytes(claims: DataClaims): Buffer[] {
  if (claims.length === 0) throw new RangeError("no claims: a template without any is named by its own name");
  const once = distinctClaims(claims);
  const encoded = once.flatMap(({ namespace, claim, subPath }) => [
    withLength(namespace, 1),
    withLength(claim, 1),
    withLength(subPath, 2),
  ]);
  return [bigEndian(once.length, 4), ...encoded];
}

/** Each claim once, ascending by namespace, then claim, then sub-path. */
export function distinctClaims(claims: DataClaims): DataClaims {
  const sorted = claims.toSorted(compareClaims);
  return sorted.filter((claim, index) => index === 0 || compareClaims(claim, sorted[index - 1]!) !== 0);
}

/** Texts count by their bytes. */
function compareClaims(left: DataClaim, right: DataClaim): number {
  const order = (field: keyof DataClaim) => Buffer.compare(utf8(left[field]), utf8(right[field]));
  return order("namespace") || order("claim") || order("subPath");
}

function withLength(text: string, lengthBytes: 1 | 2): Buffer {
  const bytes = utf8(text);
  const most = 2 ** (8 * lengthBytes) - 1;
  if (bytes.length > most)
    throw new RangeError(`${JSON.stringify(text.slice(0, 40))}… has ${bytes.length} bytes, must be at most ${most}`);
  return Buffer.concat([bigEndian(bytes.length, lengthBytes), bytes]);
}

function utf8(text: string): Buffer {
  return Buffer.from(text, "utf8");
}

function bigEndian(value: number, bytes: number): Buffer {
  const encoded = Buffer.alloc(bytes);
  encoded.writeUIntBE(value, 0, bytes);
  return encoded;
}
