import { setTimeout as sleep } from "node:timers/promises";
import { Kinds } from "@tributary/contracts";
import { type KubeObject, type Resource, seatName, type Unstructured } from "@tributary/operator";
import type { Manifest } from "../a-job.ts";
import { until } from "../until.ts";
import type { ForeignKind, SequenceEvent } from "./sequence-event.ts";
import {
  type MemberName,
  manifestOf,
  memberNames,
  type SequenceJob,
  sequenceJobs,
  sharedNamespace,
  spareNamespace,
} from "./sequence-jobs.ts";
import { applyTo, prepareHubNamespace, readJob, type SequenceCluster, type SequenceWorld } from "./sequence-world.ts";

/** An object of somebody else that stands in the way, as it was made. */
export interface Foreign {
  readonly cluster: "hub" | MemberName;
  readonly resource: Resource;
  readonly object: Unstructured;
}

/** What events did to the world that a judge must know; a new one for each sequence. */
export interface Disturbance {
  readonly foreign: Foreign[];
  readonly away: Set<MemberName>;
  readonly quotas: Set<MemberName>;
  /** Uids of jobs whose finalizers somebody took away: only the collector knows of what they left. */
  readonly forced: Set<string>;
  /** Name under which the second member is registered now. */
  registeredAs: string;
}

const theirLabels = { "app.kubernetes.io/managed-by": "somebody-else" };

/** Makes an event happen and says in a word what came of it. */
export async function performEvent(
  world: SequenceWorld,
  event: SequenceEvent,
  disturbed: Disturbance,
): Promise<"done" | string> {
  const { hub, members } = world;
  const kubectl = (args: readonly string[]) => hub.plane.kubectl(args);
  try {
    switch (event.type) {
      case "apply":
        await applyTo(hub, manifestOf(jobOf(event.job)));
        break;
      case "edit":
        await patchSpec(hub, jobOf(event.job), manifestOf(jobOf(event.job), event.change).spec as Manifest);
        break;
      case "suspend":
      case "resume":
        await patchSpec(hub, jobOf(event.job), { suspend: event.type === "suspend" });
        break;
      case "delete":
        await kubectl(["delete", "ftj", ...refOf(jobOf(event.job)), "--wait=false"]);
        break;
      case "delete-by-force":
        await deleteByForce(hub, jobOf(event.job), disturbed);
        break;
      case "recreate":
        await kubectl(["delete", "ftj", ...refOf(jobOf(event.job)), "--timeout=15s"]);
        await applyTo(hub, manifestOf(jobOf(event.job)));
        break;
      case "take-member-away":
        disturbed.away.add(event.member);
        members[event.member].proxy.setMode("refuse");
        members[event.member].proxy.reset();
        break;
      case "bring-member-back":
        disturbed.away.delete(event.member);
        members[event.member].proxy.setMode("forward");
        break;
      case "delete-member":
        await kubectl(["delete", "mbr", disturbed.registeredAs, "--wait=false"]);
        break;
      case "rename-member":
        await kubectl(["delete", "mbr", disturbed.registeredAs, "--wait=false"]);
        disturbed.registeredAs = disturbed.registeredAs === "gcp" ? "gcp-renamed" : "gcp";
        await world.register("gcp", disturbed.registeredAs);
        break;
      case "register-second-name":
        await world.register("gcp", disturbed.registeredAs === "gcp" ? "gcp-renamed" : "gcp");
        break;
      case "register-member":
        await world.register("gcp", disturbed.registeredAs);
        break;
      case "remove-member-namespace":
        await members.gcp.plane.kubectl(["delete", "namespace", spareNamespace, "--wait=false"]);
        forgetForeign(disturbed, spareNamespace);
        break;
      case "make-member-namespace":
        await world.offerRuntime("gcp", spareNamespace);
        break;
      case "remove-hub-namespace":
        await kubectl(["delete", "namespace", "spare", "--wait=false"]);
        forgetForeign(disturbed, "spare");
        break;
      case "make-hub-namespace":
        await prepareHubNamespace(hub, "spare");
        break;
      case "put-foreign":
        disturbed.foreign.push(await putForeign(world, jobOf(event.job), event.kind));
        break;
      case "remove-foreign":
        await removeForeign(world, disturbed);
        break;
      case "set-quota":
        await members[event.member].plane.kubectl(["create", "quota", "none", "-n", sharedNamespace, "--hard=pods=0"]);
        disturbed.quotas.add(event.member);
        break;
      case "lift-quota":
        await members[event.member].plane.kubectl(["delete", "quota", "none", "-n", sharedNamespace]);
        disturbed.quotas.delete(event.member);
        break;
      case "kill-operator":
        await world.killOperator();
        break;
      case "pause":
        await sleep(event.ms);
    }
    return "done";
  } catch (error) {
    return `refused: ${String(error).split("\n")[0]?.slice(-160)}`;
  }
}

/** Undoes what events did, removes every job but the bystander, and waits until the world is as it was. */
export async function heal(world: SequenceWorld, disturbed: Disturbance): Promise<void> {
  const { hub, members } = world;
  for (const name of memberNames) {
    disturbed.away.delete(name);
    members[name].proxy.setMode("forward");
    if (disturbed.quotas.delete(name))
      await members[name].plane.kubectl(["delete", "quota", "none", "-n", sharedNamespace, "--ignore-not-found"]);
  }
  await removeForeign(world, disturbed);
  for (const { namespace, name } of sequenceJobs)
    await hub.link.client.delete(Kinds.FederatedTrainingJob, { namespace, name });
  for (const job of sequenceJobs) await untilGone(hub, job);
  const spare = ["get", "namespace", "--ignore-not-found", "-o", "jsonpath={.status.phase}"];
  await until(
    "no namespace is ending",
    async () => (await hub.plane.kubectl([...spare, "spare"])) !== "Terminating",
    90_000,
  );
  await prepareHubNamespace(hub, "spare");
  const isEnding = async () => (await members.gcp.plane.kubectl([...spare, spareNamespace])) === "Terminating";
  await until("no namespace of the member is ending", async () => !(await isEnding()), 90_000);
  await world.offerRuntime("gcp", spareNamespace);
  await registerAsAtFirst(world);
}

async function untilGone(hub: SequenceCluster, job: SequenceJob): Promise<void> {
  const what = `${job.namespace}/${job.name} is gone`;
  try {
    await until(what, async () => (await readJob(hub, job)) === undefined, 120_000);
  } catch (cause) {
    throw new Error(`${String(cause)}: ${JSON.stringify((await readJob(hub, job))?.status)}`, { cause });
  }
}

async function registerAsAtFirst({ hub, register }: SequenceWorld): Promise<void> {
  const others = (await hub.link.client.list<KubeObject>(Kinds.MemberCluster)).filter(
    ({ metadata }) => metadata.name === "gcp-renamed" || metadata.deletionTimestamp !== undefined,
  );
  // One that was asked to go may be gone by now.
  for (const { metadata } of others)
    await hub.plane.kubectl(["delete", "mbr", metadata.name, "--timeout=90s", "--ignore-not-found"]);
  await register("gcp");
  for (const name of memberNames)
    await hub.plane.kubectl(["wait", "--for=condition=Ready", "--timeout=90s", "mbr", name]);
}

async function patchSpec(hub: SequenceCluster, job: SequenceJob, spec: Manifest): Promise<void> {
  await hub.plane.kubectl(["patch", "ftj", ...refOf(job), "--type=merge", "-p", JSON.stringify({ spec })]);
}

/** As an admin does who has no patience with a deletion, or who restores a hub without its jobs. */
async function deleteByForce(hub: SequenceCluster, job: SequenceJob, { forced }: Disturbance): Promise<void> {
  const uid = (await readJob(hub, job))?.metadata.uid;
  if (uid !== undefined) forced.add(uid);
  await hub.plane.kubectl(["delete", "ftj", ...refOf(job), "--wait=false"]);
  const noFinalizers = JSON.stringify({ metadata: { finalizers: null } });
  await hub.plane.kubectl(["patch", "ftj", ...refOf(job), "--type=merge", "-p", noFinalizers]);
}

async function putForeign(world: SequenceWorld, job: SequenceJob, kind: ForeignKind): Promise<Foreign> {
  const [participant] = job.participants;
  const isOnHub = kind.startsWith("hub");
  const cluster = isOnHub ? "hub" : (participant?.cluster as MemberName);
  const ref = { metadata: { namespace: job.namespace, name: job.name } };
  const metadata = isOnHub
    ? { name: `${job.name}-aggregator`, namespace: job.namespace, labels: theirLabels }
    : {
        name: seatName("sequences", ref as never, participant?.name ?? ""),
        namespace: job.namespace === "spare" ? spareNamespace : sharedNamespace,
        labels: theirLabels,
      };
  const { client } = isOnHub ? world.hub.link : world.members[cluster as MemberName].link;
  const make = async (resource: Resource, fields: Manifest): Promise<Foreign> => ({
    cluster,
    resource,
    object: await client.create<Unstructured>(resource, { metadata, ...fields } as Unstructured),
  });
  switch (kind) {
    case "hub-service":
      return make(Kinds.Service, { spec: { selector: { app: "theirs" }, ports: [{ port: 80 }] } });
    case "hub-config":
    case "member-config":
      return make(Kinds.ConfigMap, { data: { theirs: "yes" } });
    case "member-job": {
      const containers = [{ name: "theirs", image: "theirs:1" }];
      const template = { spec: { restartPolicy: "Never", containers } };
      return make(Kinds.Job, { spec: { suspend: true, template } });
    }
  }
}

/** What lies in a namespace goes with it, whoever made it. */
function forgetForeign({ foreign }: Disturbance, namespace: string): void {
  const kept = foreign.filter(({ object }) => object.metadata.namespace !== namespace);
  foreign.splice(0, foreign.length, ...kept);
}

async function removeForeign(world: SequenceWorld, disturbed: Disturbance): Promise<void> {
  for (const { cluster, resource, object } of disturbed.foreign.splice(0)) {
    const { client } = cluster === "hub" ? world.hub.link : world.members[cluster].link;
    const { namespace, name } = object.metadata;
    await client.delete(resource, { namespace, name }, { propagation: "Background" });
  }
}

function jobOf(index: number): SequenceJob {
  const job = sequenceJobs[index];
  if (job === undefined) throw new Error(`no job has number ${index}`);
  return job;
}

function refOf({ namespace, name }: SequenceJob): string[] {
  return [name, "-n", namespace];
}
