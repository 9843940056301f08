// @peculiar/x509 throws while loading unless the reflection metadata API is there first.
import "reflect-metadata";
import { webcrypto, X509Certificate } from "node:crypto";
import {
  cryptoProvider,
  type X509Certificate as PeculiarCertificate,
  SubjectAlternativeNameExtension,
  X509CertificateGenerator,
} from "@peculiar/x509";
import { beforeAll, describe, expect, it } from "vitest";
import type { JobConfig } from "../config/job-config.ts";
import { createSeats, type Seats } from "./seats.ts";

cryptoProvider.set(webcrypto as never);
const HOUR_MS = 3_600_000;
const START_MS = Date.UTC(2026, 0, 1);
const signingAlgorithm = { name: "Ed25519" } as never;

interface Authority {
  readonly certificate: PeculiarCertificate;
  readonly keys: webcrypto.CryptoKeyPair;
}

const authorities = {} as Record<"job" | "aws" | "aws-next" | "gcp", Authority>;
let nowMs = START_MS;
let seats: Seats;

beforeAll(async () => {
  for (const name of ["job", "aws", "aws-next", "gcp"] as const) authorities[name] = await makeAuthority(name);
  const pem = (name: "job" | "aws" | "aws-next" | "gcp") =>
    new X509Certificate(authorities[name].certificate.toString("pem"));
  const config = {
    job: { uid: "job-1" },
    clusters: [
      { name: "aws", gateCa: [pem("aws"), pem("aws-next")] },
      { name: "gcp", gateCa: [pem("gcp")] },
    ],
    participants: [
      { name: "a", cluster: "aws", namespace: "jobs", organisation: "aws", workers: 2 },
      { name: "g", cluster: "gcp", namespace: undefined, organisation: "gcp", workers: 1 },
    ],
  } as unknown as JobConfig;
  seats = createSeats(config, pem("job"), () => nowMs);
});

async function makeAuthority(name: string): Promise<Authority> {
  const keys = await makeKeys();
  const certificate = await X509CertificateGenerator.createSelfSigned({
    name: `CN=${name}`,
    keys: keys as never,
    signingAlgorithm,
    notBefore: new Date(START_MS - HOUR_MS),
    notAfter: new Date(START_MS + 100 * HOUR_MS),
  });
  return { certificate, keys };
}

function makeKeys(): Promise<webcrypto.CryptoKeyPair> {
  return webcrypto.subtle.generateKey("Ed25519", true, ["sign", "verify"]) as Promise<webcrypto.CryptoKeyPair>;
}

async function aCertificate(by: keyof typeof authorities, ...uris: string[]): Promise<Uint8Array> {
  const { certificate, keys } = authorities[by];
  const own = await makeKeys();
  const leaf = await X509CertificateGenerator.create({
    subject: "CN=worker",
    issuer: certificate.subject,
    signingKey: keys.privateKey as never,
    publicKey: own.publicKey as never,
    signingAlgorithm,
    notBefore: new Date(START_MS - HOUR_MS),
    notAfter: new Date(START_MS + HOUR_MS),
    extensions: [new SubjectAlternativeNameExtension(uris.map((value) => ({ type: "url", value })))],
  });
  return new Uint8Array(leaf.rawData);
}

describe("seats of a job", () => {
  it("gives each worker its seat, numbered over all participants", async () => {
    const first = seats.seatOf(await aCertificate("aws", "tributary://aws/jobs/job-1/a/1"));
    expect(first.seat).toMatchObject({ partyId: 2, workerIndex: 1 });
    const second = seats.seatOf(await aCertificate("gcp", "tributary://gcp/anywhere/job-1/g/0"));
    expect(second.seat).toMatchObject({ partyId: 3, participant: { name: "g" } });
  });

  it("takes what either certificate of a CA that is rotated has signed", async () => {
    for (const by of ["aws", "aws-next"] as const) {
      const holder = seats.seatOf(await aCertificate(by, "tributary://aws/jobs/job-1/a/0"));
      expect(holder.seat.partyId).toBe(1);
    }
  });

  it.each([
    { name: "another member's gate signed it", by: "gcp", uris: ["tributary://aws/jobs/job-1/a/0"] },
    { name: "the job CA signed it", by: "job", uris: ["tributary://aws/jobs/job-1/a/0"] },
    { name: "it names a cluster nobody knows", by: "aws", uris: ["tributary://other/jobs/job-1/a/0"] },
    { name: "it names another job", by: "aws", uris: ["tributary://aws/jobs/job-2/a/0"] },
    { name: "its participant sits in another cluster", by: "aws", uris: ["tributary://aws/jobs/job-1/g/0"] },
    { name: "it names another namespace", by: "aws", uris: ["tributary://aws/elsewhere/job-1/a/0"] },
    { name: "there is no such worker", by: "aws", uris: ["tributary://aws/jobs/job-1/a/2"] },
    {
      name: "it names two workers",
      by: "aws",
      uris: ["tributary://aws/jobs/job-1/a/0", "tributary://aws/jobs/job-1/a/1"],
    },
    { name: "it names the operator", by: "aws", uris: ["tributary://operator"] },
  ] as const)("refuses a certificate when $name", async ({ by, uris }) => {
    const certificate = await aCertificate(by, ...uris);
    expect(() => seats.seatOf(certificate)).toThrow(expect.objectContaining({ code: "IDENTITY_REJECTED" }));
  });

  it("refuses a certificate that it accepted before once its time is over", async () => {
    const certificate = await aCertificate("aws", "tributary://aws/jobs/job-1/a/0");
    expect(seats.seatOf(certificate).seat.partyId).toBe(1);
    nowMs = START_MS + 2 * HOUR_MS;
    expect(() => seats.seatOf(certificate)).toThrow(expect.objectContaining({ code: "IDENTITY_REJECTED" }));
    nowMs = START_MS;
  });

  it("refuses an operator's certificate that it accepted before once its time is over", async () => {
    const certificate = await aCertificate("job", "tributary://operator");
    for (let call = 0; call < 2; call++) seats.requireOperator(certificate);
    nowMs = START_MS + 2 * HOUR_MS;
    expect(() => seats.requireOperator(certificate)).toThrow(expect.objectContaining({ code: "IDENTITY_REJECTED" }));
    nowMs = START_MS;
  });

  it("takes the operator's certificate of the job CA alone for the operator's", async () => {
    seats.requireOperator(await aCertificate("job", "tributary://operator"));
    const others = [
      await aCertificate("aws", "tributary://operator"),
      await aCertificate("job", "tributary://aws/jobs/job-1/a/0"),
      undefined,
    ];
    for (const certificate of others) {
      expect(() => seats.requireOperator(certificate)).toThrow(expect.objectContaining({ code: "IDENTITY_REJECTED" }));
    }
  });
});
