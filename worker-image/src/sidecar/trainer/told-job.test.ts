import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { requireToldJob } from "./told-job.ts";

const [one, other] = [1, 2].map((byte) => new Uint8Array(32).fill(byte)) as [Uint8Array, Uint8Array];
let memory: string;
beforeEach(async () => {
  memory = await mkdtemp(join(tmpdir(), "told-job-"));
});
afterEach(() => rm(memory, { recursive: true, force: true }));

it("a pod's trainer is told of one job, also by a sidecar that was restarted", async () => {
  await requireToldJob(memory, one);
  // Another process of the same pod finds the same memory directory.
  await requireToldJob(memory, one);
  const refused = requireToldJob(memory, other);
  await expect(refused).rejects.toMatchObject({ code: "CONFIGURATION_INVALID" });
  await requireToldJob(memory, one);
});
