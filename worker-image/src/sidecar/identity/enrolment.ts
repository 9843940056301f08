import { X509Certificate } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { gateV1 } from "@tributary/contracts";
import {
  createGrpcClient,
  createTlsCredentials,
  isTributaryError,
  type Logger,
  readFileIfPresent,
  retry,
  TributaryError,
  writeFileDurably,
} from "@tributary/kit";
import type { IdentitySource } from "../config/sidecar-config.ts";
import { loadOrMakeWorkerKey, makeCertificateRequest } from "./worker-key.ts";

/** The worker's certificate chain and key, PEM. */
export interface WorkerCredentials {
  readonly certificatePem: string;
  readonly keyPem: string;
  /** Milliseconds since 1970 from which a new certificate should be asked for. */
  readonly renewAtMs: number;
}

const ENROL_TIMEOUT_MS = 20_000;
/** Part of a certificate's life after which it is renewed. */
const RENEW_RATIO = 2 / 3;

/**
 * Gets the worker's credentials: the kept ones while they are fresh, else new ones from the gate for the same key.
 *
 * Waits for a gate that does not answer; a refusal (TOKEN_REJECTED, ENROLMENT_REFUSED) is thrown at once.
 */
export async function obtainCredentials(
  source: IdentitySource,
  memoryDirectory: string,
  log: Logger,
  signal: AbortSignal,
): Promise<WorkerCredentials> {
  if (source.kind === "files") return readCredentials(source.directory);
  const keyPem = await loadOrMakeWorkerKey(memoryDirectory);
  const keptPath = join(memoryDirectory, "identity.json");
  const kept = await loadKept(keptPath);
  if (kept !== undefined && isFresh(kept, Date.now())) return { ...kept, keyPem };
  const enrolled = await retry(() => enrol(source, keyPem, signal), {
    signal,
    onRetry: (error, attempt, delayMs) => log.warn({ code: error.code, attempt, delayMs }, error.message),
    isRetriable: (error) => !isTributaryError(error, "TOKEN_REJECTED") && !isTributaryError(error, "ENROLMENT_REFUSED"),
  });
  await writeFileDurably(keptPath, JSON.stringify(enrolled), 0o600);
  log.info("worker is enrolled");
  return { ...enrolled, keyPem };
}

/** A certificate as it was got: times by this machine's clock, whatever the gate's says. */
interface Enrolled {
  readonly certificatePem: string;
  readonly enrolledMs: number;
  readonly renewAtMs: number;
}

/** A damaged one counts as none: the gate gives another. */
async function loadKept(path: string): Promise<Enrolled | undefined> {
  const bytes = await readFileIfPresent(path);
  try {
    return bytes === undefined ? undefined : (JSON.parse(bytes.toString("utf8")) as Enrolled);
  } catch {
    return undefined;
  }
}

/** A clock that was set back since says nothing about a certificate's age. */
function isFresh({ enrolledMs, renewAtMs }: Enrolled, nowMs: number): boolean {
  return nowMs >= enrolledMs && nowMs < renewAtMs;
}

async function enrol(
  source: IdentitySource & { kind: "gate" },
  keyPem: string,
  signal: AbortSignal,
): Promise<Enrolled> {
  const gate = createGrpcClient(gateV1.GateService, {
    address: source.address,
    credentials: createTlsCredentials({ caPem: source.caPem }),
    unreachable: "GATE_UNREACHABLE",
    channel: { "grpc.ssl_target_name_override": source.serverName, "grpc.default_authority": source.serverName },
  });
  try {
    const token = (await readFile(source.tokenPath, "utf8")).trim();
    const csrDer = await makeCertificateRequest(keyPem);
    const { chainDer, lifetimeSeconds } = await gate.enrol({ token, csrDer }, { timeoutMs: ENROL_TIMEOUT_MS, signal });
    if (chainDer.length === 0) throw new TributaryError("ENROLMENT_REFUSED", "the gate answered without a certificate");
    const certificatePem = chainDer.map((der) => new X509Certificate(der).toString()).join("");
    const enrolledMs = Date.now();
    return { certificatePem, enrolledMs, renewAtMs: enrolledMs + Number(lifetimeSeconds) * 1000 * RENEW_RATIO };
  } finally {
    gate.close();
  }
}

async function readCredentials(directory: string): Promise<WorkerCredentials> {
  const certificatePem = await readFile(join(directory, "tls.crt"), "utf8");
  return withRenewal(certificatePem, await readFile(join(directory, "tls.key"), "utf8"));
}

function withRenewal(certificatePem: string, keyPem: string): WorkerCredentials {
  const { validFrom, validTo } = new X509Certificate(certificatePem);
  const [from, to] = [Date.parse(validFrom), Date.parse(validTo)];
  return { certificatePem, keyPem, renewAtMs: from + (to - from) * RENEW_RATIO };
}
