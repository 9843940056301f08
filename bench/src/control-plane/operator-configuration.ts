import type { OperatorConfiguration } from "@tributary/operator";

/** Settings of the operators that are measured. */
export const operatorConfiguration: OperatorConfiguration = {
  version: 1,
  hubId: "bench",
  operatorNamespace: "default",
  advertisedAddress: "127.0.0.1",
  reachByNodePort: true,
  aggregator: { image: "dataplane:1", imagePullPolicy: "IfNotPresent", dataVolumeSize: "1Gi", memoryLimit: "512Mi" },
  ports: { health: 0, metrics: 0 },
};
