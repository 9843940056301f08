import { X509Certificate } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Server } from "@grpc/grpc-js";
import { gateV1 } from "@tributary/contracts";
import {
  addService,
  closeGrpc,
  createEndpointTlsCredentials,
  createGrpcEndpoint,
  createLogger,
  type ErrorCode,
  listenGrpc,
  TributaryError,
} from "@tributary/kit";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { CertificateAuthority } from "../../gate/authority/certificate-authority.ts";
import { openAuthority } from "../../gate/authority/testing/open-authority.ts";
import { type EnrolmentPlace, obtainCredentials, renewCredentials } from "./enrolment.ts";

const DAY_MS = 24 * 3_600_000;
const START_MS = Date.UTC(2030, 0, 1);
const never = new AbortController().signal;

let directory: string;
let authority: CertificateAuthority;
let endpoint: Server;
let nowMs: number;
/** What the gate answers in turn: a refusal, or the life of a certificate in seconds; a day when nothing is left. */
let answers: (ErrorCode | number)[];
let asked: number;
let place: EnrolmentPlace;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "enrolment-"));
  authority = await openAuthority(join(directory, "ca"), "test gate");
  const own = await authority.makeEndpoint(["gate.test"]);
  [nowMs, answers, asked] = [START_MS, [], 0];
  endpoint = createGrpcEndpoint();
  const enrol = async () => {
    asked += 1;
    const answer = answers.shift() ?? DAY_MS / 1_000;
    if (typeof answer === "string") throw new TributaryError(answer, "as the test says");
    return { chainDer: [new X509Certificate(own.certificatePem).raw], lifetimeSeconds: BigInt(answer) };
  };
  addService(endpoint, gateV1.GateService, { enrol }, () => {});
  const port = await listenGrpc(endpoint, "127.0.0.1:0", createEndpointTlsCredentials(own));
  const tokenPath = join(directory, "token");
  await writeFile(tokenPath, "token");
  const caPem = authority.certificatePem;
  place = {
    source: {
      kind: "gate",
      address: `127.0.0.1:${port}`,
      workerAddress: "127.0.0.1:1",
      serverName: "gate.test",
      caPem,
      tokenPath,
    },
    memoryDirectory: join(directory, "memory"),
    log: createLogger("test", "silent"),
    clock: {
      nowMs: () => nowMs,
      monotonicMs: () => nowMs,
      sleep: async (delayMs) => {
        nowMs += delayMs;
      },
    },
  };
});
afterEach(async () => {
  await closeGrpc(endpoint, 0);
  await rm(directory, { recursive: true, force: true });
});

describe("a worker's certificate", () => {
  it("is used until a twelfth of its life is left, whatever the gate does meanwhile", async () => {
    const first = await obtainCredentials(place, never);
    expect(first).toMatchObject({
      renewAtMs: START_MS + (DAY_MS * 2) / 3,
      usableUntilMs: START_MS + (DAY_MS * 11) / 12,
    });
    nowMs = first.usableUntilMs - 1;
    expect(await obtainCredentials(place, never)).toEqual(first);
    expect(asked).toBe(1);
    nowMs += 1;
    expect((await obtainCredentials(place, never)).usableUntilMs).toBeGreaterThan(nowMs);
    expect(asked).toBe(2);
  });

  it("is not used by a clock that was set back", async () => {
    await obtainCredentials(place, never);
    nowMs -= 1;
    await obtainCredentials(place, never);
    expect(asked).toBe(2);
  });

  it("waits for a gate that is away, and ends with its refusal", async () => {
    answers = ["API_UNAVAILABLE", "ENROLMENT_REFUSED"];
    await expect(obtainCredentials(place, never)).rejects.toMatchObject({ code: "ENROLMENT_REFUSED" });
  });

  it("is renewed at two thirds of its life, however often the gate is away or refuses, and not by one that ends at once", async () => {
    const first = await obtainCredentials(place, never);
    answers = ["API_UNAVAILABLE", "TOKEN_REJECTED", 30, "ENROLMENT_REFUSED"];
    await renewCredentials(place, first, never);
    expect(asked).toBe(6);
    expect(nowMs).toBeGreaterThan(first.renewAtMs);
    const second = await obtainCredentials(place, never);
    expect(second.usableUntilMs).toBeGreaterThan(nowMs + DAY_MS / 2);
    expect(second.keyPem).toBe(first.keyPem);
    expect(asked).toBe(6);
  });

  it("is renewed no more once its link has ended", async () => {
    const first = await obtainCredentials(place, never);
    const reason = new Error("the link ended");
    await expect(renewCredentials({ ...place, clock: waiting() }, first, AbortSignal.abort(reason))).rejects.toBe(
      reason,
    );
    expect(asked).toBe(1);
  });

  it("of files is renewed once there is another", async () => {
    const source = { kind: "files", directory } as const;
    const write = async () => {
      const { certificatePem, keyPem } = await authority.makeEndpoint(["worker.test"]);
      await writeFile(join(directory, "tls.crt"), certificatePem);
      await writeFile(join(directory, "tls.key"), keyPem);
    };
    await write();
    const first = await obtainCredentials({ ...place, source }, never);
    let looks = 0;
    const sleep = async (delayMs: number) => {
      nowMs += delayMs;
      if (nowMs < first.renewAtMs) return;
      looks += 1;
      if (looks === 3) await write();
    };
    await renewCredentials({ ...place, source, clock: { ...place.clock!, sleep } }, first, never);
    expect((await obtainCredentials({ ...place, source }, never)).certificatePem).not.toBe(first.certificatePem);
    expect(looks).toBeGreaterThanOrEqual(3);
  });
});

/** A clock that only an abort wakes. */
function waiting() {
  const sleep = (_delayMs: number, signal?: AbortSignal) =>
    new Promise<never>((_, reject) => {
      if (signal?.aborted) reject(signal.reason);
    });
  return { nowMs: () => nowMs, monotonicMs: () => nowMs, sleep };
}
