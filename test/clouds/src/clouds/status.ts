import { existsSync } from "node:fs";
import { type Cloud, type CloudLayout, layoutOf, localClouds } from "./cloud.ts";
import { accessOf, type NodeView, readNodes } from "./cluster-api.ts";
import { type CloudComponentName, componentNamesOf } from "./components.ts";
import { observeComponent } from "./detached-component.ts";

/** How one program of a cloud is. */
export interface ComponentStatus {
  readonly name: CloudComponentName;
  readonly state: "running" | "stopped" | "not running";
  /** `undefined` unless it runs or is stopped. */
  readonly pid: number | undefined;
}

/** How one local cloud is. */
export interface CloudStatus {
  readonly cloud: Cloud;
  /** Whether anything of it is on this machine. */
  readonly exists: boolean;
  readonly components: readonly ComponentStatus[];
  /** Its nodes; empty when its API server does not answer. */
  readonly nodes: readonly NodeView[];
}

/** Looks at all local clouds, and at the extra ones that are there; changes nothing. Asks for kubectl only when there is a cloud. */
export async function localCloudsStatus(kubectlPath: () => Promise<string>): Promise<CloudStatus[]> {
  const clouds = await Promise.all(localClouds.map((cloud) => cloudStatus(layoutOf(cloud), kubectlPath)));
  return clouds.filter(({ cloud, exists }) => exists || !cloud.isExtra);
}

async function cloudStatus(layout: CloudLayout, kubectlPath: () => Promise<string>): Promise<CloudStatus> {
  const exists = existsSync(layout.directory);
  const components = await Promise.all(componentNamesOf(layout).map((name) => componentStatus(layout, name)));
  const nodes = exists ? await readNodes(accessOf(layout, await kubectlPath())).catch(() => []) : [];
  return { cloud: layout.cloud, exists, components, nodes };
}

async function componentStatus(layout: CloudLayout, name: CloudComponentName): Promise<ComponentStatus> {
  const { alive, stopped, identity } = await observeComponent(layout, name);
  if (!alive) return { name, state: "not running", pid: undefined };
  return { name, state: stopped ? "stopped" : "running", pid: identity?.pid };
}
