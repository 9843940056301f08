import { readdir, symlink } from "node:fs/promises";
import { join } from "node:path";
import { runCommand } from "../command.ts";
import { cacheDirectory } from "../paths.ts";
import type { Progress } from "../progress.ts";
import { cachedFolder } from "./cached.ts";
import { contentHash } from "./content-hash.ts";

/** The programs in the Kubernetes binary, each under its own name as a link. */
export const kubernetesPrograms = [
  "etcd",
  "fake-gpu-device-plugin",
  "kube-apiserver",
  "kube-controller-manager",
  "kube-proxy",
  "kube-scheduler",
  "kubectl",
  "kubelet",
  "local-volume-provisioner",
] as const;

const kubernetesVersion = "v1.34.4";
const buildTimeoutMs = 60 * 60 * 1000;
/** The one before stays for programs that run it now. */
const keptBuilds = 2;
const packageFolder = new URL("../../", import.meta.url).pathname;

interface GoBuild {
  readonly name: string;
  /** Folder of the Go module, relative to this package. */
  readonly module: string;
  readonly outputs: readonly { readonly file: string; readonly goPackage: string }[];
  readonly links: Readonly<Record<string, string>>;
  readonly linkerFlags: string;
  readonly expectedMinutes: string;
}

const kubernetesBuild: GoBuild = {
  name: "kubernetes",
  module: "kubernetes",
  outputs: [
    { file: "tributary-kubernetes", goPackage: "." },
    { file: "pause", goPackage: "./pause" },
  ],
  links: Object.fromEntries(kubernetesPrograms.map((program) => [program, "tributary-kubernetes"])),
  linkerFlags: `-s -w ${versionFlags("k8s.io/component-base/version")} ${versionFlags("k8s.io/client-go/pkg/version")}`,
  expectedMinutes: "7 to 10",
};

const helmBuild: GoBuild = {
  name: "helm",
  module: "helm",
  outputs: [{ file: "helm", goPackage: "helm.sh/helm/v4/cmd/helm" }],
  links: {},
  linkerFlags: "-s -w",
  expectedMinutes: "3 to 5",
};

const corednsBuild: GoBuild = {
  name: "coredns",
  module: "coredns",
  outputs: [{ file: "coredns", goPackage: "." }],
  links: {},
  linkerFlags: "-s -w",
  expectedMinutes: "1 to 2",
};

const networkPoliciesBuild: GoBuild = {
  name: "kube-network-policies",
  module: "kube-network-policies",
  outputs: [{ file: "kube-network-policies", goPackage: "." }],
  links: {},
  linkerFlags: "-s -w",
  expectedMinutes: "1 to 2",
};

/** Builds Kubernetes and etcd from their Go modules once, and returns the folder with one link for each of `kubernetesPrograms` and `pause`. */
export function buildKubernetes(progress: Progress): Promise<string> {
  return buildGo(kubernetesBuild, progress);
}

/** Builds Helm from its Go module once, and returns the folder that holds `helm`. */
export function buildHelm(progress: Progress): Promise<string> {
  return buildGo(helmBuild, progress);
}

/** Builds CoreDNS from its Go module once, and returns the folder that holds `coredns`. */
export function buildCoredns(progress: Progress): Promise<string> {
  return buildGo(corednsBuild, progress);
}

/** Builds kube-network-policies from its Go module once, and returns the folder that holds `kube-network-policies`. */
export function buildNetworkPolicies(progress: Progress): Promise<string> {
  return buildGo(networkPoliciesBuild, progress);
}

async function buildGo(build: GoBuild, progress: Progress): Promise<string> {
  const module = join(packageFolder, build.module);
  const sources = await goSources(module);
  const hash = await contentHash(module, sources, [process.arch, JSON.stringify(build)]);
  const root = cacheDirectory();
  const entry = { root, name: build.name, hash, timeoutMs: buildTimeoutMs, progress, keep: keptBuilds };
  return cachedFolder(entry, async (folder) => {
    progress(`building ${build.name} from its Go module: ${build.expectedMinutes} minutes on two cores, once`);
    for (const output of build.outputs) {
      // What the linker strips need not be compiled.
      const compiling = ["-trimpath", "-buildvcs=false", "-gcflags=all=-dwarf=false"];
      const flags = [...compiling, "-ldflags", build.linkerFlags, "-o", join(folder, output.file)];
      await runCommand("go", ["build", ...flags, output.goPackage], {
        cwd: module,
        // Static binaries: they also run inside images that hold nothing else.
        env: { CGO_ENABLED: "0" },
        timeoutMs: buildTimeoutMs,
      });
    }
    for (const [link, target] of Object.entries(build.links)) await symlink(target, join(folder, link));
    progress(`built ${build.name}`);
  });
}

async function goSources(module: string): Promise<string[]> {
  const entries = await readdir(module, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile() && /\.go$|^go\.(mod|sum)$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name));
}

/** A module built as a dependency carries no version of its own, and kubelet and API server compare theirs. */
function versionFlags(goPackage: string): string {
  const [major, minor] = kubernetesVersion.slice(1).split(".");
  return [`gitVersion=${kubernetesVersion}`, `gitMajor=${major}`, `gitMinor=${minor}`]
    .map((value) => `-X ${goPackage}.${value}`)
    .join(" ");
}
