import "@tributary/kit/stop-early";
import { runMain } from "@tributary/kit";
import { runGate } from "./run-gate.ts";

runMain("gate", runGate);
