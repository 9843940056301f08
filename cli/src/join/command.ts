import { connectCluster } from "@tributary/operator";
import { Command } from "commander";
import { readAdminAccess } from "./admin-access.ts";
import { cloudPlugins } from "./admin-plugin.ts";
import {
  readApiServer,
  readGateCa,
  readMemberName,
  readNamespaceMap,
  readOperatorNamespace,
  readProxy,
  readServiceAccount,
  readTokenSeconds,
} from "./arguments.ts";
import { checkRequest } from "./check-request.ts";
import { joinMember, type Side } from "./join-member.ts";
import type { JoinRequest } from "./join-request.ts";

interface Options {
  readonly hubKubeconfig: string;
  readonly memberKubeconfig: string;
  readonly serviceAccount: string;
  readonly gateCa: string;
  readonly map: readonly string[];
  readonly apiServer?: string;
  readonly tlsServerName?: string;
  readonly proxyUrl?: string;
  readonly provider?: string;
  readonly region?: string;
  readonly organisation?: string;
  readonly anotherCluster?: boolean;
  readonly operatorNamespace: string;
  readonly tokenHours: string;
  readonly allowExecPlugin: readonly string[];
}

const help = `
The current context of each kubeconfig is used, and no other is looked at. Before anything is written on the hub, the new credential
is tried in the member. Registered again, a member keeps its provider, region and organisation unless they are given, and must
be the same cluster unless --another-cluster says that it need not be. The organisation is what the hub accepts jobs by; members count
organisations by their own peer lists.

Exit codes: 0 registered, 1 not registered, 2 the command line or a file cannot be used.`;

/** The command `join`; `print` takes each line of its answer. */
export function joinCommand(print: (line: string) => void): Command {
  return new Command("join")
    .description("Registers a member cluster on the hub and records its gate's CA; again to renew both")
    .argument("<name>", "name of the MemberCluster")
    .requiredOption("--hub-kubeconfig <file>", "kubeconfig of the hub, as one who may write Secrets and MemberClusters")
    .requiredOption(
      "--member-kubeconfig <file>",
      "kubeconfig of the member, as one who may make tokens of the hub's account",
    )
    .requiredOption("--service-account <namespace/name>", "account in the member that the hub acts as")
    .requiredOption("--gate-ca <file>", "certificates of the gate's CA, PEM")
    .requiredOption("--map <hub=member...>", "which member namespace serves which hub namespace")
    .option(
      "--allow-exec-plugin <program>",
      `program that a kubeconfig may run for a credential, by its path where it is named by one, besides ${cloudPlugins.join(", ")} on the PATH; repeatable`,
      (program: string, before: readonly string[]) => [...before, program],
      [] as readonly string[],
    )
    .option("--api-server <url>", "address of the member's API server as the hub reaches it")
    .option("--tls-server-name <name>", "name in the certificate of that API server")
    .option("--proxy-url <url>", "HTTP proxy between hub and member, or none")
    .option("--provider <name>", "cloud provider")
    .option("--region <name>", "region of the provider")
    .option("--organisation <name>", "organisation that the cluster counts for on the hub; its own name when left out")
    .option("--another-cluster", "let a name that is registered lead to another cluster, as to one that was made anew")
    .option("--operator-namespace <name>", "namespace of the operator on the hub", "tributary-system")
    .option("--token-hours <hours>", "life of the hub's token, which the operator renews", "24")
    .addHelpText("after", help)
    .action((name: string, options: Options) => join(readRequest(name, options), options, print));
}

function readRequest(name: string, options: Options): JoinRequest {
  return checkRequest({
    name: readMemberName(name),
    serviceAccount: readServiceAccount(options.serviceAccount),
    gateCa: readGateCa(options.gateCa),
    namespaces: readNamespaceMap(options.map),
    provider: options.provider,
    region: options.region,
    organisation: options.organisation,
    operatorNamespace: readOperatorNamespace(options.operatorNamespace),
    mayBeAnotherCluster: options.anotherCluster === true,
    tokenSeconds: readTokenSeconds(options.tokenHours),
    route: {
      apiServer: options.apiServer === undefined ? undefined : readApiServer(options.apiServer),
      serverName: options.tlsServerName,
      proxyUrl: options.proxyUrl === undefined ? undefined : readProxy(options.proxyUrl),
    },
  });
}

async function join(request: JoinRequest, options: Options, print: (line: string) => void): Promise<void> {
  const plugins = [...cloudPlugins, ...options.allowExecPlugin];
  const hub = connect("hub", options.hubKubeconfig, plugins);
  const member = connect(request.name, options.memberKubeconfig, plugins);
  try {
    const { tokenEnds, untried } = await joinMember(hub, member, request);
    print(`member cluster ${request.name} is registered; its credential was tried there and ends ${tokenEnds}`);
    if (untried.length > 0)
      print(`not tried from here: ${untried.join(", ")}; kubectl get mbr says whether the hub reaches it`);
    for (const fingerprint of request.gateCa.fingerprints)
      print(`gate CA fingerprint: ${fingerprint}; compare it with the member's admin over another channel`);
  } finally {
    await Promise.all([hub.close(), member.close()]);
  }
}

function connect(cluster: string, path: string, plugins: readonly string[]): Side & { close(): Promise<void> } {
  const access = readAdminAccess(path, plugins);
  const connection = connectCluster(access, { cluster });
  return { client: connection.client, endpoint: access.endpoint, close: () => connection.close() };
}
