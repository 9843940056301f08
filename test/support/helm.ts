import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { type ControlPlane, ensureTools, toStandardError } from "@tributary/clouds";
import { parseAllDocuments, stringify } from "yaml";
import type { RenderedObject } from "./charts.ts";

const run = promisify(execFile);

/** Helm against a cluster without nodes, so that nothing is waited for. Returns what it says; throws when it refuses. */
export async function runHelm(cluster: ControlPlane, args: readonly string[], values?: object): Promise<string> {
  const tools = await ensureTools(toStandardError);
  const given = values === undefined ? [] : ["--values", "-"];
  const child = run(tools.helm, [...args, ...given], { env: { ...process.env, KUBECONFIG: cluster.kubeconfigPath } });
  child.child.stdin?.end(values === undefined ? "" : stringify(values));
  return (await child).stdout;
}

/** Hooks of the member chart's release. */
export async function hooksOfMember(cluster: ControlPlane): Promise<RenderedObject[]> {
  return parseAllDocuments(await runHelm(cluster, ["get", "hooks", "member", "--namespace=tributary-gate"]))
    .map((document) => document.toJS() as RenderedObject | null)
    .filter((object) => object !== null);
}

/** There are no nodes to run the hook's pod, so its program runs here, as the account that the chart made for it. */
export async function removeWorkers(cluster: ControlPlane, namespaces: string): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "remove-workers-"));
  const account = { namespace: "tributary-gate", serviceAccount: "tributary-remove-workers" };
  await writeFile(join(folder, "token"), await cluster.mintToken(account));
  const env = {
    ...process.env,
    TRIBUTARY_JOB_NAMESPACES: namespaces,
    TRIBUTARY_API_SERVER: cluster.url,
    TRIBUTARY_API_TOKEN_PATH: join(folder, "token"),
    TRIBUTARY_API_CA_PATH: cluster.authorityPath,
  };
  const program = join(import.meta.dirname, "../../worker-image/src/gate/removal/main.ts");
  await run(process.execPath, [program], { env, timeout: 120_000 });
  await rm(folder, { recursive: true });
}
