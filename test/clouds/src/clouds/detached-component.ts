import { spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { killProcess, signalProcess } from "../processes/end-process.ts";
import { isAlive, type ProcessIdentity, parsePidFile, processStat } from "../processes/process-identity.ts";
import { replaceFile } from "../replace-file.ts";
import { waitUntil } from "../wait-until.ts";
import type { CloudLayout } from "./cloud.ts";
import { type CloudComponent, type CloudComponentName, fingerprintOf } from "./components.ts";
import { enterCloud } from "./namespaces.ts";
import { decideRepair, type Repair, repairs, type SeenComponent } from "./repair.ts";

/**
 * The program enters the cloud's cgroup and writes its own pid file before it becomes the component: however the starter dies, a
 * component never runs without both.
 */
const startScript = [
  "pidFile=$1 cgroupProcesses=$2; shift 2",
  'echo $$ > "$cgroupProcesses"',
  'echo "$(cut -d " " -f 1,22 /proc/$$/stat) $(cat /proc/sys/kernel/random/boot_id)" > "$pidFile.new"',
  'mv "$pidFile.new" "$pidFile"',
  'exec "$@"',
].join("\n");

const environment = { PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", HOME: "/root" };

/** What is known of one program of a cloud. */
export interface ComponentState extends SeenComponent {
  readonly identity: ProcessIdentity | undefined;
}

/** Looks at one program of a cloud. */
export async function observeComponent(layout: CloudLayout, name: CloudComponentName): Promise<ComponentState> {
  const identity = parsePidFile(await readFile(runFile(layout, `${name}.pid`), "utf8").catch(() => ""));
  const fingerprint = await readFile(runFile(layout, `${name}.fingerprint`), "utf8").catch(() => undefined);
  const alive = identity !== undefined && isAlive(identity);
  return { identity, alive, stopped: alive && processStat(identity.pid)?.state === "T", fingerprint };
}

/** Brings one program of a cloud to run with the wanted command line and configuration, and returns what had to be done. */
export async function repairComponent(
  layout: CloudLayout,
  component: CloudComponent,
  cgroupProcessesPath: string,
): Promise<Repair> {
  const seen = await observeComponent(layout, component.name);
  const repair = decideRepair(fingerprintOf(component), seen);
  if (repair === repairs.resume && seen.identity) signalProcess(seen.identity, "SIGCONT");
  if (repair === repairs.replace && seen.identity) await killProcess(seen.identity);
  if (repair === repairs.start || repair === repairs.replace) await start(layout, component, cgroupProcessesPath);
  return repair;
}

async function start(layout: CloudLayout, component: CloudComponent, cgroupProcessesPath: string): Promise<void> {
  await mkdir(join(layout.directory, "run"), { recursive: true });
  await mkdir(join(layout.directory, "logs"), { recursive: true });
  if (component.configuration) await replaceFile(component.configuration.path, component.configuration.text);
  await replaceFile(runFile(layout, `${component.name}.fingerprint`), fingerprintOf(component));
  const log = openSync(componentLogPath(layout, component.name), "a");
  const wrapped = [...enterCloud(layout), ...component.command];
  const child = spawn(
    "sh",
    ["-euc", startScript, "sh", runFile(layout, `${component.name}.pid`), cgroupProcessesPath, ...wrapped],
    { detached: true, stdio: ["ignore", log, log], env: environment, cwd: "/" },
  );
  closeSync(log);
  const { pid } = child;
  if (pid === undefined)
    throw new Error(`sh, to start ${component.name} of ${layout.cloud.name}, could not be started`);
  child.unref();
  await waitUntil(
    `the start of ${component.name} of ${layout.cloud.name}`,
    async () => (await observeComponent(layout, component.name)).identity?.pid === pid,
    { timeoutMs: 10_000, intervalMs: 10 },
  );
}

/** Path of a program's log, to which every start appends. */
export function componentLogPath(layout: CloudLayout, name: CloudComponentName): string {
  return join(layout.directory, "logs", `${name}.log`);
}

function runFile(layout: CloudLayout, file: string): string {
  return join(layout.directory, "run", file);
}
