import { Annotation, type MemberCluster } from "@tributary/contracts";
import { nameNamespaces, nameWithin } from "./name-within.ts";

/** What still binds a MemberCluster that is being deleted. */
export interface RemovalFacts {
  readonly member: MemberCluster;
  /** Jobs whose status says that something of theirs is placed there. */
  readonly placed: readonly string[];
  /** Jobs that wait for a search of the member: without it nobody would ever confirm that nothing of theirs is there. */
  readonly searching: readonly string[];
  /** Jobs that name the member, may have placed something there and do not say what. */
  readonly suspected: readonly string[];
  /** Objects of this hub by the job that they were made for, from a live look; undefined when the member could not be looked at. */
  readonly found: ReadonlyMap<string, number> | undefined;
}

/** Whether a MemberCluster may go. */
export type Removal =
  | { readonly verdict: "wait"; readonly waitsFor: string }
  | { readonly verdict: "go"; readonly isForced: boolean; readonly leaves: readonly string[] };

/** Jobs that are named; a message holds no more. */
const namedLimit = 5;

/** Characters of names in the note of an event, which holds 1 024 in all. */
const jobNamesLimit = 330;
const namespaceNamesLimit = 400;

/** A deletion waits until nothing of this hub is left in the member, or is forced by the member's name. */
export function decideRemoval(facts: RemovalFacts): Removal {
  const { member, placed, searching, suspected, found } = facts;
  const { name, annotations } = member.metadata;
  const shownThere = found === undefined ? suspected : found.keys();
  const holders = [...new Set([...placed, ...searching, ...shownThere])].sort();
  if (annotations?.[Annotation.ForceRemoval] === name) return { verdict: "go", isForced: true, leaves: holders };
  if (holders.length === 0) return { verdict: "go", isForced: false, leaves: [] };
  const shown = holders.slice(0, namedLimit).map((job) => describeHolder(job, found?.get(job)));
  const more = holders.length > namedLimit ? [`${holders.length - namedLimit} more`] : [];
  const force = `kubectl annotate mbr ${name} ${Annotation.ForceRemoval}=${name}`;
  const away = found === undefined ? "the member cannot be looked at; " : "";
  return {
    verdict: "wait",
    waitsFor: `${away}the deletion waits for ${[...shown, ...more].join(", ")}; delete the jobs or take their participants away, or leave what is there behind: ${force}`,
  };
}

/**
 * What a removal by force leaves, and how it goes after all. The list of the namespaces goes with the MemberCluster: one that is not
 * mapped again is never looked into.
 */
export function describeForcedRemoval(name: string, leaves: readonly string[], namespaces: readonly string[]): string {
  const left =
    leaves.length === 0 ? "nothing that is known of" : `what jobs ${nameWithin(leaves, jobNamesLimit)} have there`;
  const where = nameNamespaces(namespaces, namespaceNamesLimit);
  return `MemberCluster ${name} goes by force and leaves ${left}; what is left is removed when the jobs are gone and the cluster is registered again with a mapping to ${where}`;
}

function describeHolder(job: string, objects: number | undefined): string {
  return objects === undefined ? `job ${job}` : `job ${job} (${objects} objects)`;
}
