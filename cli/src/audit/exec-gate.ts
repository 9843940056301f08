import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { TributaryError } from "@tributary/kit";

/** Where the gate of a member runs. */
export interface GatePlace {
  /** Kubeconfig of the member. */
  readonly kubeconfig: string;
  /** Namespace of the gate. */
  readonly namespace: string;
  /** The program: `kubectl` of the PATH. */
  readonly kubectl?: string;
}

/** What a program in the gate's container said. */
export interface GateAnswer<T> {
  readonly read: T;
  /** What it said on standard error. */
  readonly errors: string;
  readonly exitCode: number | null;
}

/** Most characters of standard error that are kept. */
const ERROR_CHARACTERS = 4096;

/**
 * Runs `gate-audit --verify` in the gate's container, by `kubectl exec`, and gives its lines to `read` as they come.
 *
 * @throws COMMAND_FAILED where there is no kubectl
 */
export async function execGateAudit<T>(
  { kubeconfig, namespace, kubectl = "kubectl" }: GatePlace,
  read: (lines: AsyncIterable<string>) => Promise<T>,
): Promise<GateAnswer<T>> {
  const program = ["/usr/local/bin/node", "/opt/tributary/launcher.mjs", "gate-audit", "--verify"];
  const where = ["--kubeconfig", kubeconfig, "--namespace", namespace, "exec", "deployment/tributary-gate"];
  const child = spawn(kubectl, [...where, "--container", "gate", "--", ...program], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once("error", (cause) => reject(notStarted(kubectl, cause)));
    child.once("close", resolve);
  });
  let errors = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    errors = (errors + text).slice(-ERROR_CHARACTERS);
  });
  const [result, exitCode] = await Promise.all([read(createInterface({ input: child.stdout })), ended]);
  return { read: result, errors, exitCode };
}

function notStarted(kubectl: string, cause: Error): TributaryError {
  return new TributaryError("COMMAND_FAILED", `${kubectl} cannot be run (${cause.message}); it must be on the PATH`, {
    cause,
  });
}
