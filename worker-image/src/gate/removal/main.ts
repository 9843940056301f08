import "@tributary/kit/stop-early";
import { runMain } from "@tributary/kit";
import { runRemoval } from "./run-removal.ts";

runMain("remove-workers", runRemoval);
