import { execFileSync } from "node:child_process";
import { generateApi } from "./generate/api.ts";
import { copyCrdsIntoChart } from "./generate/chart-crds.ts";
import { generateErrorsPage } from "./generate/errors-page.ts";
import { generateKernels } from "./generate/kernels.ts";

/** Regenerates everything that is committed and generated: protos, API types and validators, kernels. */
execFileSync("buf", ["lint"], { stdio: "inherit" });
execFileSync("buf", ["generate"], { stdio: "inherit" });
await generateApi("crds", "packages/contracts/src/generated/api");
copyCrdsIntoChart("crds", "charts/tributary-hub/generated/crds");
generateErrorsPage("docs/reference/errors.md");
generateKernels("packages/federated/assembly/index.ts", "packages/federated/src/kernels/generated/kernels-module.ts");
