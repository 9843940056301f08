import { down, kubectl, status, up } from "./clouds/local-clouds.ts";
import { renderStatus } from "./clouds/render-status.ts";
import { toStandardError } from "./progress.ts";
import { ensureTools } from "./tools/ensure-tools.ts";

const usage = `usage: node test/clouds/src/main.ts COMMAND
  up [CLOUD…]                start or repair the local clouds, and the extra one named lab where it is asked for; with KUBECONFIGS=hub.yaml:a.yaml:b.yaml check those clusters instead
  down [CLOUD…]              remove the local clouds and every trace of them, or the extra one named lab alone
  status                     say how the local clouds are
  tools                      build or find the programs that clouds and tests run: Kubernetes, Helm, CoreDNS, kube-network-policies
  kubectl CLUSTER ARGUMENT…  run kubectl against one of the clusters`;

async function run([command, ...args]: readonly string[]): Promise<number> {
  const [cluster, ...kubectlArguments] = args;
  if (command === "up") await printClusters(args);
  else if (command === "down") await down({ progress: toStandardError, extra: args });
  else if (command === "status") await printStatus();
  else if (command === "tools") await ensureTools(toStandardError);
  else if (command === "kubectl" && cluster) process.stdout.write(await kubectl(cluster, kubectlArguments));
  else {
    toStandardError(usage);
    return 2;
  }
  return 0;
}

async function printStatus(): Promise<void> {
  if (process.env.KUBECONFIGS) toStandardError("KUBECONFIGS names the clusters; none of them runs here");
  else process.stdout.write(`${renderStatus(await status())}\n`);
}

async function printClusters(extra: readonly string[]): Promise<void> {
  const { hub, members, local } = await up({ progress: toStandardError, extra });
  if (local) toStandardError("these clouds are local stand-ins: real Kubernetes, on this machine");
  for (const cluster of [hub, ...members]) {
    process.stdout.write(`${cluster.name} ${cluster.url} ${cluster.kubeconfigPath}\n`);
  }
}

process.exitCode = await run(process.argv.slice(2)).catch((error: unknown) => {
  toStandardError(error instanceof Error ? error.message : String(error));
  return 1;
});
