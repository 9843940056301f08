/** A manifest as plain data. */
export type Manifest = Record<string, unknown>;

/** Changes at dotted paths; undefined removes the field. List items are addressed by their index. */
export type Changes = Readonly<Record<string, unknown>>;

/** A good FederatedTrainingJob over two clouds, with changes. */
export function aJob(changes: Changes = {}): Manifest {
  return withChanges(
    {
      apiVersion: "tributary.dev/v1alpha1",
      kind: "FederatedTrainingJob",
      metadata: { name: "clinic-notes", namespace: "default" },
      spec: {
        model: {
          source: { persistentVolumeClaim: { claimName: "models", path: "smollm2-135m.gguf" } },
          adapter: { type: "LoRA", rank: 8, targets: ["q_proj", "v_proj"] },
        },
        trainer: {
          runtime: "tfjs",
          task: "language-modeling",
          hyperparameters: { learningRate: "1e-3", batchSize: 4 },
        },
        participants: [
          { name: "aws", cluster: "aws-us-east-1", workers: 2, dataset: "notes-aws" },
          { name: "gcp", cluster: "gcp-europe-west4", workers: 2, dataset: "notes-gcp" },
        ],
        strategy: { name: "FedAvg" },
        schedule: { synchronous: { maxRounds: 10, localSteps: 4, quorum: 3, deadline: "10m" } },
        convergence: { metric: "validation_loss", target: "1.80", patience: 5, minDelta: "0.005" },
        privacy: { secureAggregation: { protocol: "None" } },
        output: { persistentVolumeClaim: "models" },
      },
    },
    changes,
  );
}

/** A manifest with changes at dotted paths. */
export function withChanges(manifest: Manifest, changes: Changes): Manifest {
  const copy = structuredClone(manifest);
  for (const [path, value] of Object.entries(changes)) setAt(copy, path.split("."), value);
  return copy;
}

function setAt(root: Manifest, path: readonly string[], value: unknown): void {
  const last = path.at(-1) as string;
  const parent = path.slice(0, -1).reduce<Manifest>((node, part) => node[part] as Manifest, root);
  if (value === undefined) delete parent[last];
  else parent[last] = structuredClone(value);
}
