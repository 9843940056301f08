import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer } from "node:https";
import type { AddressInfo, Socket } from "node:net";
import type { TLSSocket } from "node:tls";
import {
  asTributaryError,
  catalogue,
  Disposition,
  type ErrorCode,
  isTributaryError,
  type Logger,
  realDisk,
  TLS_VERSION,
  TributaryError,
} from "@tributary/kit";
import { pieceBytes, sendFile } from "../../shared/files/transfer.ts";
import {
  COMPLETE_HEADER,
  ERROR_CODE_HEADER,
  parseContentRange,
  parseRangeStart,
  parseTensorPath,
  SEGMENT_SHA256_HEADER,
  type SegmentResource,
  STORED_BYTES_HEADER,
} from "../../shared/tensor-wire/resources.ts";
import { UnprovenConnections } from "../../shared/wire/unproven-connections.ts";
import { PartyConnections } from "../party/party-connections.ts";
import type { PartyDirectory, Visit } from "../party/party-directory.ts";
import { PartyQuota } from "../party/party-quota.ts";
import type { SeatHolder, Seats } from "../party/seats.ts";
import type { SegmentStaging } from "./segment-staging.ts";

/** Keys and certificates of a TLS endpoint with mutual authentication, PEM. */
export interface MutualTls {
  readonly certificate: string;
  readonly key: string;
  /** CAs that a peer's certificate may chain to. */
  readonly peerCas: readonly string[];
}

/** What the tensor wire asks of the round that is open. */
export interface TensorRound {
  /** The object with this digest (hexadecimal), when sidecars may fetch it. */
  fileOf(sha256: string): { readonly path: string; readonly name: string } | undefined;
  /** Where a segment is staged, how large it must be and of which section it is; ROUND_NOT_OPEN when nobody waits for it. */
  stagingOf(resource: SegmentResource): StagedSegment;
  /** Told when every byte of a segment is staged and fits its digest; may be told twice. */
  segmentStored(resource: SegmentResource, sha256: string, sizeBytes: number): void;
  /** Told of bytes of a set that went over the wire: of a section up, of an object down. */
  countBytes(set: string, direction: "up" | "down", bytes: number): void;
}

/** A segment that is waited for. */
export interface StagedSegment {
  readonly staging: SegmentStaging;
  readonly sizeBytes: number;
  readonly section: string;
}

/** A listening tensor wire. */
export interface TensorEndpoint {
  readonly port: number;
  close(): Promise<void>;
}

/** Longest time that a connection may go without a byte: a dead link, or a reader that stalls, is given up. */
const IDLE_TIMEOUT_MS = 25_000;
/** Longest time of a TLS handshake, and of a request's headers. */
const GREETING_TIMEOUT_MS = 15_000;
/** Requests that a worker may have under way: twice what a sidecar has, whose certificate may just be renewed. */
const REQUESTS_OF_PARTY = 8;
/** Connections of a worker: some more, so that what is too much is refused by name. */
const CONNECTIONS_OF_PARTY = 12;
/** Bytes of a body that are held before they are asked for, beside what is read at once: each may have come in a record of its own. */
const UNREAD_BYTES = 2 ** 10;

/**
 * Serves the tensor wire: `GET` of objects by digest, from any offset; `HEAD` and `PUT` of segments, resumable.
 *
 * HTTP over mutual TLS, straight between socket and file; a slow disk or peer holds back the other side.
 */
export async function startTensorEndpoint(
  options: {
    readonly tls: MutualTls;
    readonly port: number;
    readonly jobUid: string;
    readonly seats: Seats;
    /** Who sits on the seats: only the worker that joined last may ask for anything. */
    readonly parties: Pick<PartyDirectory, "visit">;
    readonly log: Logger;
    /** Told of every request that is refused. */
    readonly onRefused: () => void;
  },
  round: TensorRound,
): Promise<TensorEndpoint> {
  const { tls, log } = options;
  const context: AnswerContext = { ...options, requests: new PartyQuota(REQUESTS_OF_PARTY) };
  const unproven = new UnprovenConnections(options.seats.all.length);
  const connections = new PartyConnections(options.seats, CONNECTIONS_OF_PARTY);
  const listener = createServer(
    {
      cert: tls.certificate,
      key: tls.key,
      ca: [...tls.peerCas],
      requestCert: true,
      rejectUnauthorized: true,
      minVersion: TLS_VERSION,
      requestTimeout: 0,
      headersTimeout: GREETING_TIMEOUT_MS,
      handshakeTimeout: GREETING_TIMEOUT_MS,
    },
    (request, response) => {
      // What breaks a link shows where its bytes are read or written; here it must only not go unheard.
      response.on("error", () => {});
      answer(context, round, request, response).catch((cause: unknown) => {
        const error = brokenLink(request, cause) ?? asTributaryError(cause);
        const isDefect = error.disposition === Disposition.Defect;
        if (error.code !== "OPERATION_ABORTED") options.onRefused();
        log[isDefect ? "error" : "info"](
          { code: error.code, path: request.url, ...(isDefect && { err: error }) },
          error.message,
        );
        refuse(response, error.code);
      });
    },
  );
  listener.timeout = IDLE_TIMEOUT_MS;
  listener.on("connection", (socket: Socket) => unproven.admit(socket));
  listener.on("secureConnection", (socket: TLSSocket) => {
    unproven.prove(socket);
    // What a request holds of its unread body follows its connection's mark, which a TLS server takes no option for.
    Object.defineProperty(socket, "readableHighWaterMark", { value: UNREAD_BYTES });
    connections.admit(socket);
  });
  await new Promise<void>((resolve, reject) => {
    listener.once("error", reject);
    listener.listen(options.port, resolve);
  });
  return {
    port: (listener.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        listener.close(() => resolve());
        listener.closeAllConnections();
      }),
  };
}

interface AnswerContext {
  readonly seats: Seats;
  readonly parties: Pick<PartyDirectory, "visit">;
  readonly jobUid: string;
  /** Requests under way, by worker. */
  readonly requests: PartyQuota;
}

/** Who asks, and for how long it may. */
interface Caller {
  readonly holder: SeatHolder;
  readonly visit: Visit;
}

async function answer(
  context: AnswerContext,
  round: TensorRound,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const holder = context.seats.seatOf((request.socket as TLSSocket).getPeerX509Certificate()?.raw);
  const visit = context.parties.visit(holder);
  // Whatever the request waits for, it is for its caller: no byte goes to, or comes from, one that was replaced meanwhile.
  const hangUp = () => request.socket.destroy();
  visit.signal.addEventListener("abort", hangUp, { once: true });
  try {
    await answerBounded(context, { holder, visit }, round, request, response);
  } catch (cause) {
    visit.signal.throwIfAborted();
    throw cause;
  } finally {
    visit.signal.removeEventListener("abort", hangUp);
    visit.end();
  }
}

async function answerBounded(
  context: AnswerContext,
  caller: Caller,
  round: TensorRound,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const done = context.requests.take(caller.holder);
  if (done === undefined) {
    const text = `party ${caller.holder.seat.partyId} has more than ${REQUESTS_OF_PARTY} requests under way`;
    throw new TributaryError("QUEUE_FULL", text, { retryAfterMs: 1_000 });
  }
  await answerSeated(context, caller, round, request, response).finally(done);
}

async function answerSeated(
  { jobUid, requests }: AnswerContext,
  caller: Caller,
  round: TensorRound,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const resource = parseTensorPath(request.url ?? "");
  if (resource === undefined || resource.jobUid !== jobUid) {
    throw new TributaryError("MESSAGE_INVALID", `no resource has the path ${request.url}`);
  }
  if (request.method !== "PUT" && hasBody(request))
    throw new TributaryError("MESSAGE_INVALID", "the request has a body");
  if (resource.kind === "object" && request.method === "GET")
    return sendObject(round, resource.sha256, request, response, pieceBytes(requests.total));
  if (resource.kind === "segment" && (request.method === "PUT" || request.method === "HEAD")) {
    return receiveSegment(round, { resource, pieceBytes: pieceBytes(requests.total) }, caller, request, response);
  }
  throw new TributaryError("MESSAGE_INVALID", `${request.method} is not known for ${request.url}`);
}

async function sendObject(
  round: TensorRound,
  sha256: string,
  request: IncomingMessage,
  response: ServerResponse,
  bufferBytes: number,
): Promise<void> {
  const object = round.fileOf(sha256);
  if (object === undefined) throw new TributaryError("ROUND_NOT_OPEN", `no object of digest ${sha256} is served now`);
  const file = await realDisk.open(object.path, "r");
  try {
    const size = await file.size();
    const start = parseRangeStart(request.headers.range);
    if (start === undefined || start > size)
      throw new TributaryError("MESSAGE_INVALID", `range ${request.headers.range} of ${size} bytes`);
    response.writeHead(start > 0 ? 206 : 200, {
      "content-length": size - start,
      "content-type": "application/octet-stream",
      "content-range": `bytes ${start}-${size - 1}/${size}`,
      etag: `"${sha256}"`,
    });
    await sendFile(file, start, response, { bufferBytes });
    round.countBytes(object.name, "down", size - start);
  } finally {
    await file.close();
  }
}

async function receiveSegment(
  round: TensorRound,
  { resource, pieceBytes }: { readonly resource: SegmentResource; readonly pieceBytes: number },
  { holder, visit }: Caller,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  if (holder.seat.partyId !== resource.party) {
    throw new TributaryError("IDENTITY_REJECTED", `party ${holder.seat.partyId} speaks for party ${resource.party}`);
  }
  const { staging, sizeBytes, section } = round.stagingOf(resource);
  const sha256 = String(request.headers[SEGMENT_SHA256_HEADER] ?? "");
  if (!/^[0-9a-f]{64}$/.test(sha256))
    throw new TributaryError("MESSAGE_INVALID", `header ${SEGMENT_SHA256_HEADER} is no digest`);
  let staged = await staging.claim(resource, sha256, sizeBytes);
  visit.signal.throwIfAborted();
  if (request.method === "PUT" && !staged.isComplete) {
    const span = parseContentRange(request.headers["content-range"]);
    if (span?.totalBytes !== sizeBytes) {
      throw new TributaryError(
        "REPORT_REFUSED",
        `segment ${resource.segment} of ${span?.totalBytes} bytes, must be ${sizeBytes}`,
      );
    }
    const before = staged.storedBytes;
    staged = await staging.receive(resource, span, request, pieceBytes);
    round.countBytes(section, "up", staged.storedBytes - before);
    visit.signal.throwIfAborted();
  }
  if (staged.isComplete) round.segmentStored(resource, sha256, sizeBytes);
  const answerHeaders = {
    [STORED_BYTES_HEADER]: String(staged.storedBytes),
    [COMPLETE_HEADER]: String(staged.isComplete),
    // A body that nobody needs is not read.
    ...(!request.complete && { connection: "close" }),
    // Without a length Node's client takes the answer to a HEAD for one that only the end of the connection ends.
    "content-length": 0,
  };
  response.writeHead(200, answerHeaders).end();
}

function hasBody({ headers }: IncomingMessage): boolean {
  return headers["transfer-encoding"] !== undefined || Number(headers["content-length"] ?? 0) !== 0;
}

/** A caller that hangs up in the middle is nobody's defect, and nothing that was refused. */
function brokenLink({ url, socket, destroyed, complete }: IncomingMessage, cause: unknown): TributaryError | undefined {
  if (isTributaryError(cause) || !(socket.destroyed || (destroyed && !complete))) return undefined;
  return new TributaryError("OPERATION_ABORTED", `${url}: the caller hung up: ${(cause as Error).message}`, { cause });
}

/** HTTP status of each code that the wire answers with; 500 for the rest. */
const STATUS: Partial<Record<ErrorCode, number>> = {
  IDENTITY_REJECTED: 403,
  MESSAGE_INVALID: 400,
  MESSAGE_CONFLICT: 409,
  ROUND_CONFLICT: 409,
  ROUND_NOT_OPEN: 404,
  QUEUE_FULL: 429,
  REPORT_REFUSED: 422,
  CHECKSUM_MISMATCH: 422,
  STORAGE_FULL: 507,
  STORAGE_UNAVAILABLE: 503,
  AGGREGATOR_UNREACHABLE: 503,
};

function refuse(response: ServerResponse, code: ErrorCode): void {
  if (response.headersSent || response.destroyed) {
    response.destroy();
    return;
  }
  // The body of a refused upload is not read: the connection cannot be used again.
  response.writeHead(STATUS[code] ?? 500, { [ERROR_CODE_HEADER]: code, connection: "close" });
  response.end(`${catalogue[code].publicMessage}\n`);
}
