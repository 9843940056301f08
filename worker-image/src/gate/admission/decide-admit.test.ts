import { Protocol } from "@tributary/federated";
import { describe, expect, it } from "vitest";
import { createNodeCryptoSuite } from "../../shared/crypto/node-crypto-suite.ts";
import { type HonestOptions, sourceSha256, speakRound } from "../../shared/terms/testing/honest-round.ts";
import { type Policy, parsePolicy } from "../../shared/trust/policy.ts";
import { decideAdmit } from "./decide-admit.ts";
import { type AskedRound, readRound } from "./read-round.ts";
import { askAbout, caller } from "./testing/asked-round.ts";
import type { WorkerFacts } from "./worker-facts.ts";

const crypto = createNodeCryptoSuite();
const source = Buffer.from(sourceSha256).toString("hex");
const [digest, otherDigest] = ["a", "b"].map((letter) => `sha256:${letter.repeat(64)}`) as [string, string];
const pod: WorkerFacts = { runtime: "tfjs", dataset: "notes", trainerImages: [imageOf(digest)] };
const peer = (organisation: string) => ({ organisation, member: organisation.toLowerCase(), publicKeys: [], from: [] });
const twoOrganisations = [peer("Clinic"), peer("Lab"), { ...peer("Lab"), member: "lab-2" }];

const allProtocols = { protocols: ["Masking", "None"] };
const policyOf = (lines: object) =>
  parsePolicy("policy.json", JSON.stringify({ version: 1, ...allProtocols, ...lines }));

interface Case {
  readonly policy: object | Policy;
  readonly round?: HonestOptions;
  readonly worker?: Partial<WorkerFacts>;
}

function decide({ policy, round = {}, worker = {} }: Case): string | undefined {
  const asked: AskedRound = readRound(crypto, caller, askAbout(speakRound({ ...round, publicKey: caller.publicKey })));
  const lines = "disclosures" in policy && "withdrawn" in policy ? (policy as Policy) : policyOf(policy);
  return decideAdmit({
    trust: { policy: lines, peers: twoOrganisations },
    worker: { ...pod, ...worker },
    round: asked,
  });
}

const masked = { protocol: Protocol.Masking, minOrganisations: 2 } as const;
const adapter = { adapterJson: '{"type":"LoRA","rank":4,"alpha":8,"targets":["q_proj"],"rule":"FreezeA"}' };

describe("a policy", () => {
  it.each<{ line: string; refused: Case; says: string; allowed: Case }>([
    {
      line: "withdrawn",
      refused: { policy: { withdrawn: true } },
      says: "policy.withdrawn is true, this member takes part in nothing",
      allowed: { policy: { withdrawn: false } },
    },
    {
      line: "refusedJobs",
      refused: { policy: { refusedJobs: ["other", "job"] } },
      says: 'policy.refusedJobs is ["job","other"], the job is job',
      allowed: { policy: { refusedJobs: ["other"] } },
    },
    {
      line: "protocols, without masks",
      refused: { policy: { protocols: ["Masking"] } },
      says: 'policy.protocols is ["Masking"], the setup\'s is None',
      allowed: { policy: { protocols: ["Masking"] }, round: masked },
    },
    {
      line: "protocols, left out",
      refused: { policy: { protocols: undefined } },
      says: 'policy.protocols is ["Masking"], the setup\'s is None',
      allowed: { policy: { protocols: undefined }, round: masked },
    },
    {
      line: "protocols, with masks",
      refused: { policy: { protocols: ["None"] }, round: masked },
      says: 'policy.protocols is ["None"], the setup\'s is Masking',
      allowed: { policy: { protocols: ["None"] } },
    },
    {
      line: "minOrganisations, as the setup asks for",
      refused: { policy: { minOrganisations: 2 }, round: { ...masked, minOrganisations: 1 } },
      says: "policy.minOrganisations is 2, the setup asks for 1",
      allowed: { policy: { minOrganisations: 2 }, round: masked },
    },
    {
      line: "minOrganisations where Masking is the only protocol",
      refused: { policy: { protocols: ["Masking"] }, round: { ...masked, minOrganisations: 1 } },
      says: "policy.minOrganisations is 2, the setup asks for 1",
      allowed: { policy: { protocols: ["Masking"], minOrganisations: 1 }, round: { ...masked, minOrganisations: 1 } },
    },
    {
      line: "minOrganisations, as the peer list can have",
      refused: { policy: { minOrganisations: 3 }, round: { ...masked, minOrganisations: 3 } },
      says: "policy.minOrganisations is 3, the peer list has 2",
      allowed: { policy: { minOrganisations: 3 }, round: { minOrganisations: 3 } },
    },
    {
      line: "disclosures",
      refused: { policy: { ...policyOf({}), disclosures: [] } },
      says: "policy.disclosures is [], the terms disclose model as SumOnly",
      allowed: { policy: { ...policyOf({}), disclosures: [] }, round: { isEvaluateOnly: true } },
    },
    {
      line: "runtimes",
      refused: { policy: { runtimes: ["pytorch"] } },
      says: 'policy.runtimes is ["pytorch"], the worker\'s is tfjs',
      allowed: { policy: { runtimes: ["pytorch", "tfjs"] } },
    },
    {
      line: "runtimes, of which none is allowed",
      refused: { policy: { runtimes: [] } },
      says: "policy.runtimes is [], the worker's is tfjs",
      allowed: { policy: { runtimes: "Any" } },
    },
    {
      line: "datasets",
      refused: { policy: { datasets: ["scans"] } },
      says: 'policy.datasets is ["scans"], the worker\'s is notes',
      allowed: { policy: { datasets: ["notes"] } },
    },
    {
      line: "datasets, asked for by a worker without one",
      refused: { policy: { datasets: [] } },
      says: "policy.datasets is [], the worker's is notes",
      allowed: { policy: { datasets: [] }, worker: { dataset: undefined } },
    },
    {
      line: "trainerImages",
      refused: { policy: { trainerImages: [digest] }, worker: { trainerImages: [digest, otherDigest].map(imageOf) } },
      says: `the worker's trainer runs tfjs@${otherDigest}`,
      allowed: {
        policy: { trainerImages: [digest, otherDigest] },
        worker: { trainerImages: [digest, otherDigest].map(imageOf) },
      },
    },
    {
      line: "trainerImages, of an image without a known digest",
      refused: {
        policy: { trainerImages: [digest] },
        worker: { trainerImages: [{ reference: "tfjs:0.2.0", digests: [] }] },
      },
      says: "the worker's trainer runs tfjs:0.2.0",
      allowed: {
        policy: { trainerImages: "Any" },
        worker: { trainerImages: [{ reference: "tfjs:0.2.0", digests: [] }] },
      },
    },
    {
      line: "trainerImages, of an image that only the node knows by a digest",
      refused: {
        policy: { trainerImages: [digest] },
        worker: { trainerImages: [{ reference: "tfjs:0.2.0", digests: [otherDigest] }] },
      },
      says: `the worker's trainer runs tfjs:0.2.0, ${otherDigest}`,
      allowed: {
        policy: { trainerImages: [digest] },
        worker: { trainerImages: [{ reference: "tfjs:0.2.0", digests: [digest] }] },
      },
    },
    {
      line: "maxLocalSteps",
      refused: { policy: { maxLocalSteps: 100 }, round: { localSteps: 500 } },
      says: "policy.maxLocalSteps is 100, the terms ask seat 1 for 500",
      allowed: { policy: { maxLocalSteps: 500 }, round: { localSteps: 500 } },
    },
    {
      line: "maxLocalSteps, of the own seat alone",
      refused: { policy: { maxLocalSteps: 100 }, round: { works: [101, 1].map(workOf) } },
      says: "policy.maxLocalSteps is 100, the terms ask seat 1 for 101",
      allowed: { policy: { maxLocalSteps: 100 }, round: { works: [1, 101].map(workOf) } },
    },
    {
      line: "baseModels",
      refused: { policy: { baseModels: ["0".repeat(64)] } },
      says: `the job's is ${source}`,
      allowed: { policy: { baseModels: ["0".repeat(64), source] } },
    },
    {
      line: "baseModels, of an adapter",
      refused: { policy: { baseModels: [] }, round: adapter },
      says: `policy.baseModels is [], the job's is ${source}`,
      allowed: { policy: { baseModels: [source] }, round: adapter },
    },
  ])("forbids by name and value: $line", ({ refused, says, allowed }) => {
    expect(decide(refused)).toContain(says);
    expect(decide(allowed)).toBeUndefined();
  });

  it("forbids another base in the start than the source of the terms", () => {
    const honest = speakRound({ ...adapter, publicKey: caller.publicKey });
    const round = readRound(crypto, caller, askAbout(honest));
    const objects = round.objects.map((object) =>
      object.name === "base" ? { ...object, sha256: new Uint8Array(32) } : object,
    );
    const trust = { policy: policyOf({ baseModels: [source] }), peers: twoOrganisations };
    expect(decideAdmit({ trust, worker: pod, round })).toBeUndefined();
    expect(decideAdmit({ trust, worker: pod, round: { ...round, objects } })).toContain(
      `the job's is ${"0".repeat(64)}`,
    );
  });

  it("cuts a long list visibly", () => {
    const refusedJobs = ["job", ...Array.from({ length: 100 }, (_, index) => `uid-${index}`)];
    expect(decide({ policy: { refusedJobs } })).toMatch(/^policy\.refusedJobs is .{80}…, the job is job$/u);
  });
});

function imageOf(digest: string) {
  return { reference: `tfjs@${digest}`, digests: [digest] };
}

function workOf(localSteps: number) {
  return { localSteps, hyperparameters: { a: "1" }, rank: 0 };
}
