import { DATA_NAME_BYTES } from "@tributary/federated";

/** Whose data a seat trains on, across pods, jobs and hubs; nobody but the gate that made it can tell which data that is. */
export interface DataName {
  /** Keyed digest of the member's claims, 32 bytes. */
  readonly data: Uint8Array;
  /** Index of the worker in its participant, as its worker URI has it. */
  readonly index: number;
}

const DIGEST_BYTES = 32;
/** As large as a worker's index may be: six digits, without a zero before them. */
const URI = /^tributary-data:([0-9a-f]{64})\/(0|[1-9][0-9]{0,5})$/;

/** `tributary-data:<64 hex>/<index>`; RangeError for what is no data name. */
export function formatDataNameUri({ data, index }: DataName): string {
  const uri = `tributary-data:${Buffer.from(data).toString("hex")}/${index}`;
  if (parseDataNameUri(uri) !== undefined) return uri;
  throw new RangeError(`data name of ${data.length} bytes and index ${index}, must be 32 bytes and 0 to 999999`);
}

/** The data name that a URI is, or `undefined` when it is not exactly one. */
export function parseDataNameUri(uri: string): DataName | undefined {
  const match = URI.exec(uri);
  if (match === null) return undefined;
  return { data: new Uint8Array(Buffer.from(match[1]!, "hex")), index: Number(match[2]) };
}

/** The 36 bytes by which sets of survivors name a seat: the digest, then the index, most significant byte first. RangeError as for its URI. */
export function dataNameBytes({ data, index }: DataName): Uint8Array {
  formatDataNameUri({ data, index });
  const bytes = new Uint8Array(DATA_NAME_BYTES);
  bytes.set(data);
  new DataView(bytes.buffer).setUint32(DIGEST_BYTES, index, false);
  return bytes;
}
