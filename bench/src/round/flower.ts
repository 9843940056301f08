import { mkdirSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { freePorts } from "@tributary/clouds";
import { pythonWith } from "../shared/python-environment.ts";
import { type PeerProgram, type PeerWork, runPeer, type StartedPeer } from "./peer-run.ts";
import type { RoundContestant } from "./round-case.ts";
import { countWire } from "./wire-counter.ts";

const portDeadlineMs = 60_000;
const requirements = fileURLToPath(new URL("../shared/peers/requirements-flower.txt", import.meta.url));

/** Flower's deployment engine: one SuperLink and a SuperNode a client on loopback, without TLS. */
export const flower = flowerOf("flwr", "flower_app", { rounds: () => 5 });

/**
 * The same with its SecAgg+ workflow. Its rounds take so long that few of them are run; as in each other case the first is left out and
 * the last is only begun.
 */
export const flowerSecAgg = flowerOf("flwr SecAgg+", "flower_secagg_app", {
  rounds: ({ mib }) => (mib <= 1 ? 4 : 3),
  limitMs: ({ mib }) => 600_000 + mib * 9_000,
});

function flowerOf(name: string, app: string, pace: Pick<PeerProgram, "rounds" | "limitMs">): RoundContestant {
  const program: PeerProgram = {
    app: [app],
    ...pace,
    aggregating: /superlink|serverapp/u,
    working: /supernode|clientapp/u,
    start: (work) => startFlower(work, app),
  };
  return { name, version: "1.41.0", run: (size) => runPeer(program, size) };
}

async function startFlower(work: PeerWork, app: string): Promise<StartedPeer> {
  const tools = dirname(pythonWith(requirements));
  const { size, folder } = work;
  const ports = await freePorts(size.workers + 1);
  const [linkPort = 0, ...nodePorts] = ports;
  const env = prepareHome(folder, `127.0.0.1:${linkPort}`, tools);
  const start = (name: string, args: readonly string[]) =>
    work.processes.start(join(tools, name), args, { cwd: folder, env, logPath: work.logPath });
  start("flower-superlink", ["--insecure", "--port", `${linkPort}`, "--disable-runtime-dependency-installation"]);
  await listening(linkPort);
  const wire = await countWire(linkPort);
  const link = `127.0.0.1:${wire.port}`;
  for (const [index, port] of nodePorts.entries()) {
    const config = `partition-id=${index} num-partitions=${size.workers}`;
    start("flower-supernode", ["--insecure", "--superlink", link, "--port", `${port}`, "--node-config", config]);
  }
  await Promise.all(nodePorts.map(listening));
  const submitter = start("flwr", ["run", join(folder, app), "bench", "--run-config", runConfig(work)]);
  return { submitter, wire };
}

function runConfig({ size, rounds, roundLog }: PeerWork): string {
  return `rounds=${rounds} mib=${size.mib} clients=${size.workers} log="${roundLog}"`;
}

function prepareHome(folder: string, link: string, tools: string): Record<string, string> {
  const home = join(folder, "home");
  mkdirSync(home);
  const config = `[superlink]\ndefault = "bench"\n\n[superlink.bench]\naddress = "${link}"\ninsecure = true\n`;
  writeFileSync(join(home, "config.toml"), config);
  return {
    FLWR_HOME: home,
    FLWR_TELEMETRY_ENABLED: "0",
    FLWR_DISABLE_UPDATE_CHECK: "1",
    PATH: `${tools}:${process.env.PATH}`,
    PYTHONUNBUFFERED: "1",
  };
}

async function listening(port: number): Promise<void> {
  const endsAtMs = performance.now() + portDeadlineMs;
  while (!(await accepts(port))) {
    if (performance.now() > endsAtMs) throw new Error(`nothing listens on port ${port} after ${portDeadlineMs} ms`);
    await sleep(100);
  }
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.on("connect", () => resolve(true)).on("error", () => resolve(false));
    socket.on("connect", () => socket.destroy());
  });
}
