/** API group of every kind of Tributary. */
export const apiGroup = "tributary.dev";
/** Version of the API that this code speaks. */
export const apiVersion = "v1alpha1";
/** Group and version as objects carry them. */
export const groupVersion = `${apiGroup}/${apiVersion}`;

/** Labels that Tributary puts on objects it makes. */
export const Label = {
  /** Uid of the hub's job that the object was made for. */
  JobUid: "tributary.dev/job-uid",
  /** Name of the job. */
  JobName: "tributary.dev/job-name",
  /** Namespace of the job on the hub. */
  JobNamespace: "tributary.dev/job-namespace",
  /** Participant that the object belongs to. */
  Participant: "tributary.dev/participant",
  /** Id of the hub that made an object in a member cluster. */
  Origin: "tributary.dev/origin",
  /** On a PodTemplate: name of the runtime. */
  Runtime: "tributary.dev/runtime",
  /** On a PodTemplate: name of the data set; absent when the runtime has none. */
  Dataset: "tributary.dev/dataset",
  /** On a worker's pod, from its PodTemplate: a word for all that the runtime's pods were made from when the batch Job was made. */
  RuntimeVersion: "tributary.dev/runtime-version",
  /**
   * On a worker's batch Job and its pods: hash of the task, seed, hyperparameters and data set that the job's spec asked for when the
   * batch Job was made. On the pods nobody can change it.
   */
  Terms: "tributary.dev/terms",
  /** Part that a pod plays: `worker`, `aggregator`, `operator` or `gate`. */
  Component: "tributary.dev/component",
} as const;

/** Annotations that Tributary puts on objects it makes. */
export const Annotation = {
  /** Hash of what was applied, so that an apply that changes nothing is skipped. */
  AppliedHash: "tributary.dev/applied-hash",
  /** Generation of the job that an object was rendered from. */
  JobGeneration: "tributary.dev/job-generation",
  /** On a worker's batch Job: hash of the task, seed and hyperparameters that its pods were told of. {@link Label.Terms} goes before it. */
  TrainerTerms: "tributary.dev/trainer-terms",
  /** On the anchor of a seat: uid of the last batch Job that was replaced because somebody had changed it, and what of it. */
  MendedDrift: "tributary.dev/mended-drift",
  /** On a PodTemplate: the most that a job may ask for, a worker, as `resource=count,`. */
  AcceleratorLimits: "tributary.dev/accelerator-limits",
  /** On a MemberCluster that is being deleted, with its name as value: go, and leave behind what jobs have there. */
  ForceRemoval: "tributary.dev/force-removal",
  /**
   * Set by a person on a job: names of member clusters, divided by commas, whose objects are given up. What leaves there is
   * not waited for any more.
   */
  AbandonClusters: "tributary.dev/abandon-clusters",
} as const;

/** Finalizer on a job until every member confirmed that its objects are gone, and on a MemberCluster until no job has any there. */
export const cleanupFinalizer = "tributary.dev/cleanup";

/** Field managers of server-side apply. */
export const FieldManager = {
  /** Specs and metadata that the operator owns. */
  Operator: "tributary-operator",
  /** Statuses that the operator owns. */
  OperatorStatus: "tributary-operator-status",
} as const;

/** Audience of the projected token that a sidecar shows to its gate. */
export const gateTokenAudience = "tributary";

/** URI SAN of the operator's certificate at an aggregator. */
export const operatorIdentity = "tributary://operator";
