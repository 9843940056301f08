#!/usr/bin/env node
import { readFileSync } from "node:fs";
import { down, renderStatus, status, toStandardError, up } from "@tributary/clouds";
import { asTributaryError, catalogue, isTributaryError } from "@tributary/kit";
import { connectCluster, parseKubeconfig } from "@tributary/operator";
import { Command } from "commander";
import { joinMember, parseNamespaceMap, parseServiceAccount, type Side } from "./join/join-member.ts";
import { readKubeconfig } from "./join/read-kubeconfig.ts";
import { validateFiles } from "./validate/validate-files.ts";

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

const program = new Command("kubectl-tributary").description("Works with Tributary's federated training jobs");

program
  .command("validate")
  .description("Checks manifests by the rules of the CRDs, without a cluster")
  .argument("<files...>", "YAML files; - for standard input")
  .action((files: string[]) => {
    const { checked, findings } = validateFiles(files);
    for (const { file, object, path, message } of findings) print(`${file}: ${object}: ${path}: ${message}`);
    if (findings.length === 0) print(`${checked} object${checked === 1 ? " is" : "s are"} valid`);
    process.exitCode = findings.length === 0 ? 0 : 1;
  });

program
  .command("join")
  .description("Registers a member cluster on the hub and records its gate's CA; again to renew both")
  .argument("<name>", "name of the MemberCluster")
  .requiredOption("--hub-kubeconfig <file>", "kubeconfig of the hub, as one who may write Secrets and MemberClusters")
  .requiredOption(
    "--member-kubeconfig <file>",
    "kubeconfig of the member, as one who may ask for tokens of the hub's account",
  )
  .requiredOption("--service-account <namespace/name>", "account in the member that the hub acts as")
  .requiredOption("--gate-ca <file>", "certificate of the gate's CA, PEM")
  .requiredOption("--map <hub=member...>", "which member namespace serves which hub namespace")
  .option("--api-server <url>", "address of the member's API server as the hub reaches it")
  .option("--provider <name>", "cloud provider")
  .option("--region <name>", "region of the provider")
  .option("--operator-namespace <name>", "namespace of the operator on the hub", "tributary-system")
  .option("--token-hours <hours>", "life of the hub's token", "24")
  .action(async (name: string, options: Record<string, string> & { map: string[] }) => {
    const hub = connect("hub", options.hubKubeconfig as string);
    const member = connect(name, options.memberKubeconfig as string);
    try {
      const { fingerprint, tokenEnds } = await joinMember(hub, member, {
        name,
        serviceAccount: parseServiceAccount(options.serviceAccount as string),
        gateCaPem: readFileSync(options.gateCa as string, "utf8"),
        namespaces: parseNamespaceMap(options.map),
        provider: options.provider,
        region: options.region,
        operatorNamespace: options.operatorNamespace as string,
        tokenSeconds: Math.round(Number(options.tokenHours) * 3600),
        apiServer: options.apiServer,
      });
      print(`member cluster ${name} is registered; its credential ends ${tokenEnds}`);
      print(`gate CA fingerprint: ${fingerprint}; compare it with the member's admin over another channel`);
    } finally {
      await Promise.all([hub.close(), member.close()]);
    }
  });

const local = program.command("local").description("Real Kubernetes clusters on this machine, as stand-ins for clouds");
local
  .command("up")
  .description("Starts or repairs them")
  .action(async () => {
    const { hub, members } = await up({ progress: toStandardError });
    toStandardError("these clouds are local stand-ins: real Kubernetes, on this machine");
    for (const cluster of [hub, ...members]) print(`${cluster.name} ${cluster.url} ${cluster.kubeconfigPath}`);
  });
local
  .command("down")
  .description("Removes them without a trace")
  .action(() => down({ progress: toStandardError }));
local
  .command("status")
  .description("Says how they are")
  .action(async () => print(renderStatus(await status())));

function connect(cluster: string, path: string): Side & { close(): Promise<void> } {
  const access = parseKubeconfig(readKubeconfig(path));
  const connection = connectCluster(access, { cluster });
  return { client: connection.client, endpoint: access.endpoint, close: () => connection.close() };
}

try {
  await program.parseAsync();
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = isTributaryError(error) ? catalogue[asTributaryError(error).code].exitCode : 1;
}
