/** What is seen of one program that should run. */
export interface SeenComponent {
  /** Whether the process its pid file means is alive. */
  readonly alive: boolean;
  /** Whether that process is stopped (SIGSTOP). */
  readonly stopped: boolean;
  /** What `fingerprintOf` said of it when it was started; `undefined` when nothing was written down. */
  readonly fingerprint: string | undefined;
}

/** What to do about one program. */
export const repairs = { keep: "keep", start: "start", resume: "resume", replace: "replace" } as const;

/** One of `repairs`: leave it, start it, let a stopped one continue, or end it and start it anew. */
export type Repair = (typeof repairs)[keyof typeof repairs];

/** Decides what brings a program to run with exactly the wanted command line and configuration. */
export function decideRepair(wantedFingerprint: string, seen: SeenComponent): Repair {
  if (!seen.alive) return repairs.start;
  if (seen.fingerprint !== wantedFingerprint) return repairs.replace;
  return seen.stopped ? repairs.resume : repairs.keep;
}
