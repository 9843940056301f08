import { CommandError, type ControlPlane, type ControlPlaneOptions, startControlPlane } from "@tributary/clouds";
import { expect, vi } from "vitest";
import { stringify } from "yaml";
import { type ChartRelease, hubValues, memberValues, renderChart } from "./charts.ts";

/** Job namespace of {@link startMemberApi}. */
export const jobNamespace = "tributary-jobs";

/** Runs kubectl with a token of one service account and returns its output. */
export type RunAs = (args: readonly string[], input?: string) => Promise<string>;

/** A real API server without nodes on which a chart is installed. */
export interface ChartApi {
  readonly controlPlane: ControlPlane;
  /** kubectl as the account that the chart makes for the operator. */
  readonly asHub: RunAs;
  /** Token of that account. */
  readonly token: string;
  /** Kubeconfig of that account. */
  readonly kubeconfig: string;
}

/** The member chart on an API server, and the account that the hub holds a token of. The caller stops it. */
export function startMemberApi(
  values: object = memberValues,
  options: Partial<ControlPlaneOptions> = {},
): Promise<ChartApi> {
  const release = { chart: "tributary-member", release: "member", namespace: "tributary-gate", values };
  return startChartApi(release, { namespace: jobNamespace, serviceAccount: "tributary-hub" }, options);
}

/** The hub chart on an API server, and the operator's account. The caller stops it. */
export function startHubApi(options: Partial<ControlPlaneOptions> = {}, more: object = {}): Promise<ChartApi> {
  const values = { ...hubValues, ...more };
  const release = { chart: "tributary-hub", release: "hub", namespace: "tributary-system", values };
  return startChartApi(release, { namespace: release.namespace, serviceAccount: "tributary-operator" }, options);
}

async function startChartApi(
  release: ChartRelease,
  account: { readonly namespace: string; readonly serviceAccount: string },
  options: Partial<ControlPlaneOptions>,
): Promise<ChartApi> {
  const objects = await renderChart(release);
  // With the controller manager: what it writes must pass the chart's policies too.
  const controlPlane = await startControlPlane({ name: release.release, controllerManager: true, ...options });
  try {
    await controlPlane.kubectl(["create", "namespace", release.namespace]);
    // Strict: a field that no schema knows is an error.
    const apply = ["apply", "--server-side", "--validate=strict", "-f", "-"];
    await controlPlane.kubectl(apply, objects.map((object) => stringify(object)).join("---\n"));
    const token = await controlPlane.mintToken(account);
    const access = [`--server=${controlPlane.url}`, `--certificate-authority=${controlPlane.authorityPath}`];
    const asHub: RunAs = (args, input) =>
      controlPlane.kubectl(["--kubeconfig=/dev/null", ...access, `--token=${token}`, ...args], input);
    return { controlPlane, asHub, token, kubeconfig: tokenKubeconfig(controlPlane, token) };
  } catch (error) {
    await controlPlane.stop();
    throw error;
  }
}

function tokenKubeconfig({ url, authorityPem }: ControlPlane, token: string): string {
  const authority = Buffer.from(authorityPem).toString("base64");
  return JSON.stringify({
    "current-context": "c",
    contexts: [{ name: "c", context: { cluster: "c", user: "u" } }],
    clusters: [{ name: "c", cluster: { server: url, "certificate-authority-data": authority } }],
    users: [{ name: "u", user: { token } }],
  });
}

/** Whether an account may do something, in the words of `kubectl auth can-i`. */
export async function isAllowed(runAs: RunAs, ...question: readonly string[]): Promise<boolean> {
  try {
    const answer = await runAs(["auth", "can-i", ...question.flatMap(splitSubresource)]);
    return answer.trim().split("\n").at(-1) === "yes";
  } catch (error) {
    // kubectl ends with 1 when the answer is no.
    if (error instanceof CommandError && error.exitCode === 1) return false;
    throw error;
  }
}

/** `can-i` takes what follows a slash for a name. */
function splitSubresource(word: string): string[] {
  const [resource = "", below] = word.split("/");
  return below === undefined || word.startsWith("-") ? [word] : [resource, `--subresource=${below}`];
}

/** What kubectl says when it fails; empty when it does not. */
export async function refusal(call: () => Promise<unknown>): Promise<string> {
  try {
    await call();
    return "";
  } catch (error) {
    return error instanceof CommandError ? error.stderr : String(error);
  }
}

/** Waits until a call is refused with a reason: policies are compiled after they are made. */
export async function untilRefused(call: () => Promise<unknown>, why: string): Promise<void> {
  await vi.waitFor(async () => expect(await refusal(call)).toContain(why), { timeout: 60_000, interval: 200 });
}
