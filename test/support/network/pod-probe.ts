import { kubectl } from "@tributary/clouds";

/** A pod from which connections are tried: its namespace and its name as kubectl takes it. */
export interface ProbingPod {
  readonly cluster: string;
  readonly namespace: string;
  readonly pod: string;
}

/** How each attempt ended, by the name of its target: `open`, `refused`, or `silent` where no answer came. */
export type Reached = Readonly<Record<string, string>>;

/** Long enough on a busy machine for a second packet after a lost one. */
const TRY_FOR_MS = 3_000;

/** Tries TCP connections to `host:port` from within a pod, all at once. */
export async function tryFromPod(from: ProbingPod, targets: Readonly<Record<string, string>>): Promise<Reached> {
  const text = await inPod(from, tcpScript(targets));
  return JSON.parse(text) as Reached;
}

/** Whether a DNS server answers a pod's question over UDP. */
export async function asksByUdp(from: ProbingPod, nameserver: string): Promise<boolean> {
  const answer = await inPod(
    from,
    `const resolver = new (require("dns").promises.Resolver)({ timeout: 1000, tries: 2 });
     resolver.setServers([${JSON.stringify(nameserver)}]);
     resolver.resolve4("kubernetes.default.svc.cluster.local").then(() => console.log("yes"), () => console.log("no"));`,
  );
  return answer.trim() === "yes";
}

/** The script that tries TCP connections and prints how each ended. */
export function tcpScript(targets: Readonly<Record<string, string>>): string {
  return `const tryOne = (target) => new Promise((resolve) => {
      const [host, port] = target.split(":");
      const socket = require("net").connect({ host, port: Number(port) });
      const end = (how) => { socket.destroy(); resolve(how); };
      setTimeout(end, ${TRY_FOR_MS}, "silent");
      socket.on("connect", () => end("open"));
      socket.on("error", ({ code }) => end(code === "ECONNREFUSED" ? "refused" : "silent"));
    });
    const targets = ${JSON.stringify(targets)};
    Promise.all(Object.entries(targets).map(async ([name, target]) => [name, await tryOne(target)]))
      .then((all) => { console.log(JSON.stringify(Object.fromEntries(all))); process.exit(); });`;
}

function inPod({ cluster, namespace, pod }: ProbingPod, script: string): Promise<string> {
  return kubectl(cluster, ["exec", "-n", namespace, pod, "--", "node", "-e", script]);
}
