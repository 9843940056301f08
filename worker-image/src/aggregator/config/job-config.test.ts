// @peculiar/x509 throws while loading unless the reflection metadata API is there first.
import "reflect-metadata";
import { webcrypto } from "node:crypto";
import { cryptoProvider, X509CertificateGenerator } from "@peculiar/x509";
import { Protocol } from "@tributary/federated";
import { beforeAll, describe, expect, it } from "vitest";
import { requireAdapterText } from "../../shared/terms/adapter-text.ts";
import { parseJobConfig } from "./job-config.ts";

cryptoProvider.set(webcrypto as never);

let before: string;
let next: string;

async function aCertificate(name: string): Promise<string> {
  const algorithm = { name: "Ed25519" } as never;
  const keys = await webcrypto.subtle.generateKey("Ed25519", true, ["sign", "verify"]);
  const options = { name: `CN=${name}`, keys: keys as never, signingAlgorithm: algorithm };
  return (await X509CertificateGenerator.createSelfSigned(options)).toString("pem");
}

beforeAll(async () => {
  [before, next] = [await aCertificate("before"), await aCertificate("next")];
});

function aConfig(changes: Record<string, unknown> = {}): string {
  return JSON.stringify({
    version: 1,
    job: { uid: "u", name: "notes", namespace: "research" },
    clusters: [{ name: "aws-1", gateCaPem: before }],
    participants: [{ name: "aws", cluster: "aws-1", workers: 1 }],
    model: { path: "/models/zeros.safetensors" },
    trainer: { task: "noop", hyperparameters: {}, seed: 1 },
    secureAggregation: { protocol: "None" },
    directories: { data: "/data", output: "/output" },
    tls: { certificatePath: "/tls.crt", keyPath: "/tls.key", operatorCaPath: "/ca.crt" },
    ...changes,
  });
}

const clusterWith = (gateCaPem: string | undefined) =>
  parseJobConfig("job.json", aConfig({ clusters: [{ name: "aws-1", gateCaPem }] })).clusters[0]!;

describe("the gate CAs of a job", () => {
  it("are all certificates of a bundle, so that a gate's CA can be rotated", () => {
    const { gateCa } = clusterWith(`${before}\n${next}\n`);
    expect(gateCa.map(({ subject }) => subject)).toEqual(["CN=before", "CN=next"]);
  });

  it.each([
    ["a cluster without a bundle", () => undefined, "has no gateCaPem"],
    ["an empty bundle", () => "", "has no gateCaPem"],
    ["a text that is no PEM", () => "oops", "one or more certificates in PEM"],
    ["a bundle that is cut off", () => before + next.slice(0, 200), "one or more certificates in PEM"],
    ["a block that is no certificate", () => before.replace(/\n[\s\S]*\n/u, "\nAAAA\n"), "X.509"],
  ])("cost no other cluster anything for %s: nobody of it is trusted, and why is said", (_what, pem, says) => {
    const { gateCa, gateCaProblem } = clusterWith(pem());
    expect(gateCa).toEqual([]);
    expect(gateCaProblem).toContain(says);
    expect(gateCaProblem).toContain("aws-1");
  });
});

describe("the hyperparameters of a participant", () => {
  it("are the job's with its own over them", () => {
    const text = aConfig({
      trainer: { task: "noop", hyperparameters: { increment: "0.5", simulateStepMs: "5" } },
      participants: [
        { name: "aws", cluster: "aws-1", workers: 1 },
        { name: "gcp", cluster: "aws-1", workers: 2, hyperparameters: { increment: "0.25" } },
      ],
    });
    expect(parseJobConfig("job.json", text).participants.map(({ hyperparameters }) => hyperparameters)).toEqual([
      { increment: "0.5", simulateStepMs: "5" },
      { increment: "0.25", simulateStepMs: "5" },
    ]);
  });
});

describe("the adapter of a job", () => {
  it("is the same in whatever order its targets are named: it stands in the digest of each start", () => {
    const adapterOf = (targets: readonly string[]) =>
      parseJobConfig(
        "job.json",
        aConfig({ model: { path: "/models/base.gguf", adapter: { type: "LoRA", rank: 4, targets } } }),
      ).model.adapter;
    const adapter = adapterOf(["v_proj", "q_proj", "k_proj"]);
    expect(adapter).toEqual(adapterOf(["k_proj", "v_proj", "q_proj"]));
    expect(() => requireAdapterText(JSON.stringify(adapter))).not.toThrow();
  });
});

describe("what an aggregator refuses at its start", () => {
  it.each<[Record<string, unknown>, string]>([
    [
      { communication: { initialStep: "2^99" } },
      'communication.initialStep is "2^99", must be a power of two from 2^-96',
    ],
    [
      { strategy: { name: "FedAvg", parameters: { momentum: "0.9" } } },
      'strategy.parameters.momentum is "0.9", must be absent',
    ],
    [
      { strategy: { name: "FedAvg", parameters: { serverLearningRate: "NaN" } } },
      'strategy.parameters.serverLearningRate is "NaN"',
    ],
    [{ strategy: { name: "FedNova" } }, 'strategy.name is "FedNova", must be one of'],
    [
      { trainer: { task: "noop", hyperparameters: { incremnt: "1" } } },
      'trainer.hyperparameters.incremnt is "1", must be absent',
    ],
    [
      { participants: [{ name: "aws", cluster: "aws-1", workers: 1, hyperparameters: { increment: "2" } }] },
      'participants[0].hyperparameters.increment is "2", must be a number from',
    ],
    [
      { participants: [{ name: "aws", cluster: "aws-1", workers: 1, hyperparameters: { batchSize: "2" } }] },
      'participants[0].hyperparameters.batchSize is "2", must be absent',
    ],
    [{ trainer: { task: "dance" } }, 'trainer.task is "dance", must be one of language-modeling, noop'],
  ])("names field and value: %j", (changes, says) => {
    const read = () => parseJobConfig("job.json", aConfig(changes));
    expect(read).toThrow(says);
    expect(read).toThrow(expect.objectContaining({ code: "CONFIGURATION_INVALID" }));
  });
});

describe("how reports are summed", () => {
  const organisations = ["clinic", "lab", "bank"];
  const configOf = (secureAggregation: object, seats = [2, 1, 1]) =>
    parseJobConfig(
      "job.json",
      aConfig({
        secureAggregation,
        participants: seats.map((workers, index) => ({
          name: `p${index}`,
          cluster: "aws-1",
          organisation: organisations[index],
          workers,
        })),
      }),
    ).secureAggregation;

  it("is with masks of two organisations when nothing else is said of them", () => {
    expect(configOf({ protocol: "Masking" })).toEqual({
      protocol: Protocol.Masking,
      minOrganisations: 2,
      threshold: undefined,
      earlyKeys: true,
    });
    expect(configOf({ protocol: "Masking", minOrganisations: 3, threshold: 4 })).toMatchObject({
      minOrganisations: 3,
      threshold: 4,
    });
    expect(configOf({ protocol: "None" })).toMatchObject({ protocol: Protocol.None, minOrganisations: 1 });
  });

  it.each<[string, object, number[], string]>([
    ["fields of masks without any", { protocol: "None", threshold: 3 }, [2, 1, 1], "secureAggregation.threshold"],
    ["a threshold above all", { protocol: "Masking", threshold: 5 }, [2, 1, 1], "threshold is 5, must be from 3 to 4"],
    [
      "two workers",
      { protocol: "Masking" },
      [1, 1],
      'is "Masking", must be None with 2 workers: Masking needs at least 3',
    ],
    ["one organisation", { protocol: "Masking" }, [4], "must be None with 1 organisations: Masking needs at least 2"],
    ["more organisations than there are", { protocol: "Masking", minOrganisations: 4 }, [2, 1, 1], "at least 4"],
    ["another protocol", { protocol: "Hidden" }, [2, 1, 1], "secureAggregation.protocol"],
  ])("is refused with %s", (_what, given, seats, says) => {
    expect(() => configOf(given, seats)).toThrow(says);
  });
});
