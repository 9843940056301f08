import "@tributary/kit/stop-early";
import { runMain } from "@tributary/kit";
import { runSidecar } from "./run-sidecar.ts";

runMain("sidecar", runSidecar);
