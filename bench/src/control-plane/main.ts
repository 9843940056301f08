import { parseArgs } from "node:util";
import { type ControlPlane, startControlPlane } from "@tributary/clouds";
import { judge } from "../shared/bench-line.ts";
import { provenanceOf } from "../shared/provenance.ts";
import type { BenchCase, BenchContext } from "./bench-case.ts";
import { execPlugin, handshakes } from "./calls.ts";
import { handOver } from "./hand-over.ts";
import { largeJob } from "./large-job.ts";
import { largeMember } from "./large-member.ts";
import { memberReady, rotations } from "./members.ts";
import { podCache } from "./pod-cache.ts";
import { reconciles } from "./reconciles.ts";
import { idleReconnects, missedEvents } from "./watches.ts";

const cases: Readonly<Record<string, BenchCase>> = {
  handshakes,
  "exec-plugin": execPlugin,
  "member-ready": memberReady,
  rotations,
  "large-member": largeMember,
  "large-job": largeJob,
  reconciles,
  "missed-events": missedEvents,
  "hand-over": handOver,
  "pod-cache": podCache,
  "idle-reconnects": idleReconnects,
};

const usage = `node bench/src/control-plane/main.ts [--case NAME]... [--runs 5] [--pods 50000] [--objects 10000]
  [--idle-seconds 300] [--cut-seconds 60] [--rotations 1000] [--nodes 5000]
  [--participants 100] [--workers 256]
Cases: ${Object.keys(cases).join(", ")}; all of them when none is named. Each prints JSON lines.`;

const { values } = parseArgs({
  options: {
    case: { type: "string", multiple: true },
    runs: { type: "string", default: "5" },
    pods: { type: "string", default: "50000" },
    objects: { type: "string", default: "10000" },
    "idle-seconds": { type: "string", default: "300" },
    "cut-seconds": { type: "string", default: "60" },
    rotations: { type: "string", default: "1000" },
    nodes: { type: "string", default: "5000" },
    participants: { type: "string", default: "100" },
    workers: { type: "string", default: "256" },
    help: { type: "boolean", default: false },
  },
});

const provenance = provenanceOf("control-plane");

async function run(name: string): Promise<void> {
  const measure = cases[name];
  if (measure === undefined) throw new Error(`no case "${name}"\n${usage}`);
  const clusters: ControlPlane[] = [];
  const context: BenchContext = {
    async startCluster(clusterName, options) {
      const cluster = await startControlPlane({ ...options, name: clusterName });
      clusters.push(cluster);
      return cluster;
    },
    runs: Number(values.runs),
    pods: Number(values.pods),
    objects: Number(values.objects),
    idleSeconds: Number(values["idle-seconds"]),
    cutSeconds: Number(values["cut-seconds"]),
    rotations: Number(values.rotations),
    nodes: Number(values.nodes),
    participants: Number(values.participants),
    workers: Number(values.workers),
  };
  try {
    for (const result of await measure(context)) process.stdout.write(`${JSON.stringify(judge(result, provenance))}\n`);
  } finally {
    await Promise.all(clusters.map((cluster) => cluster.stop()));
  }
}

if (values.help) process.stdout.write(`${usage}\n`);
else for (const name of values.case ?? Object.keys(cases)) await run(name);
process.exit(0);
