import { X509Certificate } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import {
  type Clock,
  isTributaryError,
  type Logger,
  type RetryOptions,
  readFileIfPresent,
  retry,
  systemClock,
  TributaryError,
  writeFileDurably,
} from "@tributary/kit";
import type { IdentitySource } from "../config/sidecar-config.ts";
import { type GateSource, openEnrolmentClient } from "../gate/gate-client.ts";
import { loadOrMakeWorkerKey, makeCertificateRequest } from "./worker-key.ts";

/** The worker's certificate chain and key, PEM. */
export interface WorkerCredentials {
  readonly certificatePem: string;
  readonly keyPem: string;
  /** Milliseconds since 1970 from which a new certificate should be asked for. */
  readonly renewAtMs: number;
  /** Milliseconds since 1970 until which this one is used. */
  readonly usableUntilMs: number;
}

/** Where a worker's certificate comes from, and where it is kept. */
export interface EnrolmentPlace {
  readonly source: IdentitySource;
  readonly memoryDirectory: string;
  readonly log: Logger;
  /** The machine's by default. */
  readonly clock?: Clock;
}

const ENROL_TIMEOUT_MS = 20_000;
/** Part of a certificate's life after which it is renewed, and until which it is used: clocks of machines differ. */
const RENEW_RATIO = 2 / 3;
const USE_RATIO = 11 / 12;
/** Delays between tries to renew: a third of a life is left, and all workers of a member try. */
const RENEWAL_BACKOFF = { initialMs: 1_000, maxMs: 60_000 };
/** Time between two looks at the files of a certificate that is old, and shortest life of one until its renewal that is worth a new link. */
const LOOK_INTERVAL_MS = 60_000;
/** Longest sleep of one timer. */
const MAX_SLEEP_MS = 24 * 3_600_000;

/**
 * Gets the worker's credentials: the kept ones while they can be used, else new ones from the gate for the same key.
 *
 * Waits for a gate that does not answer; a refusal (TOKEN_REJECTED, ENROLMENT_REFUSED) is thrown at once.
 */
export async function obtainCredentials(place: EnrolmentPlace, signal: AbortSignal): Promise<WorkerCredentials> {
  const { source, memoryDirectory, log, clock = systemClock } = place;
  if (source.kind === "files") return readCredentials(source.directory);
  const keyPem = await loadOrMakeWorkerKey(memoryDirectory);
  const kept = await loadKept(memoryDirectory);
  if (kept !== undefined && isUsable(kept, clock.nowMs())) return { ...kept, keyPem };
  const enrolled = await retry(() => enrol(source, keyPem, clock, signal), {
    ...retried(log, clock, signal),
    isRetriable: (error) => !isTributaryError(error, "TOKEN_REJECTED") && !isTributaryError(error, "ENROLMENT_REFUSED"),
  });
  await keep(place, enrolled);
  return { ...enrolled, keyPem };
}

/**
 * Waits until the present credentials should be renewed, and then until there are others, which {@link obtainCredentials} gives from then
 * on. Whatever keeps them from coming is tried again: the present ones are good, and what they are used for goes on meanwhile.
 *
 * @throws when the signal aborts.
 */
export async function renewCredentials(
  place: EnrolmentPlace,
  present: WorkerCredentials,
  signal: AbortSignal,
): Promise<void> {
  const { source, log, clock = systemClock } = place;
  for (let restMs = present.renewAtMs - clock.nowMs(); restMs > 0; restMs -= MAX_SLEEP_MS)
    await clock.sleep(Math.min(restMs, MAX_SLEEP_MS), signal);
  if (source.kind === "files") return untilReplaced(source.directory, present, clock, signal);
  const renew = async () => {
    const enrolled = await enrol(source, present.keyPem, clock, signal);
    // Where the gate's CA is at its end, each would be older than the one before.
    if (enrolled.renewAtMs - enrolled.enrolledMs < LOOK_INTERVAL_MS)
      throw new TributaryError("ENROLMENT_REFUSED", "the gate's certificates end at once: so does its CA");
    await keep(place, enrolled);
  };
  await retry(renew, { ...retried(log, clock, signal), backoff: RENEWAL_BACKOFF, isRetriable: () => true });
}

function retried(log: Logger, clock: Clock, signal: AbortSignal): RetryOptions {
  const onRetry: RetryOptions["onRetry"] = (error, attempt, delayMs) =>
    log.warn({ code: error.code, attempt, delayMs }, error.message);
  return { signal, clock, onRetry };
}

async function untilReplaced(
  directory: string,
  present: WorkerCredentials,
  clock: Clock,
  signal: AbortSignal,
): Promise<void> {
  for (;;) {
    await clock.sleep(LOOK_INTERVAL_MS, signal);
    const found = await readCredentials(directory).catch(() => present);
    if (found.certificatePem !== present.certificatePem) return;
  }
}

/** A certificate as it was got: times by this machine's clock, whatever the gate's says. */
interface Enrolled extends Omit<WorkerCredentials, "keyPem"> {
  readonly enrolledMs: number;
}

/** A damaged one counts as none: the gate gives another. */
async function loadKept(memoryDirectory: string): Promise<Enrolled | undefined> {
  const bytes = await readFileIfPresent(keptPath(memoryDirectory));
  try {
    return bytes === undefined ? undefined : (JSON.parse(bytes.toString("utf8")) as Enrolled);
  } catch {
    return undefined;
  }
}

async function keep({ memoryDirectory, log }: EnrolmentPlace, enrolled: Enrolled): Promise<void> {
  await writeFileDurably(keptPath(memoryDirectory), JSON.stringify(enrolled), 0o600);
  log.info("worker is enrolled");
}

function keptPath(memoryDirectory: string): string {
  return join(memoryDirectory, "identity.json");
}

/** A clock that was set back since says nothing about a certificate's age. */
function isUsable({ enrolledMs, usableUntilMs }: Enrolled, nowMs: number): boolean {
  return nowMs >= enrolledMs && nowMs < usableUntilMs;
}

async function enrol(source: GateSource, keyPem: string, clock: Clock, signal: AbortSignal): Promise<Enrolled> {
  const gate = openEnrolmentClient(source);
  try {
    const token = (await readFile(source.tokenPath, "utf8")).trim();
    const csrDer = await makeCertificateRequest(keyPem);
    const { chainDer, lifetimeSeconds } = await gate.enrol({ token, csrDer }, { timeoutMs: ENROL_TIMEOUT_MS, signal });
    if (chainDer.length === 0) throw new TributaryError("ENROLMENT_REFUSED", "the gate answered without a certificate");
    const certificatePem = chainDer.map((der) => new X509Certificate(der).toString()).join("");
    const enrolledMs = clock.nowMs();
    return { certificatePem, enrolledMs, ...timesOf(enrolledMs, Number(lifetimeSeconds) * 1000) };
  } finally {
    gate.close();
  }
}

async function readCredentials(directory: string): Promise<WorkerCredentials> {
  const certificatePem = await readFile(join(directory, "tls.crt"), "utf8");
  const keyPem = await readFile(join(directory, "tls.key"), "utf8");
  const { validFrom, validTo } = new X509Certificate(certificatePem);
  const fromMs = Date.parse(validFrom);
  return { certificatePem, keyPem, ...timesOf(fromMs, Date.parse(validTo) - fromMs) };
}

function timesOf(fromMs: number, lifeMs: number): Pick<WorkerCredentials, "renewAtMs" | "usableUntilMs"> {
  return { renewAtMs: fromMs + lifeMs * RENEW_RATIO, usableUntilMs: fromMs + lifeMs * USE_RATIO };
}
