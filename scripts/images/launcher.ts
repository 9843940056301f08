import "@tributary/kit/stop-early";

/** Entry point of the data plane's image: `aggregator`, `sidecar`, `gate`, `gate-audit` or `remove-workers`, the name of the program beside this file. */
const programs = ["aggregator", "sidecar", "gate", "gate-audit", "remove-workers"];

const [, , program] = process.argv;
if (program === undefined || !programs.includes(program)) {
  console.error(`the first argument is ${JSON.stringify(program)}; must be one of ${programs.join(", ")}`);
  process.exitCode = 2;
} else {
  await import(new URL(`./${program}.mjs`, import.meta.url).href);
}
