import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));
/** What bundled CommonJS packages look for and a module does not have. */
const BANNER = `import { createRequire as createRequireOfBundle } from "node:module";
const require = createRequireOfBundle(import.meta.url);`;

/** Programs by name. */
export type ProgramName =
  | "aggregator"
  | "sidecar"
  | "gate"
  | "gate-audit"
  | "trainer"
  | "hostile-party"
  | "random-trainer"
  | "simulated-parties";

/** Their folders; the last three are in no image. */
const folders: Readonly<Record<ProgramName, string>> = {
  aggregator: "worker-image/src/aggregator",
  sidecar: "worker-image/src/sidecar",
  gate: "worker-image/src/gate",
  "gate-audit": "worker-image/src/gate/audit",
  trainer: "worker-image/src/trainer",
  "hostile-party": "test/wire/support/hostile-party",
  "random-trainer": "test/wire/support/random-trainer",
  "simulated-parties": "test/wire/support/simulated-parties",
};

const built = new Map<ProgramName, Promise<string>>();

/** Bundles a program into one file, as its image does, once a test file; a bundle starts several times faster than its sources. */
export function bundleOf(program: ProgramName): Promise<string> {
  let bundle = built.get(program);
  if (bundle === undefined) {
    bundle = buildProgram(program);
    built.set(program, bundle);
  }
  return bundle;
}

async function buildProgram(program: ProgramName): Promise<string> {
  const outfile = join(ROOT, `node_modules/.cache/tributary-wire/${process.pid}/${program}.mjs`);
  await build({
    entryPoints: [join(ROOT, folders[program], "main.ts")],
    outfile,
    bundle: true,
    platform: "node",
    target: "node24",
    format: "esm",
    banner: { js: BANNER },
    external: ["@tensorflow/tfjs-node"],
    logLevel: "error",
  });
  return outfile;
}
