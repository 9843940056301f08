import { createRequire } from "node:module";
import type fastCheck from "fast-check";

/**
 * fast-check with one seed for every property that names none: the same cases in every run, unless `TRIBUTARY_SEED` names another
 * seed, as `make test-all` does. Vitest resolves "fast-check" to this file.
 */
const fc = createRequire(import.meta.url)("fast-check") as typeof fastCheck;
fc.configureGlobal({ seed: Number(process.env.TRIBUTARY_SEED ?? 1) });

export default fc;
