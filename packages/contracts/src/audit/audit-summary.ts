import { AuditKind, type AuditLine } from "./audit-line.ts";

/** What a member's gate did for one job. */
export interface JobAudit {
  readonly job: string;
  /** Certificates given out. */
  readonly enrolments: number;
  /** Rounds that workers were let into. */
  readonly admits: number;
  /** Rounds and sums that workers were kept from, and pods of theirs that were refused. */
  readonly refusals: number;
  /** Sums that workers signed that they are in. */
  readonly sums: number;
  /** Bytes of reports that left the member. */
  readonly bytes: number;
}

/** What one worker of a job sent, as two kinds of lines tell it. */
interface Sent {
  /** Of each pod, the most that was heard. */
  readonly byPod: Map<string, number>;
  /** Of each round, the most that was heard. */
  readonly byRound: Map<string, number>;
}

interface Counts {
  enrolments: number;
  admits: number;
  refusals: number;
  readonly workers: Map<string, Sent>;
}

/** Counts a trail's lines by job, in the order in which the jobs came. A sum of which two lines tell, since its worker asked twice, is one. */
export class AuditSummary {
  readonly #jobs = new Map<string, Counts>();

  /** Counts a line; one that is about no job counts nowhere. */
  take(line: AuditLine): void {
    if (line.job === undefined) return;
    const counts = entryOf(this.#jobs, line.job, () => ({ enrolments: 0, admits: 0, refusals: 0, workers: new Map() }));
    if (line.kind === AuditKind.Enrolled) counts.enrolments++;
    if (line.kind === AuditKind.Admitted) counts.admits++;
    if (line.kind === AuditKind.Refused) counts.refusals++;
    const who = JSON.stringify([line.participant, line.worker]);
    const sent = entryOf(counts.workers, who, () => ({ byPod: new Map(), byRound: new Map() }));
    if (line.kind === AuditKind.Attested) raise(sent.byPod, JSON.stringify([line.pod]), line.bytes);
    if (line.kind === AuditKind.Recorded) raise(sent.byRound, JSON.stringify([line.line, line.attempt]), line.bytes);
  }

  /** What was counted, job by job. */
  jobs(): JobAudit[] {
    return [...this.#jobs].map(([job, { workers, ...counts }]) => {
      const all = [...workers.values()];
      const sums = all.reduce((sum, { byRound }) => sum + byRound.size, 0);
      // Both tell of the same bytes: whichever heard of more.
      const bytes = all.reduce((sum, { byPod, byRound }) => sum + Math.max(totalOf(byPod), totalOf(byRound)), 0);
      return { job, ...counts, sums, bytes };
    });
  }
}

function entryOf<V>(map: Map<string, V>, key: string, make: () => V): V {
  const found = map.get(key) ?? make();
  map.set(key, found);
  return found;
}

function raise(map: Map<string, number>, key: string, value = 0): void {
  map.set(key, Math.max(map.get(key) ?? 0, value));
}

function totalOf(map: ReadonlyMap<string, number>): number {
  return [...map.values()].reduce((sum, value) => sum + value, 0);
}
