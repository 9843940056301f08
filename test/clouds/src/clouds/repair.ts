/** What is seen of one program that should run. */
export interface SeenComponent {
  /** Whether the process its pid file means is alive. */
  readonly alive: boolean;
  /** Whether that process is stopped (SIGSTOP). */
  readonly stopped: boolean;
  /** The command line it was started with; `undefined` when none was written down. */
  readonly command: readonly string[] | undefined;
}

/** What to do about one program. */
export const repairs = { keep: "keep", start: "start", resume: "resume", replace: "replace" } as const;

/** One of `repairs`: leave it, start it, let a stopped one continue, or end it and start it with another command line. */
export type Repair = (typeof repairs)[keyof typeof repairs];

/** Decides what brings a program to run with exactly the wanted command line. */
export function decideRepair(wanted: readonly string[], seen: SeenComponent): Repair {
  if (!seen.alive) return repairs.start;
  if (!sameCommand(wanted, seen.command)) return repairs.replace;
  return seen.stopped ? repairs.resume : repairs.keep;
}

function sameCommand(wanted: readonly string[], seen: readonly string[] | undefined): boolean {
  return seen !== undefined && wanted.length === seen.length && wanted.every((part, index) => part === seen[index]);
}
