/** Generated from crds/ by scripts/generate.ts. Do not edit. */

import type { ObjectMeta } from "../../api/object-meta.ts";

/**
 * One federated training run over several member clusters.
 */
export interface FederatedTrainingJob {
/**
 * Version of the API.
 */
apiVersion?: string
/**
 * Kind of the object.
 */
kind?: string
/**
 * Metadata of the object.
 */
metadata: ObjectMeta
/**
 * What to train, where, and until when. May change at any time: suspend, ttlSecondsAfterFinished, roundHistoryLimit. May change while suspend is true: participants, trainer, strategy, schedule, convergence, communication, failurePolicy. Never changes: model, privacy, output, paradigm.
 */
spec: {
/**
 * How the data is divided. Horizontal means that participants hold different samples of the same kind.
 */
paradigm: "Horizontal"
/**
 * What is trained; required by paradigm Horizontal.
 */
model?: {
/**
 * Where the model comes from. Read once, by the aggregator, which pins its digest in status.
 */
source: {
/**
 * A file on a claim in the job's namespace on the hub.
 */
persistentVolumeClaim: {
/**
 * Name of the claim.
 */
claimName: string
/**
 * Path of the file on the claim; `.safetensors` for a whole model, `.gguf` for the base of an adapter.
 */
path: string
}
}
/**
 * The small part that is trained on top of a frozen model; absent means that the whole model is trained.
 */
adapter?: {
/**
 * Kind of adapter.
 */
type: "LoRA"
/**
 * Rank of the adapter's matrices.
 */
rank: number
/**
 * Scale numerator; the adapter is scaled by alpha / rank. Twice the rank when left out.
 */
alpha?: number
/**
 * Projections that carry the adapter.
 * 
 * @minItems 1
 * @maxItems 16
 */
targets: ("q_proj" | "k_proj" | "v_proj")[]
/**
 * How adapters are averaged. FreezeA fixes A by the job's seed and averages B, which is exact.
 */
rule: "FreezeA"
}
}
/**
 * The program that trains, by names that each member cluster resolves.
 */
trainer: {
/**
 * Name of the runtime of every participant that names no other; the member cluster's admin wrote a PodTemplate for it.
 */
runtime: string
/**
 * What the trainer does. noop adds a constant a local step and exists to prove that no round is lost or doubled.
 */
task: ("language-modeling" | "noop")
/**
 * Settings of the task, by name; decimals as strings, whole numbers also as integers. noop: increment, simulateStepMs, simulateNaNAtRound. language-modeling: learningRate, beta1, beta2, epsilon, weightDecay, clipNorm, batchSize, sequenceLength, validationPassages. docs/guides/trainers.md says what each means.
 */
hyperparameters?: {
[k: string]: number | string
}
/**
 * Seed of every random choice of the run.
 */
seed: number
}
/**
 * The seats of the job, each a number of workers in one member cluster on one data set.
 * 
 * @minItems 1
 * @maxItems 100
 */
participants: {
/**
 * Name of the participant, unique in the job.
 */
name: string
/**
 * Name of the MemberCluster.
 */
cluster: string
/**
 * What the participant does.
 */
role: "Trainer"
/**
 * Number of worker pods.
 */
workers: number
/**
 * Name of the runtime of this participant's workers, in place of trainer.runtime.
 */
runtime?: string
/**
 * Settings of the task for this participant's workers: those named here are in place of the ones of trainer.hyperparameters, all others stay. Names and bounds are those of trainer.hyperparameters.
 */
hyperparameters?: {
[k: string]: number | string
}
/**
 * Name of a data set that the member cluster's admin offers to this runtime; may be left out when the runtime has one template without a data set.
 */
dataset?: string
/**
 * Accelerators of one worker; none when left out.
 */
accelerator?: {
/**
 * Extended resource, for example nvidia.com/gpu, as a device plugin of the member offers it.
 */
resource: string
/**
 * Accelerators a worker.
 */
count: number
}
}[]
/**
 * How reports become the next model.
 */
strategy: {
/**
 * Name of the strategy. One that is changed while the job is suspended starts from its initial state.
 */
name: ("FedAvg" | "FedAvgM" | "FedAdagrad" | "FedAdam" | "FedYogi" | "DiLoCo")
/**
 * Settings of the strategy by name, as decimal strings. All take serverLearningRate, above 0 and at most 1000. FedAvgM and DiLoCo take momentum, FedAdagrad beta1 and tau, FedAdam and FedYogi beta1, beta2 and tau; momentum, beta1 and beta2 lie from 0 to below 1, tau from 1e-18 to 1.
 */
parameters?: {
[k: string]: string
}
}
/**
 * When rounds run, exactly one of the schedules below.
 */
schedule: {
/**
 * All workers work on the same round.
 */
synchronous?: {
/**
 * Most rounds of the job.
 */
maxRounds: number
/**
 * Optimiser steps of each worker a round.
 */
localSteps: number
/**
 * Fewest reports with which a round is committed.
 */
quorum: number
/**
 * Longest time of one round, as a Go duration such as 90s, 1m30s or 1.5h, from 1s to 24h; counted in whole milliseconds, what is below one is dropped.
 */
deadline: string
}
}
/**
 * When to stop before maxRounds; never when left out.
 */
convergence?: {
/**
 * Metric that is watched.
 */
metric: "validation_loss"
/**
 * Whether smaller or larger is better.
 */
mode: ("Min" | "Max")
/**
 * Value at which the job has converged, as a decimal.
 */
target?: string
/**
 * Rounds without improvement after which the job has converged.
 */
patience?: number
/**
 * Least change that counts as improvement, as a decimal of 0 or more.
 */
minDelta: string
}
/**
 * What is promised about single updates.
 */
privacy: {
/**
 * How reports are summed.
 */
secureAggregation: {
/**
 * Protocol of the sum; Masking when left out. Masking shows the hub sums alone, and needs 3 workers of 2 organisations. None sends reports without masks; a hub admin can read each update, and members take part only where their policy names None.
 */
protocol: ("Masking" | "None")
/**
 * Fewest organisations whose workers are in a sum that is opened; 2 when left out. 2 keeps single updates from the hub, 3 also keeps participants from reading each other's out of the sum. With protocol Masking alone.
 */
minOrganisations?: number
/**
 * Fewest workers that can open a sum, more than two thirds of them; as few as that when left out, as it must be with more than 64 workers. With protocol Masking alone.
 */
threshold?: number
}
}
/**
 * How reports are encoded.
 */
communication: {
/**
 * Quantiser step of round 0, a power of two from 2^-96 to 2^96; later rounds take theirs from the last mean, so that a change after round 0 has no effect.
 */
initialStep: string
}
/**
 * What happens when workers fail.
 */
failurePolicy: {
/**
 * Times that a worker's pod is made again after it failed.
 */
workerRestartLimit: number
}
/**
 * Where models are kept. Never deleted by Tributary.
 */
output: {
/**
 * Name of a claim in the job's namespace on the hub; models are written below <job name>/, `last` and `best`.
 */
persistentVolumeClaim: string
}
/**
 * True stops opening rounds and removes the workers; the aggregator keeps what is committed.
 */
suspend: boolean
/**
 * Seconds after the end at which the job is deleted; never when left out.
 */
ttlSecondsAfterFinished?: number
/**
 * TrainingRounds that are kept.
 */
roundHistoryLimit: number
}
/**
 * What happened. Written by the operator alone; a cache until the job is terminal.
 */
status?: {
/**
 * Generation of the spec that this status speaks of.
 */
observedGeneration?: number
/**
 * Printed state; derived from the conditions and never read by a decision.
 */
phase?: string
/**
 * Reason of the condition that explains the phase.
 */
reason?: string
/**
 * When the job was accepted.
 */
startTime?: string
/**
 * When the job became terminal.
 */
completionTime?: string
/**
 * Position of the run.
 */
round?: {
/**
 * Round in work.
 */
current?: number
/**
 * Committed rounds.
 */
committed?: number
/**
 * Rounds that were closed empty.
 */
failed?: number
/**
 * Stage of the round in work.
 */
stage?: string
/**
 * What the paradigm calls the round in work, or the next one of the open window: Train, or Evaluate when it trains nothing. Absent while no window is open.
 */
phase?: string
/**
 * Committed rounds of the most rounds allowed.
 */
summary?: string
}
/**
 * Newest metrics.
 * 
 * @maxItems 32
 */
metrics?: {
/**
 * Name of the metric.
 */
name: string
/**
 * Value as a decimal.
 */
value: string
/**
 * Round whose starting model it describes.
 */
round: number
}[]
/**
 * What the convergence rule says.
 */
convergence?: {
/**
 * Metric that is watched.
 */
metric?: string
/**
 * Newest value as a decimal.
 */
last?: string
/**
 * Best value as a decimal.
 */
best?: string
/**
 * Round that started from the best model.
 */
bestRound?: number
/**
 * Value of the model that the job started from.
 */
initial?: string
/**
 * Rounds since the best value.
 */
roundsWithoutImprovement?: number
}
/**
 * Participants ready of participants asked for.
 */
clustersSummary?: string
/**
 * One entry a participant.
 * 
 * @maxItems 100
 */
clusters?: {
/**
 * Name of the participant.
 */
participant: string
/**
 * Name of the member cluster.
 */
cluster: string
/**
 * Pending, Placing, Ready, Training, Lost, Failed or Succeeded.
 */
state: string
/**
 * When the member cluster was last heard before this entry last changed.
 */
observedTime?: string
/**
 * Workers that have joined the aggregator.
 */
ready?: number
/**
 * Worker pods that run.
 */
active?: number
/**
 * Worker pods that failed.
 */
failed?: number
/**
 * Why the participant is not ready.
 */
reason?: string
/**
 * One sentence with the object and the remedy.
 */
message?: string
}[]
/**
 * Where in member clusters objects of the job may lie. State, not cache; written before anything is made there, and an entry goes only when the member confirmed that nothing of the job and participant is left in the namespace.
 * 
 * @maxItems 400
 */
placements?: {
/**
 * Name of the participant.
 */
participant: string
/**
 * Name of the member cluster.
 */
cluster: string
/**
 * Namespace in the member cluster.
 */
namespace: string
/**
 * Name of the batch Job and of its ConfigMap.
 */
name: string
/**
 * Uid of this job, by which its objects are labelled.
 */
jobUid: string
/**
 * Uid of namespace kube-system of the cluster in which the place is, absent while the member does not say it. Another cluster under the same name confirms nothing.
 */
clusterUid?: string
/**
 * Wanted is made and kept there. Leaving is removed; it is not wanted again before it is gone.
 */
state: ("Wanted" | "Leaving")
}[]
/**
 * Member clusters that are still to be searched for objects of the job, because its placements were lost. State, as placements are.
 * 
 * @maxItems 1000
 */
unsearchedClusters?: string[]
/**
 * What leaves workers in any round of the job, as its paradigm says; told when the spec is accepted, before anything runs. Absent before that; of an edited spec that is not accepted it tells nothing.
 * 
 * @maxItems 32
 */
disclosures?: {
/**
 * What leaves; a section of the report.
 */
set: string
/**
 * Role of the participants whose workers it leaves.
 */
role: string
/**
 * How it leaves. SumOnly means that it is added to the other workers' and the sum is opened.
 */
disclosure: string
/**
 * One sentence for whoever decides about the member.
 */
meaning: string
}[]
/**
 * Bytes on the tensor wire since the start.
 */
bytes?: {
/**
 * Bytes of reports.
 */
up?: number
/**
 * Bytes of models.
 */
down?: number
}
/**
 * The best committed model.
 */
checkpoint?: {
/**
 * Where it lies: pvc://claim/path.
 */
uri?: string
/**
 * Rounds that had been committed into it.
 */
round?: number
/**
 * SHA-256 of the file in hexadecimal.
 */
sha256?: string
}
/**
 * The model source as it was read.
 */
model?: {
/**
 * SHA-256 of the file in hexadecimal.
 */
sha256?: string
}
/**
 * The state of the job; the API for tools.
 * 
 * @maxItems 16
 */
conditions?: {
/**
 * Name of the condition.
 */
type: string
/**
 * Whether it holds.
 */
status: ("True" | "False" | "Unknown")
/**
 * Stable word for the cause.
 */
reason: string
/**
 * One sentence with the object and the remedy.
 */
message: string
/**
 * Generation that the condition speaks of.
 */
observedGeneration?: number
/**
 * When the status last changed.
 */
lastTransitionTime: string
}[]
}
}

/**
 * A cluster that the hub may place workers into.
 */
export interface MemberCluster {
/**
 * Version of the API.
 */
apiVersion?: string
/**
 * Kind of the object.
 */
kind?: string
/**
 * Metadata of the object.
 */
metadata: ObjectMeta
/**
 * How the cluster is reached and what it may be used for.
 */
spec: {
/**
 * How the operator reaches the API server.
 */
access: {
/**
 * A kubeconfig in a Secret of the operator's namespace, under the key `kubeconfig`.
 */
kubeconfig: {
/**
 * Name of the Secret.
 */
secretName: string
}
}
/**
 * Cloud provider, for example aws, gcp, azure or onprem.
 */
provider?: string
/**
 * Region of the provider.
 */
region?: string
/**
 * Organisation that the cluster counts for, in Unicode's form NFC; the name of the MemberCluster when left out. It is the hub's claim and decides which jobs are accepted; in a round each member counts organisations by its own peer list, whatever stands here.
 */
organisation?: string
/**
 * Which member namespace serves which hub namespace. A hub namespace that is not listed may not place here.
 * 
 * @minItems 1
 * @maxItems 100
 */
namespaces: {
/**
 * Namespace on the hub.
 */
hub: string
/**
 * Namespace in the member cluster.
 */
member: string
}[]
/**
 * The member's gate as the member's admin handed it over.
 */
gate?: {
/**
 * PEM certificates of the gate's CA, several while it is rotated; aggregators trust them for workers of this member alone.
 */
caBundle: string
}
}
/**
 * What the operator knows of the cluster. Written by the operator alone.
 */
status?: {
/**
 * Generation of the spec that this status speaks of.
 */
observedGeneration?: number
/**
 * Version that the API server answers.
 */
kubernetesVersion?: string
/**
 * Uid of the member's kube-system namespace; tells a cluster that was made anew under the same name.
 */
clusterUid?: string
/**
 * Nodes that are ready.
 */
nodes?: number
/**
 * Accelerators by resource.
 * 
 * @maxItems 16
 */
accelerators?: {
/**
 * Extended resource.
 */
resource: string
/**
 * What the ready nodes offer.
 */
allocatable: number
/**
 * Allocatable less what the hub's own pods request.
 */
free: number
}[]
/**
 * Free of allocatable accelerators; absent while that is not known.
 */
acceleratorsSummary?: string
/**
 * When nodes and accelerators were last known; moves about every half minute.
 */
nodesObservedTime?: string
/**
 * Namespaces of the member that are mapped, or that were and may still hold objects of this hub.
 * 
 * @maxItems 200
 */
namespaces?: {
/**
 * Namespace in the member cluster.
 */
name: string
/**
 * Whether spec.namespaces names it.
 */
mapped: boolean
/**
 * Whether it can be used.
 */
ready: boolean
/**
 * Stable word for the cause when it cannot.
 */
reason?: string
/**
 * One sentence with the remedy.
 */
message?: string
}[]
/**
 * When the API server last answered.
 */
lastHeardTime?: string
/**
 * First failure since the cluster was last heard; absent while it answers.
 */
disconnectedSince?: string
/**
 * When the operator's credential ends, if it says so.
 */
credentialExpiryTime?: string
/**
 * SHA-256 of the gate CA's certificate, to compare with what the member's admin says.
 */
gateFingerprint?: string
/**
 * What holds of the member: Ready, CredentialsValid, NamespacesReady, NodesVisible, GateTrusted, EgressEnforced, Clean.
 * 
 * @maxItems 16
 */
conditions?: {
/**
 * Name of the condition.
 */
type: string
/**
 * Whether it holds.
 */
status: ("True" | "False" | "Unknown")
/**
 * Stable word for the cause.
 */
reason: string
/**
 * One sentence with the object and the remedy.
 */
message: string
/**
 * Generation that the condition speaks of.
 */
observedGeneration?: number
/**
 * When the status last changed.
 */
lastTransitionTime: string
}[]
}
}

/**
 * One window of consecutive rounds of a job. Made by the operator; its job owns it.
 */
export interface TrainingRound {
/**
 * Version of the API.
 */
apiVersion?: string
/**
 * Kind of the object.
 */
kind?: string
/**
 * Metadata of the object.
 */
metadata: ObjectMeta
/**
 * The plan of the window. It never changes.
 */
spec: {
/**
 * Name of the job.
 */
jobName: string
/**
 * Uid of the job.
 */
jobUid: string
/**
 * First round.
 */
from: number
/**
 * Last round.
 */
through: number
/**
 * Attempt at this window.
 */
attempt: number
/**
 * Fewest reports with which a round is committed.
 */
quorum: number
/**
 * Longest time of one round.
 */
deadline: string
/**
 * Optimiser steps of each worker a round.
 */
localSteps: number
/**
 * True when the window evaluates the last model and trains nothing.
 */
evaluateOnly: boolean
}
/**
 * The outcome, copied from the aggregator's ledger.
 */
status?: {
/**
 * Open, Committed, Evaluated or Superseded.
 */
phase?: string
/**
 * Stage of the round in work.
 */
stage?: string
/**
 * Rounds of the window that were committed.
 */
committed?: number
/**
 * Reports in the last committed sum.
 */
reports?: number
/**
 * Parties that dropped out of the last committed round.
 */
dropOuts?: number
/**
 * Bytes of reports.
 */
bytesUp?: number
/**
 * Bytes of models.
 */
bytesDown?: number
/**
 * Convergence metric of the model that the last round started from.
 */
metric?: string
/**
 * Seconds from the opening to the commit of the last round.
 */
seconds?: string
/**
 * SHA-256 of the model after the window in hexadecimal.
 */
modelSha256?: string
/**
 * SHA-256 of the last ledger line in hexadecimal.
 */
ledgerSha256?: string
/**
 * When the first round started.
 */
startTime?: string
/**
 * When the last round was committed.
 */
completionTime?: string
}
}
