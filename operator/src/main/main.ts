import { readFileSync } from "node:fs";
import { runMain } from "@tributary/kit";
import { connectCluster } from "../runtime/api/connect-cluster.ts";
import { readInClusterAccess } from "../runtime/api/in-cluster.ts";
import { readConfiguration } from "./configuration.ts";
import { runOperator } from "./operator.ts";

/** The operator process. Settings: TRIBUTARY_OPERATOR_CONFIG; TRIBUTARY_HUB_KUBECONFIG where it runs outside the hub. */
runMain("operator", async ({ log, signal, env }) => {
  const configuration = readConfiguration(env.TRIBUTARY_OPERATOR_CONFIG ?? "/etc/tributary/operator.json");
  const kubeconfigPath = env.TRIBUTARY_HUB_KUBECONFIG;
  const access = kubeconfigPath === undefined ? await readInClusterAccess(env) : readFileSync(kubeconfigPath, "utf8");
  const hub = connectCluster(access, { cluster: "hub" });
  try {
    await runOperator(hub, configuration, log, signal);
  } finally {
    await hub.close();
  }
});
