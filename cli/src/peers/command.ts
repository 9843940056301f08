import { type OwnMember, readLabel, showValue } from "@tributary/contracts/fields";
import { TributaryError } from "@tributary/kit";
import { type ApiClient, connectCluster } from "@tributary/operator";
import { type Command, Option } from "commander";
import { readAdminAccess } from "../join/admin-access.ts";
import { cloudPlugins } from "../join/admin-plugin.ts";
import { fingerprintOf } from "./fingerprint.ts";
import { readLists, readOwnMember, writeTrusted } from "./gate-maps.ts";
import { listPeers, renderTable } from "./list-peers.ts";
import { readPeerFile, renderPeerFile, requireFingerprints } from "./peer-file.ts";
import { removePeer, trustPeer } from "./trust-peer.ts";

/** Where lines go: an answer to standard output, what is said beside it to standard error. */
export interface Printers {
  readonly print: (line: string) => void;
  readonly tell: (line: string) => void;
}

interface Access {
  readonly memberKubeconfig: string;
  readonly namespace: string;
  readonly allowExecPlugin: readonly string[];
}

interface TrustOptions extends Access {
  readonly fingerprint: readonly string[];
  readonly replace?: boolean;
  readonly note?: string;
}

const rule =
  "The fingerprint of an identity key is SHA-256 of its raw 32 bytes, hexadecimal, in sixteen groups of four: print its base64\n" +
  "through `base64 -d | sha256sum`.";

const exportHelp = `
Standard output is a file to send to the other member's admin by any way; standard error has the fingerprint, which that admin must
hear from you by another one.
${rule}`;

const trustHelp = `
${rule}
The gate reads the new list within two minutes; nothing is restarted. Exit codes: 0 trusted, 1 not trusted, 2 the command line or the file
cannot be used, a wrong fingerprint included.`;

/** Adds the commands `peers …` to a program. */
export function addPeersCommand(program: Command, printers: Printers): void {
  const peers = program.command("peers").description("Whom a member cluster trusts to be who it says it is");
  withAccess(peers.command("export"))
    .description("Prints this member's organisation, name and identity key for the admin of another member")
    .addHelpText("after", exportHelp)
    .action((options: Access) => inMember(options, (client) => exportOwn(client, options, printers)));
  withAccess(peers.command("trust"))
    .description("Trusts the member of a file of peers export, once its fingerprint was compared")
    .argument("<file>", "file of kubectl tributary peers export, or - for standard input")
    .option("--fingerprint <text>", "whole fingerprint that its admin told; once for each key of the file", gather, [])
    .option("--replace", "let the file take the place of what is trusted of this member")
    .option("--note <text>", "your own words beside it, such as who told the fingerprint")
    .addHelpText("after", trustHelp)
    .action((file: string, options: TrustOptions) => trust(file, options, printers));
  withAccess(peers.command("list"))
    .description("Lists the members that this one trusts, with fingerprints and where each is listed")
    .addOption(new Option("-o, --output <format>", "format of the answer").choices(["table", "json"]).default("table"))
    .action((options: Access & { readonly output: string }) =>
      inMember(options, (client) => list(client, options, printers)),
    );
  withAccess(peers.command("remove"))
    .description("Trusts a member no longer that peers trust made trusted")
    .argument("<member>", "name of the member cluster")
    .action((member: string, options: Access) =>
      inMember(options, async (client) => {
        const lists = await readLists(client, options.namespace);
        const change = removePeer(lists, member);
        await writeTrusted(client, options.namespace, lists, change.trusted ?? []);
        for (const line of change.lines) printers.print(line);
      }),
    );
}

function gather(text: string, before: readonly string[]): readonly string[] {
  return [...before, text];
}

function withAccess(command: Command): Command {
  return command
    .requiredOption(
      "--member-kubeconfig <file>",
      "kubeconfig of the member, as one who may work in the gate's namespace",
    )
    .option("--namespace <name>", "namespace of the gate", "tributary-gate")
    .option(
      "--allow-exec-plugin <program>",
      `program that the kubeconfig may run for a credential besides ${cloudPlugins.join(", ")}; repeatable`,
      gather,
      [] as readonly string[],
    );
}

async function inMember(options: Access, work: (client: ApiClient) => Promise<void>): Promise<void> {
  const { memberKubeconfig, namespace, allowExecPlugin } = options;
  const reading = readLabel(namespace);
  if (!reading.ok) {
    const message = `--namespace is ${showValue(namespace)}; must be ${reading.expected}`;
    throw new TributaryError("ARGUMENT_INVALID", message);
  }
  const access = readAdminAccess(memberKubeconfig, [...cloudPlugins, ...allowExecPlugin]);
  const connection = connectCluster(access, { cluster: "the member" });
  try {
    await work(connection.client);
  } finally {
    await connection.close();
  }
}

async function exportOwn(client: ApiClient, { namespace }: Access, { print, tell }: Printers): Promise<void> {
  const { organisation, member, publicKeys }: OwnMember = await readOwnMember(client, namespace);
  const [publicKey, alsoKey] = publicKeys as readonly [string, string?];
  print(renderPeerFile({ organisation, member, publicKey, ...(alsoKey === undefined ? {} : { alsoKey }) }));
  tell(`member ${member} of organisation ${organisation}; tell the other admin by another way than you send the file:`);
  for (const key of publicKeys) tell(`fingerprint: ${fingerprintOf(key)}`);
}

/** File and fingerprint are judged before anything is asked of the member. */
async function trust(file: string, options: TrustOptions, { print }: Printers): Promise<void> {
  const told = readPeerFile(file);
  requireFingerprints(file, told, options.fingerprint);
  const peer = options.note === undefined ? told : { ...told, note: options.note };
  await inMember(options, async (client) => {
    const lists = await readLists(client, options.namespace);
    const change = trustPeer(lists, peer, { mayReplace: options.replace === true });
    if (change.trusted !== undefined) await writeTrusted(client, options.namespace, lists, change.trusted);
    for (const line of change.lines) print(line);
  });
}

async function list(
  client: ApiClient,
  { namespace, output }: Access & { readonly output: string },
  { print }: Printers,
): Promise<void> {
  const listing = listPeers(await readLists(client, namespace));
  if (output === "json") print(JSON.stringify(listing, undefined, 2));
  else for (const line of renderTable(listing.peers)) print(line);
  const [first, ...more] = listing.contradictions;
  if (first === undefined) return;
  const message = [first, ...more].join("; ");
  throw new TributaryError("PEERS_INVALID", `the gate admits no round until its lists agree: ${message}`);
}
