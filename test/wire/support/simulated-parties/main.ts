import { readFileSync } from "node:fs";
import { createNodeCryptoSuite } from "@tributary/worker-image";
import { SIMULATED_CONFIG_VARIABLE, type SimulatedConfig } from "./simulated-config.ts";
import { SimulatedParty } from "./simulated-party.ts";

const config = JSON.parse(readFileSync(process.env[SIMULATED_CONFIG_VARIABLE] ?? "", "utf8")) as SimulatedConfig;
const crypto = createNodeCryptoSuite();
await Promise.all(config.identities.map((_, index) => new SimulatedParty(config, index, crypto).run()));
process.exit(0);
