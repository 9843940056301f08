import "@tributary/kit/stop-early";
import { runMain } from "@tributary/kit";
import { readConfiguration } from "./configuration.ts";
import { readHubAccess } from "./hub-access.ts";
import { nameReplica, runForLease } from "./leadership.ts";
import { runOperator } from "./operator.ts";

/** Within the 30 s that a pod has: 25 s to finish what runs, the rest to give the lease back. */
const stopGraceMs = 29_000;

/**
 * The operator process. Settings: TRIBUTARY_OPERATOR_CONFIG; TRIBUTARY_POD_NAME in a pod; TRIBUTARY_HUB_KUBECONFIG where it
 * runs outside the hub.
 */
runMain(
  "operator",
  async ({ log, signal, env }) => {
    const configuration = readConfiguration(env.TRIBUTARY_OPERATOR_CONFIG ?? "/etc/tributary/operator.json");
    const replica = nameReplica(env.TRIBUTARY_POD_NAME);
    const hub = await readHubAccess(env);
    const election = runForLease(hub, configuration.operatorNamespace, replica, log);
    await runOperator({ hub, configuration, election, instance: replica.identity, log }, signal);
  },
  { stopGraceMs },
);
