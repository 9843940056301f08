import { connect, createServer, type Server, type Socket } from "node:net";
import { Kinds } from "@tributary/contracts";
import { type ApiClient, createInformer, type KubeObject } from "@tributary/operator";

interface ServicePort {
  readonly port: number;
  readonly targetPort?: string | number;
  readonly nodePort?: number;
}

interface Service extends KubeObject {
  readonly spec: {
    readonly type?: string;
    readonly selector?: Record<string, string>;
    readonly ports?: readonly ServicePort[];
  };
}

/** What leads to the pods of a cluster. */
export type FindPort = (
  namespace: string,
  selector: Record<string, string>,
  port: string | number,
) => number | undefined;

interface Listening {
  readonly server: Server;
  readonly sockets: Set<Socket>;
  /** Next try to listen, while the port is another program's. */
  retry?: NodeJS.Timeout;
}

/** Listens on every node port of a cluster's Services and leads to a ready pod, as kube-proxy does; ends with the signal. */
export async function serveNodePorts(client: ApiClient, findPort: FindPort, signal: AbortSignal): Promise<void> {
  const listening = new Map<number, Listening>();
  const services = createInformer<Service>({
    client,
    resource: Kinds.Service,
    onError: (error) => {
      throw error;
    },
  });
  const follow = () => {
    const wanted = new Map(services.objects.list().flatMap((service) => nodePortsOf(service)));
    for (const [port, entry] of listening) {
      if (wanted.has(port)) continue;
      listening.delete(port);
      close(entry);
    }
    for (const [nodePort, { service, port }] of wanted) {
      if (listening.has(nodePort)) continue;
      const target = () =>
        findPort(service.metadata.namespace ?? "", service.spec.selector ?? {}, port.targetPort ?? port.port);
      listening.set(nodePort, listen(nodePort, target));
    }
  };
  services.listen(follow);
  void services.run(signal);
  await services.whenSynced(signal);
  signal.addEventListener("abort", () => listening.forEach(close), { once: true });
}

function nodePortsOf(service: Service): [number, { service: Service; port: ServicePort }][] {
  if (service.spec.type !== "NodePort") return [];
  return (service.spec.ports ?? []).flatMap((port) =>
    port.nodePort === undefined ? [] : [[port.nodePort, { service, port }] as const],
  ) as never;
}

function listen(nodePort: number, target: () => number | undefined): Listening {
  const sockets = new Set<Socket>();
  const server = createServer((near) => {
    const port = target();
    if (port === undefined) {
      near.resetAndDestroy();
      return;
    }
    const far = connect(port, "127.0.0.1");
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.on("error", () => {});
      socket.on("close", () => {
        sockets.delete(socket);
        near.destroy();
        far.destroy();
      });
    }
    near.pipe(far);
    far.pipe(near);
  });
  const entry: Listening = { server, sockets };
  let isTold = false;
  // Another program's port may be free again soon; until then whoever calls it reaches that program, and a reader of the test must know.
  server.on("error", (error) => {
    if (!isTold) process.stderr.write(`simulated kubelet: no one answers at node port ${nodePort}: ${error.message}\n`);
    isTold = true;
    entry.retry = setTimeout(() => server.listen(nodePort, "127.0.0.1"), 500);
    entry.retry.unref();
  });
  server.listen(nodePort, "127.0.0.1");
  return entry;
}

function close({ server, sockets, retry }: Listening): void {
  clearTimeout(retry);
  server.close();
  for (const socket of sockets) socket.destroy();
}
