import { once } from "node:events";
import { createServer, type Server } from "node:https";
import { connect } from "node:net";
import { json } from "node:stream/consumers";
import { createAuthority, issueCertificate, kubectl, type RunningCluster } from "@tributary/clouds";
import { eventually } from "../eventually.ts";

/** Which pods get the environment. */
export interface InjectedPods {
  readonly namespace: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** A webhook of a local cloud that gives new pods an environment their owner knows nothing of. */
export interface EnvironmentInjector {
  /** What the first container of pods that are made from now on gets besides its own. */
  set(environment: Readonly<Record<string, string>>): void;
  /** Removes the webhook. */
  stop(): Promise<void>;
}

const configuration = "tributary-test-environment";

/** Adds a webhook to a cluster that adds to the environment of pods; returns once it is asked. */
export async function injectEnvironment(cluster: RunningCluster, pods: InjectedPods): Promise<EnvironmentInjector> {
  let environment: Readonly<Record<string, string>> = { TRIBUTARY_TEST_INJECTED: "yes" };
  const address = await addressSeenBy(cluster);
  const authority = await createAuthority("test webhooks");
  const { keyPem, certificatePem } = await issueCertificate(authority, {
    commonName: "environment",
    ipAddresses: [address],
  });
  const server = createServer({ key: keyPem, cert: certificatePem }, async (request, response) => {
    const { request: review } = (await json(request)) as { request: { uid: string } };
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify(answerTo(review.uid, environment)));
  });
  server.listen(0, address);
  await once(server, "listening");
  const url = `https://${address}:${portOf(server)}/`;
  const caBundle = Buffer.from(authority.certificatePem).toString("base64");
  const webhook = renderWebhook(pods, { url, caBundle });
  await kubectl(cluster.name, ["apply", "-f", "-"], { input: JSON.stringify(webhook) });
  await eventually("the webhook is asked", async () =>
    (await dryRun(cluster.name, pods)).includes("TRIBUTARY_TEST_INJECTED") ? true : undefined,
  );
  return {
    set(wanted) {
      environment = wanted;
    },
    async stop() {
      await kubectl(cluster.name, ["delete", "mutatingwebhookconfiguration", configuration, "--ignore-not-found"]);
      server.close();
      server.closeAllConnections();
    },
  };
}

/** The address of this machine at which a local cloud reaches it: where its own API server sees us come from. */
async function addressSeenBy({ url }: RunningCluster): Promise<string> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  await once(socket, "connect");
  const { localAddress } = socket;
  socket.destroy();
  return localAddress as string;
}

function portOf(server: Server): number {
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the webhook's server does not listen");
  return address.port;
}

function answerTo(uid: string, environment: Readonly<Record<string, string>>): object {
  const patch = Object.entries(environment).map(([name, value]) => ({
    op: "add",
    path: "/spec/containers/0/env/-",
    value: { name, value },
  }));
  const encoded = Buffer.from(JSON.stringify(patch)).toString("base64");
  return {
    apiVersion: "admission.k8s.io/v1",
    kind: "AdmissionReview",
    response: { uid, allowed: true, patchType: "JSONPatch", patch: encoded },
  };
}

function renderWebhook({ namespace, labels }: InjectedPods, clientConfig: { url: string; caBundle: string }): object {
  return {
    apiVersion: "admissionregistration.k8s.io/v1",
    kind: "MutatingWebhookConfiguration",
    metadata: { name: configuration },
    webhooks: [
      {
        name: "environment.test.tributary.dev",
        admissionReviewVersions: ["v1"],
        sideEffects: "None",
        // A pod without the environment would never do what the test waits for; its controller tries again instead.
        failurePolicy: "Fail",
        clientConfig,
        namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": namespace } },
        objectSelector: { matchLabels: labels },
        rules: [{ apiGroups: [""], apiVersions: ["v1"], operations: ["CREATE"], resources: ["pods"] }],
      },
    ],
  };
}

function dryRun(cluster: string, { namespace, labels }: InjectedPods): Promise<string> {
  const pod = {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "webhook-probe", namespace, labels },
    spec: { containers: [{ name: "probe", image: "a/b:1", env: [{ name: "A", value: "b" }] }] },
  };
  return kubectl(cluster, ["create", "--dry-run=server", "-o", "json", "-f", "-"], { input: JSON.stringify(pod) });
}
