// Plain JavaScript: it runs before the packages are there, on whatever Node the machine has.
import { spawn } from "node:child_process";

const silenceMs = 9_000;
const began = Number(process.env.TRIBUTARY_STARTED ?? Date.now());
const [command, ...args] = process.argv.slice(2);

/** Runs a command with its output on this terminal; when nothing was written for nine seconds, a line says how much time has passed. */
function main() {
  if (command === undefined) throw new Error("usage: with-progress.mjs COMMAND [ARGUMENT…]");
  const env = { ...process.env, TRIBUTARY_STARTED: String(began) };
  if (process.stdout.isTTY) env.FORCE_COLOR ??= "1";
  const child = spawn(command, args, { env, stdio: ["inherit", "pipe", "pipe"] });
  let lastOutput = Date.now();
  const forward = (from, to) =>
    from.on("data", (chunk) => {
      lastOutput = Date.now();
      to.write(chunk);
    });
  forward(child.stdout, process.stdout);
  forward(child.stderr, process.stderr);
  const clock = setInterval(() => {
    if (Date.now() - lastOutput < silenceMs) return;
    lastOutput = Date.now();
    process.stderr.write(`… ${describe(Date.now() - began)}\n`);
  }, 500);
  // The terminal sends its signals to the whole group; others pass on what only this process got.
  for (const signal of ["SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
  process.on("SIGINT", () => {});
  child.on("error", (error) => {
    console.error(`${command}: ${error.message}`);
    process.exitCode = 127;
    clearInterval(clock);
  });
  child.on("close", (code, signal) => {
    clearInterval(clock);
    process.exitCode = signal === null ? (code ?? 1) : 128;
  });
}

function describe(ms) {
  const seconds = Math.floor(ms / 1000);
  return seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}

main();
