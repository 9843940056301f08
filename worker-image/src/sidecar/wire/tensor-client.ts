import { createHash } from "node:crypto";
import type { ClientRequest, IncomingMessage } from "node:http";
import { Agent, request as httpsRequest, type RequestOptions } from "node:https";
import { isErrorCode, isStorageError, isTributaryError, realDisk, TLS_VERSION, TributaryError } from "@tributary/kit";
import { sha256OfFile } from "../../shared/files/flat-model-file.ts";
import { receiveBody, sendFile } from "../../shared/files/transfer.ts";
import {
  COMPLETE_HEADER,
  ERROR_CODE_HEADER,
  formatContentRange,
  SEGMENT_SHA256_HEADER,
  STORED_BYTES_HEADER,
} from "../../shared/tensor-wire/resources.ts";
import { damagedFile } from "./own-file.ts";

/** Where the tensor wire is and who we are. */
export interface TensorWireOptions {
  readonly host: string;
  readonly port: number;
  /** DNS name in the aggregator's certificate. */
  readonly serverName: string;
  readonly caPem: string;
  readonly certificatePem: string;
  readonly keyPem: string;
}

/** A file to fetch. */
export interface RemoteFile {
  readonly path: string;
  /** SHA-256 in hexadecimal. */
  readonly sha256: string;
  readonly sizeBytes: number;
}

/** How a segment is sent. */
export interface SendOptions {
  readonly signal: AbortSignal;
  /** Whether an earlier try may have left something at the aggregator. */
  readonly isAgain?: boolean;
  readonly onSent?: (bytes: number) => void;
}

/** Calls of the tensor wire; one try each, every failure a TributaryError, what is done so far is kept. */
export interface TensorClient {
  /** Fetches a file to `to`, which it never holds in part; continues what an earlier call left beside it. */
  fetch(file: RemoteFile, to: string, signal: AbortSignal): Promise<void>;
  /**
   * Sends a segment's file from where the aggregator's copy ends; a small one at once, unless `isAgain`, since nothing is there the first time.
   *
   * @throws STORAGE_UNAVAILABLE naming the own volume when the file has another size.
   */
  send(path: string, segment: RemoteFile, options: SendOptions): Promise<void>;
  /** Closes idle connections. */
  close(): void;
}

/** Longest time without a byte. */
const IDLE_TIMEOUT_MS = 25_000;

/** Largest segment that is sent before anybody asks what the aggregator has of it: it rarely has anything, and then it takes nothing. */
const SENT_UNASKED_BYTES = 4 * 2 ** 20;

/** What is sent of a segment, and how. */
interface SegmentRest {
  readonly segment: RemoteFile;
  readonly startBytes: number;
  readonly signal: AbortSignal;
  readonly onSent: (bytes: number) => void;
}

/** Calls the tensor wire over mutual TLS with a few kept connections. */
export function createTensorClient(options: TensorWireOptions): TensorClient {
  const agent = new Agent({ keepAlive: true, maxSockets: 4 });
  const call: Call = (method, path, headers, signal, body) => {
    const to: RequestOptions = {
      agent,
      method,
      path,
      headers,
      signal,
      host: options.host,
      port: options.port,
      servername: options.serverName,
      ca: options.caPem,
      cert: options.certificatePem,
      key: options.keyPem,
      minVersion: TLS_VERSION,
      timeout: IDLE_TIMEOUT_MS,
    };
    return exchange(to, body);
  };
  return {
    fetch: (file, to, signal) => fetchFile(call, file, to, signal),
    send: (path, segment, options) => sendSegment(call, path, segment, options),
    close: () => agent.destroy(),
  };
}

type Headers = Record<string, string | number>;
type WriteBody = (request: ClientRequest) => Promise<void>;
type Call = (
  method: string,
  path: string,
  headers: Headers,
  signal: AbortSignal,
  body?: WriteBody,
) => Promise<IncomingMessage>;

async function fetchFile(call: Call, file: RemoteFile, to: string, signal: AbortSignal): Promise<void> {
  const partial = `${to}.part`;
  const present = (await realDisk.sizeOf(partial)) ?? 0;
  const start = present <= file.sizeBytes ? present : 0;
  const digest = start < file.sizeBytes ? await fetchRest(call, file, partial, start, signal) : undefined;
  const found = digest ?? Buffer.from(await sha256OfFile(partial)).toString("hex");
  if (found !== file.sha256) {
    await realDisk.remove(partial);
    throw new TributaryError("CHECKSUM_MISMATCH", `${file.path} arrived with digest ${found}, must be ${file.sha256}`);
  }
  await realDisk.rename(partial, to);
}

/** Fetches from `start` on; gives the digest of the file, in hexadecimal, when all of it came by this request. */
async function fetchRest(
  call: Call,
  { path, sizeBytes }: RemoteFile,
  partial: string,
  start: number,
  signal: AbortSignal,
): Promise<string | undefined> {
  const response = await call("GET", path, start > 0 ? { range: `bytes=${start}-` } : {}, signal);
  const hash = createHash("sha256");
  const sink = await realDisk.open(partial, start > 0 ? "r+" : "w");
  try {
    await receiveBody(response, {
      file: sink,
      position: start,
      maxBytes: sizeBytes - start,
      onWritten: (piece) => void (start === 0 && hash.update(piece)),
    }).catch(asUnreachable(path));
  } finally {
    await sink.close();
  }
  return start === 0 ? hash.digest("hex") : undefined;
}

async function sendSegment(
  call: Call,
  path: string,
  segment: RemoteFile,
  { signal, isAgain = false, onSent = () => {} }: SendOptions,
): Promise<void> {
  const sendFrom = (startBytes: number) => sendRest(call, path, { segment, startBytes, signal, onSent });
  if (!isAgain && segment.sizeBytes <= SENT_UNASKED_BYTES) {
    const isTaken = await sendFrom(0).then(
      () => true,
      (cause: unknown) => {
        // A former process may have sent some of it, or all: then the own file, whatever became of it, is not needed.
        if (isTributaryError(cause, "ROUND_CONFLICT") || isStorageError(cause)) return false;
        throw cause;
      },
    );
    if (isTaken) return;
  }
  const before = await call("HEAD", segment.path, { [SEGMENT_SHA256_HEADER]: segment.sha256 }, signal);
  before.resume();
  if (before.headers[COMPLETE_HEADER] === "true") return;
  await sendFrom(Number(before.headers[STORED_BYTES_HEADER]));
}

/** One request with what the aggregator lacks of a segment; ROUND_CONFLICT when it holds another part than the bytes before `startBytes`. */
async function sendRest(call: Call, path: string, rest: SegmentRest): Promise<void> {
  const { segment, startBytes, signal, onSent } = rest;
  const totalBytes = segment.sizeBytes;
  if (startBytes === totalBytes)
    throw new TributaryError("AGGREGATOR_UNREACHABLE", `${segment.path} is there and not yet checked`);
  const headers = {
    [SEGMENT_SHA256_HEADER]: segment.sha256,
    "content-length": totalBytes - startBytes,
    "content-range": formatContentRange({ startBytes, endBytes: totalBytes, totalBytes }),
  };
  // A body that is shorter than announced would be waited for until the link counts as dead.
  requireBytes(path, await realDisk.sizeOf(path), totalBytes);
  const body: WriteBody = async (request) => {
    const file = await realDisk.open(path, "r");
    let readBytes = startBytes;
    const count = (bytes: number) => {
      readBytes += bytes;
      onSent(bytes);
    };
    await sendFile(file, startBytes, request, { onSent: count }).finally(() => file.close());
    requireBytes(path, readBytes, totalBytes);
  };
  const after = await call("PUT", segment.path, headers, signal, body);
  after.resume();
  if (after.headers[COMPLETE_HEADER] !== "true") {
    throw new TributaryError("AGGREGATOR_UNREACHABLE", `${segment.path} was not taken whole`);
  }
}

function requireBytes(path: string, found: number | undefined, wanted: number): void {
  if (found === wanted) return;
  throw damagedFile(path, found === undefined ? "it is gone" : `it has ${found} bytes, not ${wanted}`);
}

/** One request; resolves with the head of a successful response, whose body the caller reads or drops. */
function exchange(options: RequestOptions, writeBody: WriteBody | undefined): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const fail = (cause: unknown) => asUnreachable(`${options.path}`)(cause).catch(reject);
    const request = httpsRequest(options, (response) => {
      const status = response.statusCode ?? 0;
      if (status >= 200 && status < 300) return resolve(response);
      response.resume();
      const code = String(response.headers[ERROR_CODE_HEADER] ?? "");
      const error = `${options.method} ${options.path} was answered with ${status} ${code}`;
      // A full volume of the aggregator is none of this worker's.
      const isOther = !isErrorCode(code) || code === "STORAGE_FULL" || code === "STORAGE_UNAVAILABLE";
      reject(new TributaryError(isOther ? "AGGREGATOR_UNREACHABLE" : code, error));
    });
    request.on("error", fail);
    request.on("timeout", () => request.destroy(new Error(`no byte in ${IDLE_TIMEOUT_MS} ms`)));
    if (writeBody === undefined) request.end();
    // A refusal that comes while the body is under way shows as its response, or as an error of the request.
    else writeBody(request).catch((cause: unknown) => request.destroy(cause as Error));
  });
}

function asUnreachable(path: string): (cause: unknown) => Promise<never> {
  return (cause) => {
    // The own disk is no fault of the link.
    if (isStorageError(cause)) return Promise.reject(cause);
    const reason =
      (cause as { readonly name?: string }).name === "AbortError" ? "OPERATION_ABORTED" : "AGGREGATOR_UNREACHABLE";
    return Promise.reject(new TributaryError(reason, `${path}: ${(cause as Error).message}`, { cause }));
  };
}
