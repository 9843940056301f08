import type { OwnedObject } from "../owned-objects.ts";

/** What became of earlier tries to remove what is still there. Looks are counted from 1. */
export interface RemovalHistory {
  /** Number of the look before. */
  readonly look: number;
  /** The look in which each object was tried last in vain, by its uid. */
  readonly failedIn: ReadonlyMap<string, number>;
  /** The look in which something of each namespace was tried last in vain. */
  readonly troubledIn: ReadonlyMap<string, number>;
}

/** What is to be removed from one namespace, in this order. */
export interface Lane {
  readonly namespace: string;
  readonly objects: readonly OwnedObject[];
}

/** Nothing was tried yet. */
export const noRemovals: RemovalHistory = { look: 0, failedIn: new Map(), troubledIn: new Map() };

/**
 * At most `limit` removals for one look, a lane a namespace. Namespaces share the limit evenly, and one that made trouble comes after
 * those that did not. In a lane what was tried in vain goes behind what was not, the longest ago first, so that every object
 * has its turn; among equals Jobs go first, because they hold accelerators.
 */
export function planRemovals(removals: readonly OwnedObject[], history: RemovalHistory, limit: number): Lane[] {
  const lanes = [...Map.groupBy(removals, ({ namespace }) => namespace)]
    .map(([namespace, objects]) => ({ namespace, objects: inTurn(objects, history) }))
    .sort((left, right) => {
      const trouble = ({ namespace }: Lane): number => history.troubledIn.get(namespace) ?? 0;
      const first = ({ objects }: Lane): number => rank(objects[0] as OwnedObject);
      return trouble(left) - trouble(right) || first(left) - first(right) || compare(left.namespace, right.namespace);
    });
  const shares = shareOut(
    lanes.map(({ objects }) => objects.length),
    limit,
  );
  return lanes
    .map(({ namespace, objects }, index) => ({ namespace, objects: objects.slice(0, shares[index]) }))
    .filter(({ objects }) => objects.length > 0);
}

/** The history after a look that tried `failed` in vain, of `removals` that were to be removed. */
export function nextHistory(
  { look, failedIn, troubledIn }: RemovalHistory,
  removals: readonly OwnedObject[],
  failed: readonly OwnedObject[],
): RemovalHistory {
  const present = new Set(removals.flatMap(({ uid, namespace }) => [uid, namespace]));
  const kept = (tries: ReadonlyMap<string, number>) => [...tries].filter(([key]) => present.has(key));
  return {
    look: look + 1,
    failedIn: new Map([...kept(failedIn), ...failed.map(({ uid }) => [uid, look + 1] as const)]),
    troubledIn: new Map([...kept(troubledIn), ...failed.map(({ namespace }) => [namespace, look + 1] as const)]),
  };
}

function inTurn(objects: readonly OwnedObject[], { failedIn }: RemovalHistory): OwnedObject[] {
  return objects.toSorted(
    (left, right) =>
      (failedIn.get(left.uid) ?? 0) - (failedIn.get(right.uid) ?? 0) ||
      rank(left) - rank(right) ||
      compare(left.name, right.name),
  );
}

function rank({ kind }: OwnedObject): number {
  return kind === "Job" ? 0 : 1;
}

/** Even shares of a limit: what one does not need is the others', and the first have what is left over. */
function shareOut(needs: readonly number[], limit: number): number[] {
  const shares = needs.map(() => 0);
  for (let left = limit, isMore = true; left > 0 && isMore; ) {
    isMore = false;
    for (const [index, need] of needs.entries()) {
      if (left === 0 || (shares[index] as number) >= need) continue;
      shares[index] = (shares[index] as number) + 1;
      left -= 1;
      isMore = true;
    }
  }
  return shares;
}

function compare(left: string, right: string): number {
  return left < right ? -1 : Number(left > right);
}
