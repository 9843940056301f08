import { readVariable, runMain } from "@tributary/kit";
import { runTrainer } from "./contract/run-trainer.ts";
import { openProgram } from "./open-program.ts";

/** The built-in trainer: one process a worker pod, `TRIBUTARY_TRAINER_SOCKET` says where its sidecar listens. */
runMain("trainer", ({ log, signal, env }) =>
  runTrainer({
    socketPath: readVariable(env, "TRIBUTARY_TRAINER_SOCKET", "/var/run/tributary/volume/trainer.sock"),
    name: "tfjs",
    version: readVariable(env, "TRIBUTARY_VERSION", "0.1.0"),
    openProgram,
    log,
    signal,
  }),
);
