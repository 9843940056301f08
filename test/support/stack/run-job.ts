import { kubectl } from "@tributary/clouds";
import type { Manifest } from "../a-job.ts";
import { eventually } from "../eventually.ts";

/** The job's object as the hub has it. */
export type JobObject = {
  readonly metadata: {
    readonly uid: string;
    readonly name: string;
    readonly namespace: string;
    readonly finalizers?: readonly string[];
  };
  // biome-ignore lint/suspicious/noExplicitAny: tests read into every part of the status
  readonly status?: any;
};

/** Applies a job on the hub as a user would. */
export async function applyJob(hub: string, manifest: Manifest): Promise<void> {
  await kubectl(hub, ["apply", "--server-side", "--force-conflicts", "-f", "-"], { input: JSON.stringify(manifest) });
}

/** Reads a job from the hub. */
export async function readJob(hub: string, namespace: string, name: string): Promise<JobObject> {
  return JSON.parse(await kubectl(hub, ["get", "ftj", name, "-n", namespace, "-o", "json"])) as JobObject;
}

/** Waits until a job is terminal and gives it; `onChange` sees the status whenever a look every `everyMs` finds another one. */
export async function waitForEnd(
  hub: string,
  namespace: string,
  name: string,
  options: { readonly timeoutMs: number; readonly everyMs?: number; readonly onChange?: (job: JobObject) => void },
): Promise<JobObject> {
  let last = "";
  return eventually(
    `job ${namespace}/${name} is terminal`,
    async () => {
      const job = await readJob(hub, namespace, name);
      const text = JSON.stringify(job.status ?? {});
      if (text !== last) options.onChange?.(job);
      last = text;
      const isTerminal = job.status?.conditions?.some(
        (one: { type: string; status: string }) =>
          (one.type === "Complete" || one.type === "Failed") && one.status === "True",
      );
      return isTerminal ? job : undefined;
    },
    options.timeoutMs,
    options.everyMs,
  );
}

/** Deletes a job and waits until it is gone. */
export async function deleteJob(hub: string, namespace: string, name: string): Promise<void> {
  await kubectl(hub, ["delete", "ftj", name, "-n", namespace, "--ignore-not-found", "--timeout=120s"], {
    timeoutMs: 150_000,
  });
}
