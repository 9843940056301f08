import { setTimeout as sleep } from "node:timers/promises";
import { until } from "../until.ts";
import { hasQuorum } from "./judge-job.ts";
import { judgeForeign, judgeWorld } from "./judge-world.ts";
import { observeForeign, observeWorld, type SeenWorld } from "./observe-world.ts";
import { type Disturbance, heal, performEvent } from "./perform-event.ts";
import { cuts, type SequenceEvent } from "./sequence-event.ts";
import { bystander, sequenceJobs } from "./sequence-jobs.ts";
import type { SequenceWorld } from "./sequence-world.ts";

/** What came of a sequence: what happened, event by event, and what was wrong after it. */
export interface SequenceOutcome {
  readonly log: readonly string[];
  readonly findings: readonly string[];
}

/** Bound on what a world without further events may take until every condition is true; not a figure of the operator. */
const settleMs = 75_000;
/** A look asks every API server for everything: the operator needs them too. */
const betweenLooksMs = 500;
/** Bound on the time in which a job that works commits a round. */
const commitMs = 60_000;

/** Lets events happen, waits until all is as promised or never will be, and puts the world back. */
export async function runSequence(world: SequenceWorld, events: readonly SequenceEvent[]): Promise<SequenceOutcome> {
  const disturbed: Disturbance = {
    foreign: [],
    away: new Set(),
    quotas: new Set(),
    forced: new Set(),
    registeredAs: "gcp",
  };
  const identity = world.bystanderIdentity();
  const { rounds } = await world.readOutput(bystander);
  const log: string[] = [];
  const startedMs = performance.now();
  const findings: string[] = [];
  for (const event of events) {
    log.push(
      `${Math.round(performance.now() - startedMs)} ms: ${JSON.stringify(event)} → ${await performEvent(world, event, disturbed)}`,
    );
    findings.push(...judgeForeign(await observeForeign(world, disturbed)));
  }
  const note = (what: string) => log.push(`${Math.round(performance.now() - startedMs)} ms: ${what}`);
  findings.push(...(await settle(() => observeWorld(world, disturbed).then(judgeWorld))));
  note(`settled with ${findings.length} findings`);
  if (findings.length > 0) log.push(...(await describeProcesses(world)));
  findings.push(...(await judgeModels(world, await observeWorld(world, disturbed))));
  await heal(world, disturbed).catch((error: unknown) => findings.push(`the world does not heal: ${String(error)}`));
  note("put back");
  findings.push(...(await settle(() => observeWorld(world, disturbed).then(judgeWorld))));
  findings.push(...(await judgeBystander(world, identity, rounds)));
  return { log, findings: [...new Set(findings)] };
}

async function describeProcesses({ hub, members }: SequenceWorld): Promise<string[]> {
  const told = await Promise.all([hub, ...Object.values(members)].map(({ kubelet }) => kubelet.describe()));
  return told.flat().map((line) => line.slice(0, 400));
}

/** The smallest sequence by cutting that still fails, looked for in at most `tries` runs. */
export async function shrinkSequence(
  world: SequenceWorld,
  events: readonly SequenceEvent[],
  tries: number,
): Promise<readonly SequenceEvent[]> {
  let smallest = events;
  let left = tries;
  for (let isSmaller = true; isSmaller && left > 0; ) {
    isSmaller = false;
    for (const candidate of cuts(smallest)) {
      if (left-- <= 0) break;
      if ((await runSequence(world, candidate)).findings.length === 0) continue;
      smallest = candidate;
      isSmaller = true;
      break;
    }
  }
  return smallest;
}

/** The findings that stay: none as soon as one look finds nothing wrong. */
async function settle(look: () => Promise<string[]>): Promise<string[]> {
  let findings: string[] = [];
  const isClean = async () => {
    findings = await look();
    if (findings.length > 0) await sleep(betweenLooksMs);
    return findings.length === 0;
  };
  await until("nothing is wrong", isClean, settleMs).catch((error: unknown) => {
    if (findings.length === 0) findings = [String(error)];
  });
  return findings;
}

/** A job that works, with the workers that it takes, commits rounds, and its model is their closed form, whatever happened to it before. */
async function judgeModels(world: SequenceWorld, seen: SeenWorld): Promise<string[]> {
  const working = sequenceJobs.flatMap((job) => {
    const found = seen.jobs.find(({ metadata }) => metadata.name === job.name && metadata.namespace === job.namespace);
    const progressing = found?.status?.conditions?.find(
      ({ type, status }) => type === "Progressing" && status === "True",
    );
    if (found === undefined || progressing === undefined || !hasQuorum(seen, found)) return [];
    return [{ job, message: progressing.message }];
  });
  const findings = working.map(async ({ job, message }) => {
    const read = async () => (await world.readOutput(job)).isExact;
    const isExact = await until(`${job.name} commits`, read, commitMs).catch(() => false);
    return isExact
      ? []
      : [`job ${job.namespace}/${job.name} works (${message}) and no model of it is the closed form of its rounds`];
  });
  return (await Promise.all(findings)).flat();
}

async function judgeBystander(
  world: SequenceWorld,
  identity: readonly string[],
  roundsBefore: number,
): Promise<string[]> {
  const now = world.bystanderIdentity();
  const { rounds } = await world.readOutput(bystander);
  const advanced = await until(
    "the bystander goes on",
    async () => (await world.readOutput(bystander)).rounds > Math.max(rounds, roundsBefore),
    commitMs,
  ).catch(() => false);
  return [
    ...(JSON.stringify(now) === JSON.stringify(identity) ? [] : [`the bystander's pods were ${identity}, are ${now}`]),
    ...(advanced ? [] : [`the bystander stands at round ${rounds}`]),
    ...((await world.readOutput(bystander)).isExact
      ? []
      : ["the bystander's model is not the closed form of its rounds"]),
  ];
}
