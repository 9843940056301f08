import { CommandError, type ControlPlane, startControlPlane } from "@tributary/clouds";
import { expect, vi } from "vitest";
import { stringify } from "yaml";
import { memberValues, renderChart } from "./charts.ts";

/** Job namespace of {@link startMemberApi}. */
export const jobNamespace = "tributary-jobs";

/** A real API server without nodes on which the member chart is installed. */
export interface MemberApi {
  readonly controlPlane: ControlPlane;
  /** kubectl as the hub's account, with a token as the hub holds it. */
  readonly asHub: (args: readonly string[], input?: string) => Promise<string>;
}

/** Starts a control plane and installs the member chart on it; the caller stops it. Its policies count a moment later. */
export async function startMemberApi(): Promise<MemberApi> {
  const objects = await renderChart({
    chart: "tributary-member",
    release: "member",
    namespace: "tributary-gate",
    values: memberValues,
  });
  // With the controller manager: what it writes to Jobs must pass the policies too.
  const controlPlane = await startControlPlane({ name: "member", controllerManager: true });
  try {
    await controlPlane.kubectl(["create", "namespace", "tributary-gate"]);
    const manifest = objects.map((object) => stringify(object)).join("---\n");
    await controlPlane.kubectl(["apply", "--server-side", "-f", "-"], manifest);
    const token = await controlPlane.mintToken({ namespace: jobNamespace, serviceAccount: "tributary-hub" });
    const access = [`--server=${controlPlane.url}`, `--certificate-authority=${controlPlane.authorityPath}`];
    const asHub = (args: readonly string[], input?: string) =>
      controlPlane.kubectl(["--kubeconfig=/dev/null", ...access, `--token=${token}`, ...args], input);
    return { controlPlane, asHub };
  } catch (error) {
    await controlPlane.stop();
    throw error;
  }
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
