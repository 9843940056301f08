import { Label } from "@tributary/contracts";
import type { KubeObject, Unstructured } from "../../runtime/api/object.ts";
import type { Informer } from "../../runtime/cache/informer.ts";
import type { IndexFunction } from "../../runtime/cache/object-cache.ts";

/** Name of the index by job and participant. */
export const seatIndex = "seat";

/** Files each object of a seat under its job and participant. */
export const bySeat: IndexFunction<KubeObject> = ({ metadata: { labels = {} } }) => {
  const [jobUid, participant] = [labels[Label.JobUid], labels[Label.Participant]];
  return jobUid === undefined || participant === undefined ? [] : [seatValue(jobUid, participant)];
};

/** Finds the objects of one seat. */
export type SeatObjects = (jobUid: string, participant: string) => readonly Unstructured[];

/**
 * Reads an informer seat by seat. The same array is given until one of its objects changed, so that what was derived from
 * it can be kept: of a hundred seats with 256 pods each, one change costs one seat.
 */
export function readSeats(informer: Pick<Informer<Unstructured>, "objects" | "listen">): SeatObjects {
  const known = new Map<string, readonly Unstructured[]>();
  informer.listen((change) => {
    for (const object of "previous" in change ? [change.object, change.previous] : [change.object])
      for (const value of bySeat(object)) known.delete(value);
  });
  return (jobUid, participant) => {
    const value = seatValue(jobUid, participant);
    const present = known.get(value);
    if (present !== undefined) return present;
    const objects = informer.objects.byIndex(seatIndex, value);
    if (objects.length > 0) known.set(value, objects);
    return objects;
  };
}

function seatValue(jobUid: string, participant: string): string {
  return `${jobUid}/${participant}`;
}
