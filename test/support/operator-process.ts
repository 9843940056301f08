import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { ControlPlane } from "@tributary/clouds";
import type { OperatorConfiguration } from "@tributary/operator";
import { bundlePrograms } from "../../scripts/images/bundle.ts";
import { bundleSets } from "../../scripts/images/bundles.ts";
import { oneHeap, operatorFlags } from "../../scripts/images/recipes.ts";
import { until } from "./until.ts";

const root = join(import.meta.dirname, "../..");

/** An operator in a process of its own, from the files of its image. */
export interface OperatorProcess {
  /** Its user on the hub; stands in the API server's audit log. */
  readonly user: string;
  readonly child: ChildProcess;
  /** Lines of its log so far. */
  readonly log: readonly Record<string, unknown>[];
  /** Waits for a line with this message. */
  logged(message: string): Promise<Record<string, unknown>>;
  /** Status of `GET /readyz`. */
  readiness(): Promise<number>;
  /** Answer of `GET /metrics`. */
  metrics(): Promise<string>;
  /** Value of a series, named with its labels; undefined when it is not there. */
  series(name: string): Promise<number | undefined>;
  /** Waits until it ended, and gives its exit code or the signal that killed it. */
  ended(): Promise<number | NodeJS.Signals>;
}

/** The operator's image, as a folder, and the processes that run from it. */
export interface OperatorProcesses {
  /**
   * Starts one as a user of its own with every right, or by a kubeconfig; with a pod's name it takes a lease that the same pod
   * left; `preload` is a module that runs before it.
   */
  start(
    user: string,
    settings?: { readonly podName?: string; readonly kubeconfig?: string; readonly preload?: string },
  ): Promise<OperatorProcess>;
  /** Kills what still runs and removes the folder. */
  close(): Promise<void>;
}

/** Bundles the operator as its image holds it. */
export async function bundleOperator(
  hub: ControlPlane,
  configuration: OperatorConfiguration,
): Promise<OperatorProcesses> {
  const folder = await mkdtemp(join(tmpdir(), "operator-process-"));
  const program = join(await bundlePrograms(bundleSets.operator, root, folder), "operator.mjs");
  const configPath = join(folder, "operator.json");
  await writeFile(configPath, JSON.stringify(configuration));
  const started: OperatorProcess[] = [];
  return {
    async start(user, { podName, kubeconfig, preload } = {}) {
      const kubeconfigPath =
        kubeconfig === undefined
          ? await hub.kubeconfigFor({ user, groups: ["system:masters"] })
          : join(folder, `${user}.kubeconfig`);
      if (kubeconfig !== undefined) await writeFile(kubeconfigPath, kubeconfig);
      const env = {
        ...process.env,
        ...oneHeap,
        TRIBUTARY_OPERATOR_CONFIG: configPath,
        TRIBUTARY_HUB_KUBECONFIG: kubeconfigPath,
        TRIBUTARY_LOG_LEVEL: "info",
        ...(podName === undefined ? {} : { TRIBUTARY_POD_NAME: podName }),
      };
      const args = [...operatorFlags, ...(preload === undefined ? [] : ["--import", preload]), program];
      const operator = follow(user, spawn(process.execPath, args, { env, stdio: ["ignore", "pipe", "inherit"] }));
      started.push(operator);
      await operator.logged("the operator runs");
      return operator;
    },
    async close() {
      for (const { child } of started) child.kill("SIGKILL");
      await Promise.all(started.map((operator) => operator.ended()));
      await rm(folder, { recursive: true });
    },
  };
}

function follow(user: string, child: ChildProcess): OperatorProcess {
  const log: Record<string, unknown>[] = [];
  if (child.stdout) createInterface({ input: child.stdout }).on("line", (line) => log.push(JSON.parse(line)));
  const ended = new Promise<number | NodeJS.Signals>((resolve) =>
    child.once("exit", (code, signal) => resolve(code ?? signal ?? 0)),
  );
  const logged = (message: string) =>
    until(`${user} logs "${message}"`, () => log.find((line) => line.msg === message), 60_000);
  const get = async (path: string) => {
    const { healthPort } = await logged("the operator runs");
    return fetch(`http://127.0.0.1:${healthPort}${path}`);
  };
  const metrics = async () => (await get("/metrics")).text();
  return {
    user,
    child,
    log,
    logged,
    readiness: async () => (await get("/readyz")).status,
    metrics,
    async series(name) {
      const line = (await metrics()).split("\n").find((candidate) => candidate.startsWith(`${name} `));
      return line === undefined ? undefined : Number(line.slice(name.length + 1));
    },
    ended: () => ended,
  };
}
