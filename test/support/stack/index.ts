export { type LedgerEntry, readLedgerLines, survivorsOf } from "../../demo/ledger.ts";
export { eventually } from "../eventually.ts";
export { claimFolder } from "./claims.ts";
export { stackNames } from "./install-stack.ts";
export { findContainerProcesses } from "./kill-process.ts";
export { installNoopStack, type NoopSpec, type NoopStack, noopJob, readClosedForm } from "./noop-stack.ts";
export { applyJob, deleteJob, readJob, waitForEnd } from "./run-job.ts";
export { valueRange } from "./zeros-model.ts";
