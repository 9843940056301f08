import { isDeepStrictEqual } from "node:util";
import type { Placement, PlacingReport } from "../federated-training-job/snapshot.ts";
import { isSamePlace, type Place } from "../shared/place.ts";

/** What the seats' controller said last of each job and member cluster: how its outcomes reach the job's look. */
export interface SeatReports {
  /**
   * A look begins that may make objects in these places: none of them counts as empty any more. Must be called before the
   * first object is made, in the same turn in which the placements were read.
   */
  begin(jobUid: string, cluster: string, wanted: readonly Placement[]): void;
  /** The outcome of a look. */
  tell(jobUid: string, cluster: string, report: PlacingReport): void;
  /** What was said last, by cluster. */
  of(jobUid: string): ReadonlyMap<string, PlacingReport>;
  /** The job is gone. */
  forget(jobUid: string): void;
}

/** Makes an empty store; `onChange` is told of each job whose reports changed. */
export function createSeatReports(onChange: (jobUid: string) => void): SeatReports {
  const byJob = new Map<string, Map<string, PlacingReport>>();
  const nothing: ReadonlyMap<string, PlacingReport> = new Map();
  return {
    begin(jobUid, cluster, wanted) {
      const known = byJob.get(jobUid)?.get(cluster);
      if (known === undefined) return;
      const isWanted = (place: Place): boolean => wanted.some((placement) => isSamePlace(placement, place));
      const { found: _found, ...kept } = known;
      byJob.get(jobUid)?.set(cluster, { ...kept, empty: known.empty.filter((place) => !isWanted(place)) });
    },
    tell(jobUid, cluster, report) {
      const reports = byJob.get(jobUid) ?? new Map<string, PlacingReport>();
      const isSame = isDeepStrictEqual(reports.get(cluster), report);
      reports.set(cluster, report);
      byJob.set(jobUid, reports);
      if (!isSame) onChange(jobUid);
    },
    of: (jobUid) => byJob.get(jobUid) ?? nothing,
    forget: (jobUid) => void byJob.delete(jobUid),
  };
}
