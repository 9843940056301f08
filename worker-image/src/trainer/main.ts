import "@tributary/kit/stop-early";
import { type MainContext, readVariable, runMain, TributaryError } from "@tributary/kit";
import { runTrainer } from "./contract/run-trainer.ts";
import { openProgram, trainerKinds } from "./open-program.ts";
import { ownCapability } from "./own-capability.ts";

/** The built-in trainer: one process a worker pod, `TRIBUTARY_TRAINER_SOCKET` says where its sidecar listens. */
const main = async ({ log, signal, env }: MainContext) => {
  try {
    await runTrainer({
      socketPath: readVariable(env, "TRIBUTARY_TRAINER_SOCKET", "/var/run/tributary/volume/trainer.sock"),
      name: "tfjs",
      version: readVariable(env, "TRIBUTARY_VERSION", "0.2.0"),
      kinds: trainerKinds,
      capability: ownCapability(),
      openProgram,
      log,
      signal,
    });
  } catch (cause) {
    if (!signal.aborted) throw cause;
    // Not 0: the Job of a drained pod would take the worker's part for done and make no other pod.
    throw new TributaryError("OPERATION_ABORTED", "stopped before the job was over", { cause });
  }
};

runMain("trainer", main, { mayQuoteData: true });
