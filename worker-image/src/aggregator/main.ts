import "@tributary/kit/stop-early";
import { runMain } from "@tributary/kit";
import { runAggregator } from "./run-aggregator.ts";

runMain("aggregator", runAggregator);
