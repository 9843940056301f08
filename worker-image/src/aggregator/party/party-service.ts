import { create } from "@bufbuild/protobuf";
import { cutText, partyV1 } from "@tributary/contracts";
import { countUpdateSegments, equalBytes, horizontal, largestPartyMessageBytes } from "@tributary/federated";
import { type Clock, type RequestBounds, type ServiceMethods, TributaryError } from "@tributary/kit";
import { partyFailureCode } from "../../shared/failure-codes.ts";
import { OLDEST_VERSION, OPENS_BESIDE_VERSION, PROTOCOL_VERSION } from "../../shared/protocol-version.ts";
import { requireTrainer } from "../../shared/trainer/registered-trainer.ts";
import type { JobConfig } from "../config/job-config.ts";
import type { JobEngine } from "../engine/job-engine.ts";
import type { JobModels } from "../engine/job-models.ts";
import { LARGEST_CHAIN_BYTES, readAttestedChain } from "./attested-chain.ts";
import type { PartyDirectory } from "./party-directory.ts";
import { PartyQuota, PartyRate } from "./party-quota.ts";
import { SEAT_ROLE } from "./seat-fitness.ts";
import type { SeatHolder, Seats } from "./seats.ts";

/** Largest difference of clocks that is shown, a century. */
const MAX_OFFSET_MS = 100 * 365 * 24 * 3_600_000;
/** Messages of a party that may wait for their turn besides one for each segment and its repetition. */
const WAITING_MESSAGES = 16;
/** How often a party may join, and open its stream: a link that breaks is opened again at once, then with growing delays. */
const LINK_RATE = { burst: 20, perSecond: 1 };
/** Longest request that is no message of the protocol; a failure's text is cut, not refused. */
const PLAIN_REQUEST_BYTES = 8 * 2 ** 10;
/** What a protocol message is wrapped in. */
const WRAPPING_BYTES = 64;
/** Sections of metrics in a report. */
const METRIC_SECTIONS = 2;
/** Longest problem text of a party that is kept. */
const MAX_PROBLEM_CHARACTERS = 300;

/** Largest request of each method, which follows from the job: what is larger is refused before it is decoded. */
export function largestPartyRequests(
  { secureAggregation }: Pick<JobConfig, "secureAggregation">,
  seats: Seats,
  models: JobModels,
): RequestBounds<typeof partyV1.PartyService> {
  const segments = { length: mostSegments(models) };
  const { protocol } = secureAggregation;
  // On the complete graph, which any roster of a job may be small enough for.
  const shape = { protocol, neighbours: 0, roster: seats.all, segments };
  const send = Math.max(PLAIN_REQUEST_BYTES, largestPartyMessageBytes(shape) + WRAPPING_BYTES);
  return { join: PLAIN_REQUEST_BYTES + LARGEST_CHAIN_BYTES, receive: 64, send };
}

/** Segments of a report: those of the update, and one for each section of metrics. */
function mostSegments({ parameters }: JobModels): number {
  return countUpdateSegments(parameters) + METRIC_SECTIONS;
}

/** The aggregator's side of the sidecars' contract; who calls is read from the certificate alone. */
export function partyMethods(
  deps: {
    readonly config: JobConfig;
    readonly seats: Seats;
    readonly parties: PartyDirectory;
    readonly models: JobModels;
    readonly clock: Clock;
  },
  engine: JobEngine,
): ServiceMethods<typeof partyV1.PartyService> {
  const { config, seats, parties, models, clock } = deps;
  const waiting = new PartyQuota(WAITING_MESSAGES + 2 * mostSegments(models));
  const openings = new PartyRate(LINK_RATE, () => clock.monotonicMs());
  const joins = new PartyRate(LINK_RATE, () => clock.monotonicMs());
  return {
    async join({ identityKey, protocolVersion, lastSetup, kinds, capability, chainDer }, { peerCertificate }) {
      const holder = seats.seatOf(peerCertificate);
      if (!equalBytes(identityKey, holder.publicKey)) {
        throw new TributaryError("IDENTITY_REJECTED", "the identity key is not the certificate's");
      }
      if (protocolVersion < OLDEST_VERSION) {
        throw new TributaryError(
          "MESSAGE_INVALID",
          `protocol version ${protocolVersion}, must be at least ${OLDEST_VERSION}`,
        );
      }
      const isRegistered = kinds.length > 0 || capability !== undefined;
      const trainer = isRegistered ? requireTrainer({ kinds, capability }, 0) : undefined;
      const attested = readAttestedChain(chainDer, holder, config.job.uid);
      parties.requireMayJoin(holder);
      // Whoever joins is news for everybody who follows the job.
      if (!joins.spend(holder)) throw tooMuch(`party ${holder.seat.partyId} joins again and again`);
      const opensBeside = protocolVersion >= OPENS_BESIDE_VERSION;
      parties.join(holder, trainer, { lastSetup, attested, opensBeside });
      return { ...joinAnswer(config, models, holder), clockMs: BigInt(clock.nowMs()) };
    },
    async *receive({ clockOffsetMs }, { peerCertificate, signal }) {
      const holder = seats.seatOf(peerCertificate);
      const { partyId } = holder.seat;
      parties.heard(holder);
      if (!openings.spend(holder)) throw tooMuch(`party ${partyId} opens its stream again and again`);
      const queue = parties.openStream(holder, boundOffset(clockOffsetMs));
      signal.addEventListener("abort", () => queue.close(), { once: true });
      let sequence = 0n;
      try {
        for await (const { round, attempt, message } of queue) {
          sequence += 1n;
          yield create(partyV1.ReceiveResponseSchema, { sequence, round, attempt, message });
        }
      } finally {
        parties.closeStream(partyId, queue);
      }
    },
    async send({ round, attempt, message }, { peerCertificate }) {
      const holder = seats.seatOf(peerCertificate);
      parties.heard(holder);
      const { partyId } = holder.seat;
      const done = waiting.take(holder);
      if (done === undefined) {
        const text = `it sends more than ${waiting.limit} messages at a time`;
        await engine.inbox.dropParty(partyId, { code: "QUEUE_FULL", message: text });
        throw tooMuch(`party ${partyId}: ${text}`);
      }
      try {
        if (message.case === "secagg") await engine.inbox.receiveMessage(partyId, round, attempt, message.value);
        else if (message.case === "failure")
          await engine.inbox.receiveFailure(partyId, round, attempt, problemOf(message.value));
        else throw new TributaryError("MESSAGE_INVALID", "the request holds no message");
      } finally {
        done();
      }
      return {};
    },
  };
}

/** A party may claim anything; what is shown stays a number that every reader can hold. */
function boundOffset(offsetMs: bigint): number {
  return Math.max(-MAX_OFFSET_MS, Math.min(MAX_OFFSET_MS, Number(offsetMs)));
}

function tooMuch(message: string): TributaryError {
  return new TributaryError("QUEUE_FULL", message, { retryAfterMs: 1_000 });
}

/**
 * What a party says of itself. It may claim any code, and one that only another process can tell of would be taken for that process's word;
 * its words stay one line and one item of the lists that they are shown in, so that they pass for nobody else's trouble.
 */
function problemOf({ code, message }: partyV1.PartyFailure) {
  const text = message.replace(/\s+/gu, " ").replaceAll(";", ",");
  return { code: partyFailureCode(code), message: cutText(text, MAX_PROBLEM_CHARACTERS) };
}

function joinAnswer(config: JobConfig, models: JobModels, { seat }: SeatHolder) {
  const { sourceSha256, task, seed, adapterJson } = models.context();
  const baseModel = models.baseModelFile();
  return {
    partyId: seat.partyId,
    jobUid: config.job.uid,
    participant: seat.participant.name,
    workerIndex: seat.workerIndex,
    workerCount: seat.participant.workers,
    task,
    hyperparameters: { ...seat.participant.hyperparameters },
    seed,
    ...(baseModel !== undefined && { baseModel }),
    sourceSha256,
    adapterJson,
    role: SEAT_ROLE,
    paradigm: horizontal.paradigm,
    protocolVersion: PROTOCOL_VERSION,
  };
}
