import { dirname, join } from "node:path";
import { realDisk } from "@tributary/kit";
import { volumePaths } from "./volume-paths.ts";

/** Where a segment's error feedback lies: what counts now, and what the report of a plan would leave over. */
export interface ResidualPlace {
  readonly volumeDirectory: string;
  readonly planDigest: Uint8Array;
  readonly segment: number;
}

/**
 * The sum holds what the plan's report sent of a segment, or may hold it: what it left over takes the place of what was before. Said twice,
 * or for a segment that leaves nothing over, it changes nothing.
 */
export async function keepLeftOver({ volumeDirectory, planDigest, segment }: ResidualPlace): Promise<void> {
  const pending = join(volumeDirectory, volumePaths.pendingResidual(planDigest, segment));
  const kept = join(volumeDirectory, volumePaths.residual(segment));
  if ((await realDisk.sizeOf(pending)) === undefined) return;
  await realDisk.mkdir(dirname(kept));
  // A rename over a file would have some file systems write the new one to the disk at once: as much as the model, every round.
  await realDisk.remove(kept);
  await realDisk.rename(pending, kept);
}

/** The sum does not hold what the plan's report sent of a segment: what was before counts on. */
export async function forgetLeftOver({ volumeDirectory, planDigest, segment }: ResidualPlace): Promise<void> {
  await realDisk.remove(join(volumeDirectory, volumePaths.pendingResidual(planDigest, segment)));
}
