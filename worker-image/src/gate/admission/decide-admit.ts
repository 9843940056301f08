import { showValue } from "@tributary/contracts/fields";
import { Protocol, toHex } from "@tributary/federated";
import { ANY, type AnyOf, type Policy, type ProtocolName } from "../../shared/trust/policy.ts";
import type { Trust } from "../trust/trust.ts";
import type { AskedRound } from "./read-round.ts";
import type { WorkerFacts } from "./worker-facts.ts";

/** What is decided on. */
export interface AdmitQuestion {
  readonly trust: Pick<Trust, "peers" | "policy">;
  readonly worker: WorkerFacts;
  readonly round: AskedRound;
}

/** One line of the policy: what it forbids of a round, or `undefined` when it allows it. */
type Line = (question: AdmitQuestion) => string | undefined;

/** The lines, each on its own; the first that forbids is told. */
const lines: readonly Line[] = [
  withdrawn,
  refusedJobs,
  protocols,
  minOrganisations,
  disclosures,
  runtimes,
  datasets,
  trainerImages,
  maxLocalSteps,
  baseModels,
];

/**
 * Whether a worker may take part in a round: a pure function of policy, peers, pod and the round's own bytes, so that the same question has
 * the same answer while the policy is the same.
 *
 * @returns the line of the policy that forbids it, with its value and what the round asks; `undefined` for a yes.
 */
export function decideAdmit(question: AdmitQuestion): string | undefined {
  for (const line of lines) {
    const forbidden = line(question);
    if (forbidden !== undefined) return forbidden;
  }
  return undefined;
}

function withdrawn({ trust: { policy } }: AdmitQuestion): string | undefined {
  return policy.withdrawn ? says(policy, "withdrawn", "this member takes part in nothing") : undefined;
}

function refusedJobs({ trust: { policy }, round }: AdmitQuestion): string | undefined {
  const { jobUid } = round.terms;
  return policy.refusedJobs.includes(jobUid) ? says(policy, "refusedJobs", `the job is ${jobUid}`) : undefined;
}

function protocols({ trust: { policy }, round }: AdmitQuestion): string | undefined {
  const name = nameOf(round.setup.protocol);
  return policy.protocols.includes(name) ? undefined : says(policy, "protocols", `the setup's is ${name}`);
}

/** The sidecar opens no sum of fewer organisations than the setup says; how many there can be, the peer list says. */
function minOrganisations({ trust: { policy, peers }, round: { setup } }: AdmitQuestion): string | undefined {
  const least = policy.minOrganisations;
  if (setup.minOrganisations < least) {
    return says(policy, "minOrganisations", `the setup asks for ${setup.minOrganisations}`);
  }
  const known = new Set(peers.map(({ organisation }) => organisation)).size;
  const isEnough = setup.protocol === Protocol.None || known >= least;
  return isEnough ? undefined : says(policy, "minOrganisations", `the peer list has ${known}`);
}

function disclosures({ trust: { policy }, round }: AdmitQuestion): string | undefined {
  const outputs = round.terms.steps.flatMap((step) => step.outputs);
  const other = outputs.find(({ disclosure }) => !policy.disclosures.includes(disclosure));
  return other && says(policy, "disclosures", `the terms disclose ${other.set} as ${other.disclosure}`);
}

function runtimes({ trust: { policy }, worker }: AdmitQuestion): string | undefined {
  if (holds(policy.runtimes, worker.runtime)) return undefined;
  return says(policy, "runtimes", `the worker's is ${worker.runtime}`);
}

function datasets({ trust: { policy }, worker: { dataset } }: AdmitQuestion): string | undefined {
  if (dataset === undefined || holds(policy.datasets, dataset)) return undefined;
  return says(policy, "datasets", `the worker's is ${dataset}`);
}

function trainerImages({ trust: { policy }, worker }: AdmitQuestion): string | undefined {
  const { trainerImages: allowed } = policy;
  if (allowed === ANY) return undefined;
  const other = worker.trainerImages.find(({ digests }) => !digests.some((digest) => allowed.includes(digest)));
  if (other === undefined) return undefined;
  const what = [other.reference, ...other.digests.filter((digest) => !other.reference.endsWith(digest))].join(", ");
  return says(policy, "trainerImages", `the worker's trainer runs ${what}`);
}

function maxLocalSteps({ trust: { policy }, round: { terms, seat } }: AdmitQuestion): string | undefined {
  const { localSteps } = terms.works[seat.work]!;
  if (policy.maxLocalSteps === ANY || localSteps <= policy.maxLocalSteps) return undefined;
  return says(policy, "maxLocalSteps", `the terms ask seat ${seat.party} for ${localSteps}`);
}

/** The source is what the job's first model is made of, the base what an adapter is trained on. */
function baseModels({ trust: { policy }, round: { terms, objects } }: AdmitQuestion): string | undefined {
  const bases = objects.filter(({ name }) => name === "base").map(({ sha256 }) => sha256);
  const other = [terms.context.sourceSha256, ...bases].map(toHex).find((sha256) => !holds(policy.baseModels, sha256));
  return other === undefined ? undefined : says(policy, "baseModels", `the job's is ${other}`);
}

function holds(allowed: AnyOf<string>, value: string): boolean {
  return allowed === ANY || allowed.includes(value);
}

function says(policy: Policy, line: keyof Policy, asked: string): string {
  return `policy.${line} is ${showValue(policy[line])}, ${asked}`;
}

function nameOf(protocol: Protocol): ProtocolName {
  return protocol === Protocol.Masking ? "Masking" : "None";
}
