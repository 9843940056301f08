import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { type ControlPlane, freePorts } from "@tributary/clouds";
import { type RunningProcess, startProgram } from "../../wire/support/running-process.ts";
import { writeGateFiles } from "../gate-files.ts";
import { gateObjects } from "../gate-objects.ts";
import { until } from "../until.ts";

/** A member's real gate as a process of this host, and what a worker needs to find it. */
export interface SequenceGate {
  readonly caPem: string;
  readonly address: string;
  readonly serverName: string;
  close(): Promise<void>;
}

const serverName = "gate.test";

/** Starts the gate of a member with the rights that the member chart gives it. */
export async function startSequenceGate(
  member: ControlPlane,
  options: {
    readonly directory: string;
    readonly image: string;
    readonly namespaces: readonly string[];
    readonly cluster: string;
  },
): Promise<SequenceGate> {
  await mkdir(join(options.directory, "ca"), { recursive: true });
  // Rights in every namespace: one that is made anew needs no new binding.
  await member.kubectl(["apply", "-f", "-"], JSON.stringify({ apiVersion: "v1", kind: "List", items: gateObjects() }));
  const [port] = await freePorts(1);
  const config = {
    version: 1,
    cluster: options.cluster,
    namespaces: options.namespaces,
    images: [options.image],
    serverNames: [serverName, "127.0.0.1"],
    caDirectory: join(options.directory, "ca"),
    stateDirectory: options.directory,
    listen: { port, workerPort: 0, healthPort: 0 },
  };
  const path = (name: string) => join(options.directory, name);
  const token = await member.mintToken({ namespace: "gate", serviceAccount: "gate", durationSeconds: 7_200 });
  const files = await writeGateFiles(options.directory, member, { config, token });
  const env = { ...files, TRIBUTARY_LOG_LEVEL: "info" };
  const gate: RunningProcess = await startProgram("gate", {
    name: `gate of ${member.name}`,
    env,
    logPath: path("gate.log"),
    within: ["setpriv", "--pdeathsig", "KILL", "--"],
  });
  await until("the gate is ready", () => gate.lines.some(({ msg }) => msg === "gate is ready"), 60_000);
  return {
    caPem: await readFile(path("ca/ca.crt"), "utf8"),
    address: `127.0.0.1:${port}`,
    serverName,
    close: () => gate.stop(),
  };
}
