import { kubectl, toStandardError } from "@tributary/clouds";
import { stackNames } from "../support/stack/install-stack.ts";
import { installNoopStack, noopJob, readClosedForm } from "../support/stack/noop-stack.ts";
import { applyJob, deleteJob, waitForEnd } from "../support/stack/run-job.ts";
import { describePrivacy } from "./describe-privacy.ts";
import { createWatcher } from "./watch-job.ts";

/** Runs the no-op job over two local stand-in clouds and proves by its closed form that every round counted exactly once. */
const name = "noop";
const stack = await installNoopStack(toStandardError);
const hub = stack.clusters.hub.name;
await deleteJob(hub, stackNames.hubNamespace, name);
await applyJob(hub, await noopJob(name));
toStandardError("examples/noop/job.yaml is applied");
const job = await waitForEnd(hub, stackNames.hubNamespace, name, {
  timeoutMs: 600_000,
  onChange: createWatcher(toStandardError),
});
process.stdout.write(await kubectl(hub, ["get", "ftj,mbr,trd", "-n", stackNames.hubNamespace]));
const rounds: number = job.status.round.committed;
const { want, min, max } = await readClosedForm(stack.modelsFolder, name, rounds, 4);
const holds = min === want && max === want;
process.stdout.write(
  `after ${rounds} rounds of 4 steps every value must be ${want}; smallest ${min}, largest ${max}: ${holds ? "exactly once" : "WRONG"}\n`,
);
process.stdout.write(`${describePrivacy(job)}\n`);
process.exitCode = holds ? 0 : 1;
