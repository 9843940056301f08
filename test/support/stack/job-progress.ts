import { kubectl } from "@tributary/clouds";
import { type LedgerEntry, readLedgerLines } from "../../demo/ledger.ts";
import { eventually } from "../eventually.ts";
import { claimFolder } from "./claims.ts";
import { stackNames } from "./install-stack.ts";
import { readJob } from "./run-job.ts";

const { hubNamespace, jobNamespace } = stackNames;

/** One job in the namespace of the stack's jobs. */
export interface JobRef {
  /** Name of the hub's cluster. */
  readonly hub: string;
  /** Name of the job. */
  readonly name: string;
}

/** Committed rounds as the job's status says. */
export async function readCommitted({ hub, name }: JobRef): Promise<number> {
  return (await readJob(hub, hubNamespace, name)).status?.round?.committed ?? 0;
}

/** Waits until more than `before` rounds are committed; gives how many. */
export function untilCommittedAbove(job: JobRef, before: number, timeoutMs = 180_000): Promise<number> {
  return eventually(
    `${job.name}: more than ${before} rounds are committed`,
    async () => {
      const now = await readCommitted(job);
      return now > before ? now : undefined;
    },
    timeoutMs,
  );
}

/** Waits until a round of the job is in the middle of its training. */
export async function untilTraining({ hub, name }: JobRef): Promise<void> {
  await eventually(
    `${name}: a round is being trained`,
    async () => ((await readJob(hub, hubNamespace, name)).status?.round?.stage === "Training" ? true : undefined),
    120_000,
  );
}

/** Waits until a condition of the job has a reason; gives its message. */
export function untilCondition(
  { hub, name }: JobRef,
  type: string,
  reason: string,
  timeoutMs = 90_000,
): Promise<string> {
  return eventually(
    `${name}: ${type} has reason ${reason}`,
    async () => {
      const { status } = await readJob(hub, hubNamespace, name);
      const found = status?.conditions?.find(
        (one: { type: string; reason: string }) => one.type === type && one.reason === reason,
      );
      return found?.message as string | undefined;
    },
    timeoutMs,
  );
}

/** Waits until an event of the job has a reason; gives its message. */
export function untilEvent({ hub, name }: JobRef, reason: string): Promise<string> {
  const selector = `involvedObject.kind=FederatedTrainingJob,involvedObject.name=${name},reason=${reason}`;
  return eventually(`${name}: an event has reason ${reason}`, async () => {
    const args = ["get", "events", "-n", hubNamespace, "--field-selector", selector];
    const said = await kubectl(hub, [...args, "-o", "jsonpath={.items[*].message}"]);
    return said === "" ? undefined : said;
  });
}

/** Names of what a member still holds of a job. */
export async function listInMember(member: string, name: string): Promise<string[]> {
  return listOf(member, "jobs,configmaps,pods", jobNamespace, name);
}

/** Names of what the hub still holds of a job besides itself. */
export async function listOnHub({ hub, name }: JobRef, kinds = "statefulsets,services,secrets,configmaps,trd") {
  return listOf(hub, kinds, hubNamespace, name);
}

async function listOf(cluster: string, kinds: string, namespace: string, job: string): Promise<string[]> {
  const selector = `tributary.dev/job-name=${job}`;
  const names = await kubectl(cluster, ["get", kinds, "-n", namespace, "-l", selector, "-o", "name"]);
  return names.split("\n").filter((line) => line !== "");
}

/** Waits until no member and not the hub holds anything of a job. */
export async function untilNothingIsLeft(job: JobRef, members: readonly string[]): Promise<void> {
  for (const member of members) {
    await eventually(`${member} is clean of ${job.name}`, async () =>
      (await listInMember(member, job.name)).length === 0 ? true : undefined,
    );
  }
  await eventually(`nothing of ${job.name} is left on the hub`, async () =>
    (await listOnHub(job)).length === 0 ? true : undefined,
  );
}

/** The lines of a job's ledger from the volume of its aggregator, as bytes were written. */
export async function readLedger({ hub, name }: JobRef): Promise<string[]> {
  return readLedgerLines(await claimFolder(hub, hubNamespace, `data-${name}-aggregator-0`));
}

/** A line of the ledger, read. */
export function parseEntry(line: string): LedgerEntry {
  return JSON.parse(line) as LedgerEntry;
}
