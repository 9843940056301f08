import { status, toStandardError, up } from "@tributary/clouds";

/** Sends a signal to the API server of a local cloud and gives its pid. Throws when it does not run. */
async function signalApiServer(cluster: string, signal: NodeJS.Signals): Promise<number> {
  const found = (await status()).find(({ cloud }) => cloud.name === cluster);
  const pid = found?.components.find(({ name }) => name === "kube-apiserver")?.pid;
  if (pid === undefined) throw new Error(`the API server of ${cluster} does not run`);
  process.kill(pid, signal);
  return pid;
}

/** Does `work` while the API server of a local cloud answers nothing; whatever happens it answers again afterwards. */
export async function whileApiServerStops(cluster: string, work: () => Promise<void>): Promise<void> {
  const pid = await signalApiServer(cluster, "SIGSTOP");
  try {
    await work();
  } finally {
    process.kill(pid, "SIGCONT");
  }
}

/** Kills the API server of a local cloud and has the local clouds start another, as a cloud's own control plane would. */
export async function killApiServer(cluster: string): Promise<void> {
  await signalApiServer(cluster, "SIGKILL");
  await up({ progress: toStandardError });
}
