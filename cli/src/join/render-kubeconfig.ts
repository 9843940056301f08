import { type ApiEndpoint, printKubeconfig } from "@tributary/operator";
import type { HubRoute, JoinRequest } from "./join-request.ts";

/** The hub's way to the member: the admin's, with what the request says otherwise. */
export function hubEndpoint(endpoint: ApiEndpoint, { apiServer, serverName, proxyUrl }: HubRoute): ApiEndpoint {
  const { proxyUrl: adminProxy, ...direct } = endpoint;
  const proxy = proxyUrl ?? adminProxy ?? "none";
  return {
    ...direct,
    ...(apiServer === undefined ? {} : { url: apiServer }),
    ...(serverName === undefined ? {} : { serverName }),
    ...(proxy === "none" ? {} : { proxyUrl: proxy }),
  };
}

/** What of the hub's way is not the admin's, and was hence not gone from here. A proxy may hold a password, so it is not shown. */
export function untriedParts(admin: ApiEndpoint, hub: ApiEndpoint): string[] {
  return [
    ...(hub.url === admin.url ? [] : [hub.url]),
    ...(hub.serverName === admin.serverName ? [] : [`server name ${hub.serverName}`]),
    ...(hub.proxyUrl === admin.proxyUrl ? [] : [hub.proxyUrl === undefined ? "no proxy" : "the proxy"]),
  ];
}

/** A kubeconfig that holds the way to the member, a token of the hub's account, and nothing else of the member's admin. */
export function renderKubeconfig(
  { name, serviceAccount }: Pick<JoinRequest, "name" | "serviceAccount">,
  { url, ca, serverName, proxyUrl }: ApiEndpoint,
  token: string,
): string {
  const cluster = {
    server: url,
    ...(ca === undefined ? {} : { "certificate-authority-data": Buffer.from(ca).toString("base64") }),
    ...(serverName === undefined ? {} : { "tls-server-name": serverName }),
    ...(proxyUrl === undefined ? {} : { "proxy-url": proxyUrl }),
  };
  const kubeconfig = {
    apiVersion: "v1",
    kind: "Config",
    "current-context": name,
    clusters: [{ name, cluster }],
    users: [{ name: serviceAccount.name, user: { token } }],
    contexts: [{ name, context: { cluster: name, user: serviceAccount.name, namespace: serviceAccount.namespace } }],
  };
  return printKubeconfig(kubeconfig);
}
