import type { ApiEndpoint } from "@tributary/operator";
import { stringify } from "yaml";
import type { JoinRequest } from "./join-request.ts";

/** A kubeconfig that holds a token of the hub's account and nothing else of the member's admin. */
export function renderKubeconfig(
  request: Pick<JoinRequest, "name" | "serviceAccount" | "apiServer">,
  endpoint: ApiEndpoint,
  token: string,
): string {
  const { name, serviceAccount } = request;
  return stringify({
    apiVersion: "v1",
    kind: "Config",
    "current-context": name,
    clusters: [
      {
        name,
        cluster: {
          server: request.apiServer ?? endpoint.url,
          "certificate-authority-data": Buffer.from(endpoint.ca ?? "").toString("base64"),
        },
      },
    ],
    users: [{ name: serviceAccount.name, user: { token } }],
    contexts: [{ name, context: { cluster: name, user: serviceAccount.name, namespace: serviceAccount.namespace } }],
  });
}
