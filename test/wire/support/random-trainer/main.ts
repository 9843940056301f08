import { type MainContext, readVariable, runMain } from "@tributary/kit";
import { runTrainer } from "../../../../worker-image/src/trainer/contract/run-trainer.ts";
import { randomProgram } from "./random-program.ts";
import { RANDOM_SEED_VARIABLE } from "./random-update.ts";

/** A trainer that learns nothing and reports vectors which a test can tell beforehand. */
const main = async ({ log, signal, env }: MainContext) =>
  runTrainer({
    socketPath: readVariable(env, "TRIBUTARY_TRAINER_SOCKET"),
    name: "random-trainer",
    version: "0",
    kinds: ["Evaluate", "Train"],
    openProgram: async (job) => randomProgram(job, readVariable(env, RANDOM_SEED_VARIABLE)),
    log,
    signal,
  });

runMain("trainer", main);
