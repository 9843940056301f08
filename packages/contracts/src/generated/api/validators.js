// Generated from crds/ by scripts/generate.ts. Do not edit.
import func3Module from "ajv/dist/runtime/ucs2length.js";
const func3 = func3Module.default ?? func3Module;

export const validateFederatedTrainingJob = validate10;
const schema11 = {"type":"object","description":"One federated training run over several member clusters.","required":["spec"],"properties":{"apiVersion":{"type":"string","description":"Version of the API."},"kind":{"type":"string","description":"Kind of the object."},"metadata":{"type":"object"},"spec":{"type":"object","description":"What to train, where, and until when. May change at any time: suspend, ttlSecondsAfterFinished, roundHistoryLimit. May change while suspend is true: participants, trainer, strategy, schedule, convergence, communication, failurePolicy. Never changes: model, privacy, output, paradigm.","required":["trainer","participants","schedule","output"],"properties":{"paradigm":{"type":"string","description":"How the data is divided. Horizontal means that participants hold different samples of the same kind.","enum":["Horizontal"],"default":"Horizontal"},"model":{"type":"object","description":"What is trained; required by paradigm Horizontal.","required":["source"],"properties":{"source":{"type":"object","description":"Where the model comes from. Read once, by the aggregator, which pins its digest in status.","required":["persistentVolumeClaim"],"properties":{"persistentVolumeClaim":{"type":"object","description":"A file on a claim in the job's namespace on the hub.","required":["claimName","path"],"properties":{"claimName":{"type":"string","minLength":1,"maxLength":253,"pattern":"^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$","description":"Name of the claim."},"path":{"type":"string","minLength":1,"maxLength":1024,"description":"Path of the file on the claim; `.safetensors` for a whole model, `.gguf` for the base of an adapter."}},"additionalProperties":false}},"additionalProperties":false},"adapter":{"type":"object","description":"The small part that is trained on top of a frozen model; absent means that the whole model is trained.","required":["type","rank","targets"],"properties":{"type":{"type":"string","enum":["LoRA"],"description":"Kind of adapter."},"rank":{"type":"integer","minimum":1,"maximum":512,"description":"Rank of the adapter's matrices."},"alpha":{"type":"integer","minimum":1,"maximum":4096,"description":"Scale numerator; the adapter is scaled by alpha / rank. Twice the rank when left out."},"targets":{"type":"array","description":"Projections that carry the adapter.","minItems":1,"maxItems":16,"items":{"type":"string","enum":["q_proj","k_proj","v_proj"]}},"rule":{"type":"string","enum":["FreezeA"],"default":"FreezeA","description":"How adapters are averaged. FreezeA fixes A by the job's seed and averages B, which is exact."}},"additionalProperties":false}},"additionalProperties":false},"trainer":{"type":"object","description":"The program that trains, by names that each member cluster resolves.","required":["runtime","task"],"properties":{"runtime":{"type":"string","minLength":1,"maxLength":40,"pattern":"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$","description":"Name of the runtime of every participant that names no other; the member cluster's admin wrote a PodTemplate for it."},"task":{"type":"string","enum":["language-modeling","noop"],"description":"What the trainer does. noop adds a constant a local step and exists to prove that no round is lost or doubled."},"hyperparameters":{"type":"object","description":"Settings of the task, by name; decimals as strings, whole numbers also as integers. noop: increment, simulateStepMs, simulateNaNAtRound. language-modeling: learningRate, beta1, beta2, epsilon, weightDecay, clipNorm, batchSize, sequenceLength, validationPassages. docs/guides/trainers.md says what each means.","maxProperties":64,"additionalProperties":{"maxLength":32,"pattern":"^[-+]?([0-9]+\\.?[0-9]*|\\.[0-9]+)([eE][-+]?[0-9]{1,2})?$","type":["integer","string"]}},"seed":{"type":"integer","format":"int64","minimum":0,"maximum":9007199254740991,"default":1,"description":"Seed of every random choice of the run."}},"additionalProperties":false},"participants":{"type":"array","description":"The seats of the job, each a number of workers in one member cluster on one data set.","minItems":1,"maxItems":100,"items":{"type":"object","required":["name","cluster"],"properties":{"name":{"type":"string","minLength":1,"maxLength":20,"pattern":"^[a-z]([-a-z0-9]*[a-z0-9])?$","description":"Name of the participant, unique in the job."},"cluster":{"type":"string","minLength":1,"maxLength":63,"description":"Name of the MemberCluster."},"role":{"type":"string","enum":["Trainer"],"default":"Trainer","description":"What the participant does."},"workers":{"type":"integer","minimum":1,"maximum":256,"default":1,"description":"Number of worker pods."},"runtime":{"type":"string","minLength":1,"maxLength":40,"pattern":"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$","description":"Name of the runtime of this participant's workers, in place of trainer.runtime."},"hyperparameters":{"type":"object","description":"Settings of the task for this participant's workers: those named here are in place of the ones of trainer.hyperparameters, all others stay. Names and bounds are those of trainer.hyperparameters.","maxProperties":16,"additionalProperties":{"maxLength":32,"pattern":"^[-+]?([0-9]+\\.?[0-9]*|\\.[0-9]+)([eE][-+]?[0-9]{1,2})?$","type":["integer","string"]}},"dataset":{"type":"string","maxLength":40,"pattern":"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$","description":"Name of a data set that the member cluster's admin offers to this runtime; may be left out when the runtime has one template without a data set."},"accelerator":{"type":"object","description":"Accelerators of one worker; none when left out.","required":["resource"],"properties":{"resource":{"type":"string","minLength":1,"maxLength":308,"pattern":"^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*/[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$","description":"Extended resource, for example nvidia.com/gpu, as a device plugin of the member offers it."},"count":{"type":"integer","minimum":1,"maximum":16,"default":1,"description":"Accelerators a worker."}},"additionalProperties":false}},"additionalProperties":false}},"strategy":{"type":"object","description":"How reports become the next model.","default":{"name":"FedAvg"},"required":["name"],"properties":{"name":{"type":"string","enum":["FedAvg","FedAvgM","FedAdagrad","FedAdam","FedYogi","DiLoCo"],"description":"Name of the strategy. One that is changed while the job is suspended starts from its initial state."},"parameters":{"type":"object","description":"Settings of the strategy by name, as decimal strings. All take serverLearningRate, above 0 and at most 1000. FedAvgM and DiLoCo take momentum, FedAdagrad beta1 and tau, FedAdam and FedYogi beta1, beta2 and tau; momentum, beta1 and beta2 lie from 0 to below 1, tau from 1e-18 to 1.","maxProperties":16,"additionalProperties":{"type":"string","maxLength":32,"pattern":"^[-+]?([0-9]+\\.?[0-9]*|\\.[0-9]+)([eE][-+]?[0-9]{1,2})?$"}}},"additionalProperties":false},"schedule":{"type":"object","description":"When rounds run, exactly one of the schedules below.","properties":{"synchronous":{"type":"object","description":"All workers work on the same round.","required":["maxRounds","quorum"],"properties":{"maxRounds":{"type":"integer","minimum":1,"maximum":100000,"description":"Most rounds of the job."},"localSteps":{"type":"integer","minimum":1,"maximum":100000,"default":100,"description":"Optimiser steps of each worker a round."},"quorum":{"type":"integer","minimum":1,"maximum":25600,"description":"Fewest reports with which a round is committed."},"deadline":{"type":"string","maxLength":16,"default":"10m","pattern":"^[-+]?(([0-9]+\\.?[0-9]*|\\.[0-9]+)(ns|us|µs|μs|ms|s|m|h))+$","description":"Longest time of one round, as a Go duration such as 90s, 1m30s or 1.5h, from 1s to 24h; counted in whole milliseconds, what is below one is dropped."}},"additionalProperties":false}},"additionalProperties":false},"convergence":{"type":"object","description":"When to stop before maxRounds; never when left out.","required":["metric"],"properties":{"metric":{"type":"string","enum":["validation_loss"],"description":"Metric that is watched."},"mode":{"type":"string","enum":["Min","Max"],"default":"Min","description":"Whether smaller or larger is better."},"target":{"type":"string","maxLength":32,"pattern":"^[-+]?([0-9]+\\.?[0-9]*|\\.[0-9]+)([eE][-+]?[0-9]{1,2})?$","description":"Value at which the job has converged, as a decimal."},"patience":{"type":"integer","minimum":1,"maximum":10000,"description":"Rounds without improvement after which the job has converged."},"minDelta":{"type":"string","maxLength":32,"pattern":"^[-+]?([0-9]+\\.?[0-9]*|\\.[0-9]+)([eE][-+]?[0-9]{1,2})?$","default":"0","description":"Least change that counts as improvement, as a decimal of 0 or more."}},"additionalProperties":false},"privacy":{"type":"object","description":"What is promised about single updates.","default":{},"properties":{"secureAggregation":{"type":"object","description":"How reports are summed.","default":{},"properties":{"protocol":{"type":"string","enum":["Masking","None"],"default":"Masking","description":"Protocol of the sum; Masking when left out. Masking shows the hub sums alone, and needs 3 workers of 2 organisations. None sends reports without masks; a hub admin can read each update, and members take part only where their policy names None."},"minOrganisations":{"type":"integer","minimum":1,"maximum":100,"description":"Fewest organisations whose workers are in a sum that is opened; 2 when left out. 2 keeps single updates from the hub, 3 also keeps participants from reading each other's out of the sum. With protocol Masking alone."},"threshold":{"type":"integer","minimum":3,"maximum":25600,"description":"Fewest workers that can open a sum, more than two thirds of them; as few as that when left out, as it must be with more than 64 workers. With protocol Masking alone."}},"additionalProperties":false}},"additionalProperties":false},"communication":{"type":"object","description":"How reports are encoded.","default":{},"properties":{"initialStep":{"type":"string","maxLength":32,"default":"2^-20","pattern":"^2\\^-?([0-9]|[0-8][0-9]|9[0-6])$","description":"Quantiser step of round 0, a power of two from 2^-96 to 2^96; later rounds take theirs from the last mean, so that a change after round 0 has no effect."}},"additionalProperties":false},"failurePolicy":{"type":"object","description":"What happens when workers fail.","default":{},"properties":{"workerRestartLimit":{"type":"integer","minimum":0,"maximum":1000,"default":10,"description":"Times that a worker's pod is made again after it failed."}},"additionalProperties":false},"output":{"type":"object","description":"Where models are kept. Never deleted by Tributary.","required":["persistentVolumeClaim"],"properties":{"persistentVolumeClaim":{"type":"string","minLength":1,"maxLength":253,"pattern":"^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$","description":"Name of a claim in the job's namespace on the hub; models are written below <job name>/, `last` and `best`."}},"additionalProperties":false},"suspend":{"type":"boolean","default":false,"description":"True stops opening rounds and removes the workers; the aggregator keeps what is committed."},"ttlSecondsAfterFinished":{"type":"integer","minimum":0,"maximum":31536000,"description":"Seconds after the end at which the job is deleted; never when left out."},"roundHistoryLimit":{"type":"integer","minimum":0,"maximum":100,"default":10,"description":"TrainingRounds that are kept."}},"additionalProperties":false},"status":{"type":"object","description":"What happened. Written by the operator alone; a cache until the job is terminal.","properties":{"observedGeneration":{"type":"integer","format":"int64","description":"Generation of the spec that this status speaks of."},"phase":{"type":"string","maxLength":32,"description":"Printed state; derived from the conditions and never read by a decision."},"reason":{"type":"string","maxLength":64,"description":"Reason of the condition that explains the phase."},"startTime":{"type":"string","format":"date-time","description":"When the job was accepted."},"completionTime":{"type":"string","format":"date-time","description":"When the job became terminal."},"round":{"type":"object","description":"Position of the run.","properties":{"current":{"type":"integer","description":"Round in work."},"committed":{"type":"integer","description":"Committed rounds."},"failed":{"type":"integer","description":"Rounds that were closed empty."},"stage":{"type":"string","maxLength":32,"description":"Stage of the round in work."},"phase":{"type":"string","maxLength":32,"description":"What the paradigm calls the round in work, or the next one of the open window: Train, or Evaluate when it trains nothing. Absent while no window is open."},"summary":{"type":"string","maxLength":32,"description":"Committed rounds of the most rounds allowed."}},"additionalProperties":false},"metrics":{"type":"array","description":"Newest metrics.","maxItems":32,"items":{"type":"object","required":["name","value","round"],"properties":{"name":{"type":"string","maxLength":64,"description":"Name of the metric."},"value":{"type":"string","maxLength":64,"description":"Value as a decimal."},"round":{"type":"integer","description":"Round whose starting model it describes."}},"additionalProperties":false}},"convergence":{"type":"object","description":"What the convergence rule says.","properties":{"metric":{"type":"string","maxLength":64,"description":"Metric that is watched."},"last":{"type":"string","maxLength":64,"description":"Newest value as a decimal."},"best":{"type":"string","maxLength":64,"description":"Best value as a decimal."},"bestRound":{"type":"integer","description":"Round that started from the best model."},"initial":{"type":"string","maxLength":64,"description":"Value of the model that the job started from."},"roundsWithoutImprovement":{"type":"integer","description":"Rounds since the best value."}},"additionalProperties":false},"clustersSummary":{"type":"string","maxLength":16,"description":"Participants ready of participants asked for."},"clusters":{"type":"array","description":"One entry a participant.","maxItems":100,"items":{"type":"object","required":["participant","cluster","state"],"properties":{"participant":{"type":"string","maxLength":20,"description":"Name of the participant."},"cluster":{"type":"string","maxLength":63,"description":"Name of the member cluster."},"state":{"type":"string","maxLength":16,"description":"Pending, Placing, Ready, Training, Lost, Failed or Succeeded."},"observedTime":{"type":"string","format":"date-time","description":"When the member cluster was last heard before this entry last changed."},"ready":{"type":"integer","description":"Workers that have joined the aggregator."},"active":{"type":"integer","description":"Worker pods that run."},"failed":{"type":"integer","description":"Worker pods that failed."},"reason":{"type":"string","maxLength":64,"description":"Why the participant is not ready."},"message":{"type":"string","maxLength":300,"description":"One sentence with the object and the remedy."}},"additionalProperties":false}},"placements":{"type":"array","description":"Where in member clusters objects of the job may lie. State, not cache; written before anything is made there, and an entry goes only when the member confirmed that nothing of the job and participant is left in the namespace.","maxItems":400,"items":{"type":"object","required":["participant","cluster","namespace","name","jobUid","state"],"properties":{"participant":{"type":"string","maxLength":63,"description":"Name of the participant."},"cluster":{"type":"string","maxLength":63,"description":"Name of the member cluster."},"namespace":{"type":"string","maxLength":63,"description":"Namespace in the member cluster."},"name":{"type":"string","maxLength":63,"description":"Name of the batch Job and of its ConfigMap."},"jobUid":{"type":"string","maxLength":64,"description":"Uid of this job, by which its objects are labelled."},"clusterUid":{"type":"string","maxLength":64,"description":"Uid of namespace kube-system of the cluster in which the place is, absent while the member does not say it. Another cluster under the same name confirms nothing."},"state":{"type":"string","enum":["Wanted","Leaving"],"description":"Wanted is made and kept there. Leaving is removed; it is not wanted again before it is gone."}},"additionalProperties":false}},"unsearchedClusters":{"type":"array","description":"Member clusters that are still to be searched for objects of the job, because its placements were lost. State, as placements are.","maxItems":1000,"items":{"type":"string","maxLength":63}},"disclosures":{"type":"array","description":"What leaves workers in any round of the job, as its paradigm says; told when the spec is accepted, before anything runs. Absent before that; of an edited spec that is not accepted it tells nothing.","maxItems":32,"items":{"type":"object","required":["set","role","disclosure","meaning"],"properties":{"set":{"type":"string","maxLength":64,"description":"What leaves; a section of the report."},"role":{"type":"string","maxLength":32,"description":"Role of the participants whose workers it leaves."},"disclosure":{"type":"string","maxLength":32,"description":"How it leaves. SumOnly means that it is added to the other workers' and the sum is opened."},"meaning":{"type":"string","maxLength":300,"description":"One sentence for whoever decides about the member."}},"additionalProperties":false}},"bytes":{"type":"object","description":"Bytes on the tensor wire since the start.","properties":{"up":{"type":"integer","format":"int64","description":"Bytes of reports."},"down":{"type":"integer","format":"int64","description":"Bytes of models."}},"additionalProperties":false},"checkpoint":{"type":"object","description":"The best committed model.","properties":{"uri":{"type":"string","maxLength":1024,"description":"Where it lies: pvc://claim/path."},"round":{"type":"integer","description":"Rounds that had been committed into it."},"sha256":{"type":"string","maxLength":64,"description":"SHA-256 of the file in hexadecimal."}},"additionalProperties":false},"model":{"type":"object","description":"The model source as it was read.","properties":{"sha256":{"type":"string","maxLength":64,"description":"SHA-256 of the file in hexadecimal."}},"additionalProperties":false},"conditions":{"type":"array","description":"The state of the job; the API for tools.","maxItems":16,"items":{"type":"object","required":["type","status","reason","message","lastTransitionTime"],"properties":{"type":{"type":"string","maxLength":64,"description":"Name of the condition."},"status":{"type":"string","enum":["True","False","Unknown"],"description":"Whether it holds."},"reason":{"type":"string","maxLength":64,"description":"Stable word for the cause."},"message":{"type":"string","maxLength":1024,"description":"One sentence with the object and the remedy."},"observedGeneration":{"type":"integer","format":"int64","description":"Generation that the condition speaks of."},"lastTransitionTime":{"type":"string","format":"date-time","description":"When the status last changed."}},"additionalProperties":false}}},"additionalProperties":false}},"additionalProperties":false,"$id":"FederatedTrainingJob"};
const func2 = Object.prototype.hasOwnProperty;

const pattern0 = new RegExp("^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$", "u");
const pattern1 = new RegExp("^[a-z0-9]([-a-z0-9]*[a-z0-9])?$", "u");
const pattern2 = new RegExp("^[-+]?([0-9]+\\.?[0-9]*|\\.[0-9]+)([eE][-+]?[0-9]{1,2})?$", "u");
const pattern3 = new RegExp("^[a-z]([-a-z0-9]*[a-z0-9])?$", "u");
const pattern7 = new RegExp("^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*/[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$", "u");
const pattern9 = new RegExp("^[-+]?(([0-9]+\\.?[0-9]*|\\.[0-9]+)(ns|us|µs|μs|ms|s|m|h))+$", "u");
const pattern12 = new RegExp("^2\\^-?([0-9]|[0-8][0-9]|9[0-6])$", "u");

function validate10(data, {instancePath="", parentData, parentDataProperty, rootData=data}={}){
/*# sourceURL="FederatedTrainingJob" */;
let vErrors = null;
let errors = 0;
if(data && typeof data == "object" && !Array.isArray(data)){
if(data.spec === undefined){
const err0 = {instancePath,schemaPath:"#/required",keyword:"required",params:{missingProperty: "spec"},message:"must have required property '"+"spec"+"'"};
if(vErrors === null){
vErrors = [err0];
}
else {
vErrors.push(err0);
}
errors++;
}
for(const key0 in data){
if(!(((((key0 === "apiVersion") || (key0 === "kind")) || (key0 === "metadata")) || (key0 === "spec")) || (key0 === "status"))){
const err1 = {instancePath,schemaPath:"#/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key0},message:"must NOT have additional properties"};
if(vErrors === null){
vErrors = [err1];
}
else {
vErrors.push(err1);
}
errors++;
}
}
if(data.apiVersion !== undefined){
if(typeof data.apiVersion !== "string"){
const err2 = {instancePath:instancePath+"/apiVersion",schemaPath:"#/properties/apiVersion/type",keyword:"type",params:{type: "string"},message:"must be string"};
if(vErrors === null){
vErrors = [err2];
}
else {
vErrors.push(err2);
}
errors++;
}
}
if(data.kind !== undefined){
if(typeof data.kind !== "string"){
const err3 = {instancePath:instancePath+"/kind",schemaPath:"#/properties/kind/type",keyword:"type",params:{type: "string"},message:"must be string"};
if(vErrors === null){
vErrors = [err3];
}
else {
vErrors.push(err3);
}
errors++;
}
}
if(data.metadata !== undefined){
let data2 = data.metadata;
if(!(data2 && typeof data2 == "object" && !Array.isArray(data2))){
const err4 = {instancePath:instancePath+"/metadata",schemaPath:"#/properties/metadata/type",keyword:"type",params:{type: "object"},message:"must be object"};
if(vErrors === null){
vErrors = [err4];
}
else {
vErrors.push(err4);
}
errors++;
}
}
if(data.spec !== undefined){
let data3 = data.spec;
if(data3 && typeof data3 == "object" && !Array.isArray(data3)){
if(data3.paradigm === undefined){
data3.paradigm = "Horizontal";
}
if(data3.strategy === undefined){
data3.strategy = {"name":"FedAvg"};
}
if(data3.privacy === undefined){
data3.privacy = {};
}
if(data3.communication === undefined){
data3.communication = {};
}
if(data3.failurePolicy === undefined){
data3.failurePolicy = {};
}
if(data3.suspend === undefined){
data3.suspend = false;
}
if(data3.roundHistoryLimit === undefined){
data3.roundHistoryLimit = 10;
}
if(data3.trainer === undefined){
const err5 = {instancePath:instancePath+"/spec",schemaPath:"#/properties/spec/required",keyword:"required",params:{missingProperty: "trainer"},message:"must have required property '"+"trainer"+"'"};
if(vErrors === null){
vErrors = [err5];
}
else {
vErrors.push(err5);
}
errors++;
}
if(data3.participants === undefined){
const err6 = {instancePath:instancePath+"/spec",schemaPath:"#/properties/spec/required",keyword:"required",params:{missingProperty: "participants"},message:"must have required property '"+"participants"+"'"};
if(vErrors === null){
vErrors = [err6];
}
else {
vErrors.push(err6);
}
errors++;
}
if(data3.schedule === undefined){
const err7 = {instancePath:instancePath+"/spec",schemaPath:"#/properties/spec/required",keyword:"required",params:{missingProperty: "schedule"},message:"must have required property '"+"schedule"+"'"};
if(vErrors === null){
vErrors = [err7];
}
else {
vErrors.push(err7);
}
errors++;
}
if(data3.output === undefined){
const err8 = {instancePath:instancePath+"/spec",schemaPath:"#/properties/spec/required",keyword:"required",params:{missingProperty: "output"},message:"must have required property '"+"output"+"'"};
if(vErrors === null){
vErrors = [err8];
}
else {
vErrors.push(err8);
}
errors++;
}
for(const key1 in data3){
if(!(func2.call(schema11.properties.spec.properties, key1))){
const err9 = {instancePath:instancePath+"/spec",schemaPath:"#/properties/spec/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key1},message:"must NOT have additional properties"};
if(vErrors === null){
vErrors = [err9];
}
else {
vErrors.push(err9);
}
errors++;
}
}
let data4 = data3.paradigm;
if(typeof data4 !== "string"){
const err10 = {instancePath:instancePath+"/spec/paradigm",schemaPath:"#/properties/spec/properties/paradigm/type",keyword:"type",params:{type: "string"},message:"must be string"};
if(vErrors === null){
vErrors = [err10];
}
else {
vErrors.push(err10);
}
errors++;
}
if(!(data4 === "Horizontal")){
const err11 = {instancePath:instancePath+"/spec/paradigm",schemaPath:"#/properties/spec/properties/paradigm/enum",keyword:"enum",params:{allowedValues: schema11.properties.spec.properties.paradigm.enum},message:"must be equal to one of the allowed values"};
if(vErrors === null){
vErrors = [err11];
}
else {
vErrors.push(err11);
}
errors++;
}
if(data3.model !== undefined){
let data5 = data3.model;
if(data5 && typeof data5 == "object" && !Array.isArray(data5)){
if(data5.source === undefined){
const err12 = {instancePath:instancePath+"/spec/model",schemaPath:"#/properties/spec/properties/model/required",keyword:"required",params:{missingProperty: "source"},message:"must have required property '"+"source"+"'"};
if(vErrors === null){
vErrors = [err12];
}
else {
vErrors.push(err12);
}
errors++;
}
for(const key2 in data5){
if(!((key2 === "source") || (key2 === "adapter"))){
const err13 = {instancePath:instancePath+"/spec/model",schemaPath:"#/properties/spec/properties/model/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key2},message:"must NOT have additional properties"};
if(vErrors === null){
vErrors = [err13];
}
else {
vErrors.push(err13);
}
errors++;
}
}
if(data5.source !== undefined){
let data6 = data5.source;
if(data6 && typeof data6 == "object" && !Array.isArray(data6)){
if(data6.persistentVolumeClaim === undefined){
const err14 = {instancePath:instancePath+"/spec/model/source",schemaPath:"#/properties/spec/properties/model/properties/source/required",keyword:"required",params:{missingProperty: "persistentVolumeClaim"},message:"must have required property '"+"persistentVolumeClaim"+"'"};
if(vErrors === null){
vErrors = [err14];
}
else {
vErrors.push(err14);
}
errors++;
}
for(const key3 in data6){
if(!(key3 === "persistentVolumeClaim")){
const err15 = {instancePath:instancePath+"/spec/model/source",schemaPath:"#/properties/spec/properties/model/properties/source/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key3},message:"must NOT have additional properties"};
if(vErrors === null){
vErrors = [err15];
}
else {
vErrors.push(err15);
}
errors++;
}
}
if(data6.persistentVolumeClaim !== undefined){
let data7 = data6.persistentVolumeClaim;
if(data7 && typeof data7 == "object" && !Array.isArray(data7)){
if(data7.claimName === undefined){
const err16 = {instancePath:instancePath+"/spec/model/source/persistentVolumeClaim",schemaPath:"#/properties/spec/properties/model/properties/source/properties/persistentVolumeClaim/required",keyword:"required",params:{missingProperty: "claimName"},message:"must have required property '"+"claimName"+"'"};
if(vErrors === null){
vErrors = [err16];
}
else {
vErrors.push(err16);
}
errors++;
}
if(data7.path === undefined){
const err17 = {instancePath:instancePath+"/spec/model/source/persistentVolumeClaim",schemaPath:"#/properties/spec/properties/model/properties/source/properties/persistentVolumeClaim/required",keyword:"required",params:{missingProperty: "path"},message:"must have required property '"+"path"+"'"};
if(vErrors === null){
vErrors = [err17];
}
else {
vErrors.push(err17);
}
errors++;
}
for(const key4 in data7){
if(!((key4 === "claimName") || (key4 === "path"))){
const err18 = {instancePath:instancePath+"/spec/model/source/persistentVolumeClaim",schemaPath:"#/properties/spec/properties/model/properties/source/properties/persistentVolumeClaim/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key4},message:"must NOT have additional properties"};
if(vErrors === null){
vErrors = [err18];
}
else {
vErrors.push(err18);
}
errors++;
}
}
if(data7.claimName !== undefined){
let data8 = data7.claimName;
if(typeof data8 === "string"){
if(func3(data8) > 253){
const err19 = {instancePath:instancePath+"/spec/model/source/persistentVolumeClaim/claimName",schemaPath:"#/properties/spec/properties/model/properties/source/properties/persistentVolumeClaim/properties/claimName/maxLength",keyword:"maxLength",params:{limit: 253},message:"must NOT have more than 253 characters"};
if(vErrors === null){
vErrors = [err19];
}
else {
vErrors.push(err19);
}
errors++;
}
if(func3(data8) < 1){
const err20 = {instancePath:instancePath+"/spec/model/source/persistentVolumeClaim/claimName",schemaPath:"#/properties/spec/properties/model/properties/source/properties/persistentVolumeClaim/properties/claimName/minLength",keyword:"minLength",params:{limit: 1},message:"must NOT have fewer than 1 characters"};
if(vErrors === null){
vErrors = [err20];
}
else {
vErrors.push(err20);
}
errors++;
}
if(!pattern0.test(data8)){
const err21 = {instancePath:instancePath+"/spec/model/source/persistentVolumeClaim/claimName",schemaPath:"#/properties/spec/properties/model/properties/source/properties/persistentVolumeClaim/properties/claimName/pattern",keyword:"pattern",params:{pattern: "^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$"},message:"must match pattern \""+"^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$"+"\""};
if(vErrors === null){
vErrors = [err21];
}
else {
vErrors.push(err21);
}
errors++;
}
}
else {
const err22 = {instancePath:instancePath+"/spec/model/source/persistentVolumeClaim/claimName",schemaPath:"#/properties/spec/properties/model/properties/source/properties/persistentVolumeClaim/properties/claimName/type",keyword:"type",params:{type: "string"},message:"must be string"};
if(vErrors === null){
vErrors = [err22];
}
else {
vErrors.push(err22);
}
errors++;
}
}
if(data7.path !== undefined){
let data9 = data7.path;
if(typeof data9 === "string"){
if(func3(data9) > 1024){
const err23 = {instancePath:instancePath+"/spec/model/source/persistentVolumeClaim/path",schemaPath:"#/properties/spec/properties/model/properties/source/properties/persistentVolumeClaim/properties/path/maxLength",keyword:"maxLength",params:{limit: 1024},message:"must NOT have more than 1024 characters"};
if(vErrors === null){
vErrors = [err23];
}
else {
vErrors.push(err23);
}
errors++;
}
if(func3(data9) < 1){
const err24 = {instancePath:instancePath+"/spec/model/source/persistentVolumeClaim/path",schemaPath:"#/properties/spec/properties/model/properties/source/properties/persistentVolumeClaim/properties/path/minLength",keyword:"minLength",params:{limit: 1},message:"must NOT have fewer than 1 characters"};
if(vErrors === null){
vErrors = [err24];
}
else {
vErrors.push(err24);
}
errors++;
}
}
else {
const err25 = {instancePath:instancePath+"/spec/model/source/persistentVolumeClaim/path",schemaPath:"#/properties/spec/properties/model/properties/source/properties/persistentVolumeClaim/properties/path/type",keyword:"type",params:{type: "string"},message:"must be string"};
if(vErrors === null){
vErrors = [err25];
}
else {
vErrors.push(err25);
}
errors++;
}
}
}
else {
const err26 = {instancePath:instancePath+"/spec/model/source/persistentVolumeClaim",schemaPath:"#/properties/spec/properties/model/properties/source/properties/persistentVolumeClaim/type",keyword:"type",params:{type: "object"},message:"must be object"};
if(vErrors === null){
vErrors = [err26];
}
else {
vErrors.push(err26);
}
errors++;
}
}
}
else {
const err27 = {instancePath:instancePath+"/spec/model/source",schemaPath:"#/properties/spec/properties/model/properties/source/type",keyword:"type",params:{type: "object"},message:"must be object"};
if(vErrors === null){
vErrors = [err27];
}
else {
vErrors.push(err27);
}
errors++;
}
}
if(data5.adapter !== undefined){
let data10 = data5.adapter;
if(data10 && typeof data10 == "object" && !Array.isArray(data10)){
if(data10.rule === undefined){
data10.rule = "FreezeA";
}
if(data10.type === undefined){
const err28 = {instancePath:instancePath+"/spec/model/adapter",schemaPath:"#/properties/spec/properties/model/properties/adapter/required",keyword:"required",params:{missingProperty: "type"},message:"must have required property '"+"type"+"'"};
if(vErrors === null){
vErrors = [err28];
}
else {
vErrors.push(err28);
}
errors++;
}
if(data10.rank === undefined){
const err29 = {instancePath:instancePath+"/spec/model/adapter",schemaPath:"#/properties/spec/properties/model/properties/adapter/required",keyword:"required",params:{missingProperty: "rank"},message:"must have required property '"+"rank"+"'"};
if(vErrors === null){
vErrors = [err29];
}
else {
vErrors.push(err29);
}
errors++;
}
if(data10.targets === undefined){
const err30 = {instancePath:instancePath+"/spec/model/adapter",schemaPath:"#/properties/spec/properties/model/properties/adapter/required",keyword:"required",params:{missingProperty: "targets"},message:"must have required property '"+"targets"+"'"};
if(vErrors === null){
vErrors = [err30];
}
else {
vErrors.push(err30);
}
errors++;
}
for(const key5 in data10){
if(!(((((key5 === "type") || (key5 === "rank")) || (key5 === "alpha")) || (key5 === "targets")) || (key5 === "rule"))){
const err31 = {instancePath:instancePath+"/spec/model/adapter",schemaPath:"#/properties/spec/properties/model/properties/adapter/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key5},message:"must NOT have additional properties"};
if(vErrors === null){
vErrors = [err31];
}
else {
vErrors.push(err31);
}
errors++;
}
}
if(data10.type !== undefined){
let data11 = data10.type;
if(typeof data11 !== "string"){
const err32 = {instancePath:instancePath+"/spec/model/adapter/type",schemaPath:"#/properties/spec/properties/model/properties/adapter/properties/type/type",keyword:"type",params:{type: "string"},message:"must be string"};
if(vErrors === null){
vErrors = [err32];
}
else {
vErrors.push(err32);
}
errors++;
}
if(!(data11 === "LoRA")){
const err33 = {instancePath:instancePath+"/spec/model/adapter/type",schemaPath:"#/properties/spec/properties/model/properties/adapter/properties/type/enum",keyword:"enum",params:{allowedValues: schema11.properties.spec.properties.model.properties.adapter.properties.type.enum},message:"must be equal to one of the allowed values"};
if(vErrors === null){
vErrors = [err33];
}
else {
vErrors.push(err33);
}
errors++;
}
}
if(data10.rank !== undefined){
let data12 = data10.rank;
if(!((typeof data12 == "number") && (!(data12 % 1) && !isNaN(data12)))){
const err34 = {instancePath:instancePath+"/spec/model/adapter/rank",schemaPath:"#/properties/spec/properties/model/properties/adapter/properties/rank/type",keyword:"type",params:{type: "integer"},message:"must be integer"};
if(vErrors === null){
vErrors = [err34];
}
else {
vErrors.push(err34);
}
errors++;
}
if(typeof data12 == "number"){
if(data12 > 512 || isNaN(data12)){
const err35 = {instancePath:instancePath+"/spec/model/adapter/rank",schemaPath:"#/properties/spec/properties/model/properties/adapter/properties/rank/maximum",keyword:"maximum",params:{comparison: "<=", limit: 512},message:"must be <= 512"};
if(vErrors === null){
vErrors = [err35];
}
else {
vErrors.push(err35);
}
errors++;
}
if(data12 < 1 || isNaN(data12)){
const err36 = {instancePath:instancePath+"/spec/model/adapter/rank",schemaPath:"#/properties/spec/properties/model/properties/adapter/properties/rank/minimum",keyword:"minimum",params:{comparison: ">=", limit: 1},message:"must be >= 1"};
if(vErrors === null){
vErrors = [err36];
}
else {
vErrors.push(err36);
}
errors++;
}
}
}
if(data10.alpha !== undefined){
let data13 = data10.alpha;
if(!((typeof data13 == "number") && (!(data13 % 1) && !isNaN(data13)))){
const err37 = {instancePath:instancePath+"/spec/model/adapter/alpha",schemaPath:"#/properties/spec/properties/model/properties/adapter/properties/alpha/type",keyword:"type",params:{type: "integer"},message:"must be integer"};
if(vErrors === null){
vErrors = [err37];
}
else {
vErrors.push(err37);
}
errors++;
}
if(typeof data13 == "number"){
if(data13 > 4096 || isNaN(data13)){
const err38 = {instancePath:instancePath+"/spec/model/adapter/alpha",schemaPath:"#/properties/spec/properties/model/properties/adapter/properties/alpha/maximum",keyword:"maximum",params:{comparison: "<=", limit: 4096},message:"must be <= 4096"};
if(vErrors === null){
vErrors = [err38];
}
else {
vErrors.push(err38);
}
errors++;
}
if(data13 < 1 || isNaN(data13)){
const err39 = {instancePath:instancePath+"/spec/model/adapter/alpha",schemaPath:"#/properties/spec/properties/model/properties/adapter/properties/alpha/minimum",keyword:"minimum",params:{comparison: ">=", limit: 1},message:"must be >= 1"};
if(vErrors === null){
vErrors = [err39];
}
else {
vErrors.push(err39);
}
errors++;
}
}
}
if(data10.targets !== undefined){
let data14 = data10.targets;
if(Array.isArray(data14)){
if(data14.length > 16){
const err40 = {instancePath:instancePath+"/spec/model/adapter/targets",schemaPath:"#/properties/spec/properties/model/properties/adapter/properties/targets/maxItems",keyword:"maxItems",params:{limit: 16},message:"must NOT have more than 16 items"};
if(vErrors === null){
vErrors = [err40];
}
else {
vErrors.push(err40);
}
errors++;
}
if(data14.length < 1){
const err41 = {instancePath:instancePath+"/spec/model/adapter/targets",schemaPath:"#/properties/spec/properties/model/properties/adapter/properties/targets/minItems",keyword:"minItems",params:{limit: 1},message:"must NOT have fewer than 1 items"};
if(vErrors === null){
vErrors = [err41];
}
else {
vErrors.push(err41);
}
errors++;
}
const len0 = data14.length;
for(let i0=0; i0<len0; i0++){
let data15 = data14[i0];
if(typeof data15 !== "string"){
const err42 = {instancePath:instancePath+"/spec/model/adapter/targets/" + i0,schemaPath:"#/properties/spec/properties/model/properties/adapter/properties/targets/items/type",keyword:"type",params:{type: "string"},message:"must be string"};
if(vErrors === null){
vErrors = [err42];
}
else {
vErrors.push(err42);
}
errors++;
}
if(!(((data15 === "q_proj") || (data15 === "k_proj")) || (data15 === "v_proj"))){
const err43 = {instancePath:instancePath+"/spec/model/adapter/targets/" + i0,schemaPath:"#/properties/spec/properties/model/properties/adapter/properties/targets/items/enum",keyword:"enum",params:{allowedValues: schema11.properties.spec.properties.model.properties.adapter.properties.targets.items.enum},message:"must be equal to one of the allowed values"};
if(vErrors === null){
vErrors = [err43];
}
else {
vErrors.push(err43);
}
errors++;
}
}
}
else {
const err44 = {instancePath:instancePath+"/spec/model/adapter/targets",schemaPath:"#/properties/spec/properties/model/properties/adapter/properties/targets/type",keyword:"type",params:{type: "array"},message:"must be array"};
if(vErrors === null){
vErrors = [err44];
}
else {
vErrors.push(err44);
}
errors++;
}
}
let data16 = data10.rule;
if(typeof data16 !== "string"){
const err45 = {instancePath:instancePath+"/spec/model/adapter/rule",schemaPath:"#/properties/spec/properties/model/properties/adapter/properties/rule/type",keyword:"type",params:{type: "string"},message:"must be string"};
if(vErrors === null){
vErrors = [err45];
}
else {
vErrors.push(err45);
}
errors++;
}
if(!(data16 === "FreezeA")){
const err46 = {instancePath:instancePath+"/spec/model/adapter/rule",schemaPath:"#/properties/spec/properties/model/properties/adapter/properties/rule/enum",keyword:"enum",params:{allowedValues: schema11.properties.spec.properties.model.properties.adapter.properties.rule.enum},message:"must be equal to one of the allowed values"};
if(vErrors === null){
vErrors = [err46];
}
else {
vErrors.push(err46);
}
errors++;
}
}
else {
const err47 = {instancePath:instancePath+"/spec/model/adapter",schemaPath:"#/properties/spec/properties/model/properties/adapter/type",keyword:"type",params:{type: "object"},message:"must be object"};
if(vErrors === null){
vErrors = [err47];
}
else {
vErrors.push(err47);
}
errors++;
}
}
}
else {
const err48 = {instancePath:instancePath+"/spec/model",schemaPath:"#/properties/spec/properties/model/type",keyword:"type",params:{type: "object"},message:"must be object"};
if(vErrors === null){
vErrors = [err48];
}
else {
vErrors.push(err48);
}
errors++;
}
}
if(data3.trainer !== undefined){
let data17 = data3.trainer;
if(data17 && typeof data17 == "object" && !Array.isArray(data17)){
if(data17.seed === undefined){
data17.seed = 1;
}
if(data17.runtime === undefined){
const err49 = {instancePath:instancePath+"/spec/trainer",schemaPath:"#/properties/spec/properties/trainer/required",keyword:"required",params:{missingProperty: "runtime"},message:"must have required property '"+"runtime"+"'"};
if(vErrors === null){
vErrors = [err49];
}
else {
vErrors.push(err49);
}
errors++;
}
if(data17.task === undefined){
const err50 = {instancePath:instancePath+"/spec/trainer",schemaPath:"#/properties/spec/properties/trainer/required",keyword:"required",params:{missingProperty: "task"},message:"must have required property '"+"task"+"'"};
if(vErrors === null){
vErrors = [err50];
}
else {
vErrors.push(err50);
}
errors++;
}
for(const key6 in data17){
if(!((((key6 === "runtime") || (key6 === "task")) || (key6 === "hyperparameters")) || (key6 === "seed"))){
const err51 = {instancePath:instancePath+"/spec/trainer",schemaPath:"#/properties/spec/properties/trainer/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key6},message:"must NOT have additional properties"};
if(vErrors === null){
vErrors = [err51];
}
else {
vErrors.push(err51);
}
errors++;
}
}
if(data17.runtime !== undefined){
let data18 = data17.runtime;
if(typeof data18 === "string"){
if(func3(data18) > 40){
const err52 = {instancePath:instancePath+"/spec/trainer/runtime",schemaPath:"#/properties/spec/properties/trainer/properties/runtime/maxLength",keyword:"maxLength",params:{limit: 40},message:"must NOT have more than 40 characters"};
if(vErrors === null){
vErrors = [err52];
}
else {
vErrors.push(err52);
}
errors++;
}
if(func3(data18) < 1){
const err53 = {instancePath:instancePath+"/spec/trainer/runtime",schemaPath:"#/properties/spec/properties/trainer/properties/runtime/minLength",keyword:"minLength",params:{limit: 1},message:"must NOT have fewer than 1 characters"};
if(vErrors === null){
vErrors = [err53];
}
else {
vErrors.push(err53);
}
errors++;
}
if(!pattern1.test(data18)){
const err54 = {instancePath:instancePath+"/spec/trainer/runtime",schemaPath:"#/properties/spec/properties/trainer/properties/runtime/pattern",keyword:"pattern",params:{pattern: "^[a-z0-9]([-a-z0-9]*[a-z0-9])?$"},message:"must match pattern \""+"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$"+"\""};
if(vErrors === null){
vErrors = [err54];
}
else {
vErrors.push(err54);
}
errors++;
}
}
else {
const err55 = {instancePath:instancePath+"/spec/trainer/runtime",schemaPath:"#/properties/spec/properties/trainer/properties/runtime/type",keyword:"type",params:{type: "string"},message:"must be string"};
if(vErrors === null){
vErrors = [err55];
}
else {
vErrors.push(err55);
}
errors++;
}
}
if(data17.task !== undefined){
let data19 = data17.task;
if(typeof data19 !== "string"){
const err56 = {instancePath:instancePath+"/spec/trainer/task",schemaPath:"#/properties/spec/properties/trainer/properties/task/type",keyword:"type",params:{type: "string"},message:"must be string"};
if(vErrors === null){
vErrors = [err56];
}
else {
vErrors.push(err56);
}
errors++;
}
if(!((data19 === "language-modeling") || (data19 === "noop"))){
const err57 = {instancePath:instancePath+"/spec/trainer/task",schemaPath:"#/properties/spec/properties/trainer/properties/task/enum",keyword:"enum",params:{allowedValues: schema11.properties.spec.properties.trainer.properties.task.enum},message:"must be equal to one of the allowed values"};
if(vErrors === null){
vErrors = [err57];
}
else {
vErrors.push(err57);
}
errors++;
}
}
if(data17.hyperparameters !== undefined){
let data20 = data17.hyperparameters;
if(data20 && typeof data20 == "object" && !Array.isArray(data20)){
if(Object.keys(data20).length > 64){
const err58 = {instancePath:instancePath+"/spec/trainer/hyperparameters",schemaPath:"#/properties/spec/properties/trainer/properties/hyperparameters/maxProperties",keyword:"maxProperties",params:{limit: 64},message:"must NOT have more than 64 properties"};
if(vErrors === null){
vErrors = [err58];
}
else {
vErrors.push(err58);
}
errors++;
}
for(const key7 in data20){
let data21 = data20[key7];
if((!((typeof data21 == "number") && (!(data21 % 1) && !isNaN(data21)))) && (typeof data21 !== "string")){
const err59 = {instancePath:instancePath+"/spec/trainer/hyperparameters/" + key7.replace(/~/g, "~0").replace(/\//g, "~1"),schemaPath:"#/properties/spec/properties/trainer/properties/hyperparameters/additionalProperties/type",keyword:"type",params:{type: schema11.properties.spec.properties.trainer.properties.hyperparameters.additionalProperties.type},message:"must be integer,string"};
if(vErrors === null){
vErrors = [err59];
}
else {
vErrors.push(err59);
}
errors++;
}
if(typeof data21 === "string"){
if(func3(data21) > 32){
const err60 = {instancePath:instancePath+"/spec/trainer/hyperparameters/" + key7.replace(/~/g, "~0").replace(/\//g, "~1"),schemaPath:"#/properties/spec/properties/trainer/properties/hyperparameters/additionalProperties/maxLength",keyword:"maxLength",params:{limit: 32},message:"must NOT have more than 32 characters"};
if(vErrors === null){
vErrors = [err60];
}
else {
vErrors.push(err60);
}
errors++;
}
if(!pattern2.test(data21)){
const err61 = {instancePath:instancePath+"/spec/trainer/hyperparameters/" + key7.replace(/~/g, "~0").replace(/\//g, "~1"),schemaPath:"#/properties/spec/properties/trainer/properties/hyperparameters/additionalProperties/pattern",keyword:"pattern",params:{pattern: "^[-+]?([0-9]+\\.?[0-9]*|\\.[0-9]+)([eE][-+]?[0-9]{1,2})?$"},message:"must match pattern \""+"^[-+]?([0-9]+\\.?[0-9]*|\\.[0-9]+)([eE][-+]?[0-9]{1,2})?$"+"\""};
if(vErrors === null){
vErrors = [err61];
}
else {
vErrors.push(err61);
}
errors++;
}
}
}
}
else {
const err62 = {instancePath:instancePath+"/spec/trainer/hyperparameters",schemaPath:"#/properties/spec/properties/trainer/properties/hyperparameters/type",keyword:"type",params:{type: "object"},message:"must be object"};
if(vErrors === null){
vErrors = [err62];
}
else {
vErrors.push(err62);
}
errors++;
}
}
let data22 = data17.seed;
if(!((typeof data22 == "number") && (!(data22 % 1) && !isNaN(data22)))){
const err63 = {instancePath:instancePath+"/spec/trainer/seed",schemaPath:"#/properties/spec/properties/trainer/properties/seed/type",keyword:"type",params:{type: "integer"},message:"must be integer"};
if(vErrors === null){
vErrors = [err63];
}
else {
vErrors.push(err63);
}
errors++;
}
if(typeof data22 == "number"){
if(data22 > 9007199254740991 || isNaN(data22)){
const err64 = {instancePath:instancePath+"/spec/trainer/seed",schemaPath:"#/properties/spec/properties/trainer/properties/seed/maximum",keyword:"maximum",params:{comparison: "<=", limit: 9007199254740991},message:"must be <= 9007199254740991"};
if(vErrors === null){
vErrors = [err64];
}
else {
vErrors.push(err64);
}
errors++;
}
if(data22 < 0 || isNaN(data22)){
const err65 = {instancePath:instancePath+"/spec/trainer/seed",schemaPath:"#/properties/spec/properties/trainer/properties/seed/minimum",keyword:"minimum",params:{comparison: ">=", limit: 0},message:"must be >= 0"};
if(vErrors === null){
vErrors = [err65];
}
else {
vErrors.push(err65);
}
errors++;
}
}
}
else {
const err66 = {instancePath:instancePath+"/spec/trainer",schemaPath:"#/properties/spec/properties/trainer/type",keyword:"type",params:{type: "object"},message:"must be object"};
if(vErrors === null){
vErrors = [err66];
}
else {
vErrors.push(err66);
}
errors++;
}
}
if(data3.participants !== undefined){
let data23 = data3.participants;
if(Array.isArray(data23)){
if(data23.length > 100){
const err67 = {instancePath:instancePath+"/spec/participants",schemaPath:"#/properties/spec/properties/participants/maxItems",keyword:"maxItems",params:{limit: 100},message:"must NOT have more than 100 items"};
if(vErrors === null){
vErrors = [err67];
}
else {
vErrors.push(err67);
}
errors++;
}
if(data23.length < 1){
const err68 = {instancePath:instancePath+"/spec/participants",schemaPath:"#/properties/spec/properties/participants/minItems",keyword:"minItems",params:{limit: 1},message:"must NOT have fewer than 1 items"};
if(vErrors === null){
vErrors = [err68];
}
else {
vErrors.push(err68);
}
errors++;
}
const len1 = data23.length;
for(let i1=0; i1<len1; i1++){
let data24 = data23[i1];
if(data24 && typeof data24 == "object" && !Array.isArray(data24)){
if(data24.role === undefined){
data24.role = "Trainer";
}
if(data24.workers === undefined){
data24.workers = 1;
}
if(data24.name === undefined){
const err69 = {instancePath:instancePath+"/spec/participants/" + i1,schemaPath:"#/properties/spec/properties/participants/items/required",keyword:"required",params:{missingProperty: "name"},message:"must have required property '"+"name"+"'"};
if(vErrors === null){
vErrors = [err69];
}
else {
vErrors.push(err69);
}
errors++;
}
if(data24.cluster === undefined){
const err70 = {instancePath:instancePath+"/spec/participants/" + i1,schemaPath:"#/properties/spec/properties/participants/items/required",keyword:"required",params:{missingProperty: "cluster"},message:"must have required property '"+"cluster"+"'"};
if(vErrors === null){
vErrors = [err70];
}
else {
vErrors.push(err70);
}
errors++;
}
for(const key8 in data24){
if(!((((((((key8 === "name") || (key8 === "cluster")) || (key8 === "role")) || (key8 === "workers")) || (key8 === "runtime")) || (key8 === "hyperparameters")) || (key8 === "dataset")) || (key8 === "accelerator"))){
const err71 = {instancePath:instancePath+"/spec/participants/" + i1,schemaPath:"#/properties/spec/properties/participants/items/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key8},message:"must NOT have additional properties"};
if(vErrors === null){
vErrors = [err71];
}
else {
vErrors.push(err71);
}
errors++;
}
}
if(data24.name !== undefined){
let data25 = data24.name;
if(typeof data25 === "string"){
if(func3(data25) > 20){
const err72 = {instancePath:instancePath+"/spec/participants/" + i1+"/name",schemaPath:"#/properties/spec/properties/participants/items/properties/name/maxLength",keyword:"maxLength",params:{limit: 20},message:"must NOT have more than 20 characters"};
if(vErrors === null){
vErrors = [err72];
}
else {
vErrors.push(err72);
}
errors++;
}
if(func3(data25) < 1){
const err73 = {instancePath:instancePath+"/spec/participants/" + i1+"/name",schemaPath:"#/properties/spec/properties/participants/items/properties/name/minLength",keyword:"minLength",params:{limit: 1},message:"must NOT have fewer than 1 characters"};
if(vErrors === null){
vErrors = [err73];
}
else {
vErrors.push(err73);
}
errors++;
}
if(!pattern3.test(data25)){
const err74 = {instancePath:instancePath+"/spec/participants/" + i1+"/name",schemaPath:"#/properties/spec/properties/participants/items/properties/name/pattern",keyword:"pattern",params:{pattern: "^[a-z]([-a-z0-9]*[a-z0-9])?$"},message:"must match pattern \""+"^[a-z]([-a-z0-9]*[a-z0-9])?$"+"\""};
if(vErrors === null){
vErrors = [err74];
}
else {
vErrors.push(err74);
}
errors++;
}
}
else {
const err75 = {instancePath:instancePath+"/spec/participants/" + i1+"/name",schemaPath:"#/properties/spec/properties/participants/items/properties/name/type",keyword:"type",params:{type: "string"},message:"must be string"};
if(vErrors === null){
vErrors = [err75];
}
else {
vErrors.push(err75);
}
errors++;
}
}
if(data24.cluster !== undefined){
let data26 = data24.cluster;
if(typeof data26 === "string"){
if(func3(data26) > 63){
const err76 = {instancePath:instancePath+"/spec/participants/" + i1+"/cluster",schemaPath:"#/properties/spec/properties/participants/items/properties/cluster/maxLength",keyword:"maxLength",params:{limit: 63},message:"must NOT have more than 63 characters"};
if(vErrors === null){
vErrors = [err76];
}
else {
vErrors.push(err76);
}
errors++;
}
if(func3(data26) < 1){
const err77 = {instancePath:instancePath+"/spec/participants/" + i1+"/cluster",schemaPath:"#/properties/spec/properties/participants/items/properties/cluster/minLength",keyword:"minLength",params:{limit: 1},message:"must NOT have fewer than 1 characters"};
if(vErrors === null){
vErrors = [err77];
}
else {
vErrors.push(err77);
}
errors++;
}
}
else {
const err78 = {instancePath:instancePath+"/spec/participants/" + i1+"/cluster",schemaPath:"#/properties/spec/properties/participants/items/properties/cluster/type",keyword:"type",params:{type: "string"},message:"must be string"};
if(vErrors === null){
vErrors = [err78];
}
else {
vErrors.push(err78);
}
errors++;
}
}
let data27 = data24.role;
if(typeof data27 !== "string"){
const err79 = {instancePath:instancePath+"/spec/participants/" + i1+"/role",schemaPath:"#/properties/spec/properties/participants/items/properties/role/type",keyword:"type",params:{type: "string"},message:"must be string"};
if(vErrors === null){
vErrors = [err79];
}
else {
vErrors.push(err79);
}
errors++;
}
if(!(data27 === "Trainer")){
const err80 = {instancePath:instancePath+"/spec/participants/" + i1+"/role",schemaPath:"#/properties/spec/properties/participants/items/properties/role/enum",keyword:"enum",params:{allowedValues: schema11.properties.spec.properties.participants.items.properties.role.enum},message:"must be equal to one of the allowed values"};
if(vErrors === null){
vErrors = [err80];
}
else {
vErrors.push(err80);
}
errors++;
}
let data28 = data24.workers;
if(!((typeof data28 == "number") && (!(data28 % 1) && !isNaN(data28)))){
const err81 = {instancePath:instancePath+"/spec/participants/" + i1+"/workers",schemaPath:"#/properties/spec/properties/participants/items/properties/workers/type",keyword:"type",params:{type: "integer"},message:"must be integer"};
if(vErrors === null){
vErrors = [err81];
}
else {
vErrors.push(err81);
}
errors++;
}
if(typeof data28 == "number"){
if(data28 > 256 || isNaN(data28)){
const err82 = {instancePath:instancePath+"/spec/participants/" + i1+"/workers",schemaPath:"#/properties/spec/properties/participants/items/properties/workers/maximum",keyword:"maximum",params:{comparison: "<=", limit: 256},message:"must be <= 256"};
if(vErrors === null){
vErrors = [err82];
}
else {
vErrors.push(err82);
}
errors++;
}
if(data28 < 1 || isNaN(data28)){
const err83 = {instancePath:instancePath+"/spec/participants/" + i1+"/workers",schemaPath:"#/properties/spec/properties/participants/items/properties/workers/minimum",keyword:"minimum",params:{comparison: ">=", limit: 1},message:"must be >= 1"};
if(vErrors === null){
vErrors = [err83];
}
else {
vErrors.push(err83);
}
errors++;
}
}
if(data24.runtime !== undefined){
let data29 = data24.runtime;
if(typeof data29 === "string"){
if(func3(data29) > 40){
const err84 = {instancePath:instancePath+"/spec/participants/" + i1+"/runtime",schemaPath:"#/properties/spec/properties/participants/items/properties/runtime/maxLength",keyword:"maxLength",params:{limit: 40},message:"must NOT have more than 40 characters"};
if(vErrors === null){
vErrors = [err84];
}
else {
vErrors.push(err84);
}
errors++;
}
if(func3(data29) < 1){
const err85 = {instancePath:instancePath+"/spec/participants/" + i1+"/runtime",schemaPath:"#/properties/spec/properties/participants/items/properties/runtime/minLength",keyword:"minLength",params:{limit: 1},message:"must NOT have fewer than 1 characters"};
if(vErrors === null){
vErrors = [err85];
}
else {
vErrors.push(err85);
}
errors++;
}
if(!pattern1.test(data29)){
const err86 = {instancePath:instancePath+"/spec/participants/" + i1+"/runtime",schemaPath:"#/properties/spec/properties/participants/items/properties/runtime/pattern",keyword:"pattern",params:{pattern: "^[a-z0-9]([-a-z0-9]*[a-z0-9])?$"},message:"must match pattern \""+"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$"+"\""};
if(vErrors === null){
vErrors = [err86];
}
else {
vErrors.push(err86);
}
errors++;
}
}
else {
const err87 = {instancePath:instancePath+"/spec/participants/" + i1+"/runtime",schemaPath:"#/properties/spec/properties/participants/items/properties/runtime/type",keyword:"type",params:{type: "string"},message:"must be string"};
if(vErrors === null){
vErrors = [err87];
}
else {
vErrors.push(err87);
}
errors++;
}
}
if(data24.hyperparameters !== undefined){
let data30 = data24.hyperparameters;
if(data30 && typeof data30 == "object" && !Array.isArray(data30)){
if(Object.keys(data30).length > 16){
const err88 = {instancePath:instancePath+"/spec/participants/" + i1+"/hyperparameters",schemaPath:"#/properties/spec/properties/participants/items/properties/hyperparameters/maxProperties",keyword:"maxProperties",params:{limit: 16},message:"must NOT have more than 16 properties"};
if(vErrors === null){
vErrors = [err88];
}
else {
vErrors.push(err88);
}
errors++;
}
for(const key9 in data30){
let data31 = data30[key9];
if((!((typeof data31 == "number") && (!(data31 % 1) && !isNaN(data31)))) && (typeof data31 !== "string")){
const err89 = {instancePath:instancePath+"/spec/participants/" + i1+"/hyperparameters/" + key9.replace(/~/g, "~0").replace(/\//g, "~1"),schemaPath:"#/properties/spec/properties/participants/items/properties/hyperparameters/additionalProperties/type",keyword:"type",params:{type: schema11.properties.spec.properties.participants.items.properties.hyperparameters.additionalProperties.type},message:"must be integer,string"};
if(vErrors === null){
vErrors = [err89];
}
else {
vErrors.push(err89);
}
errors++;
}
if(typeof data31 === "string"){
if(func3(data31) > 32){
const err90 = {instancePath:instancePath+"/spec/participants/" + i1+"/hyperparameters/" + key9.replace(/~/g, "~0").replace(/\//g, "~1"),schemaPath:"#/properties/spec/properties/participants/items/properties/hyperparameters/additionalProperties/maxLength",keyword:"maxLength",params:{limit: 32},message:"must NOT have more than 32 characters"};
if(vErrors === null){
vErrors = [err90];
}
else {
vErrors.push(err90);
}
errors++;
}
if(!pattern2.test(data31)){
const err91 = {instancePath:instancePath+"/spec/participants/" + i1+"/hyperparameters/" + key9.replace(/~/g, "~0").replace(/\//g, "~1"),schemaPath:"#/properties/spec/properties/participants/items/properties/hyperparameters/additionalProperties/pattern",keyword:"pattern",params:{pattern: "^[-+]?([0-9]+\\.?[0-9]*|\\.[0-9]+)([eE][-+]?[0-9]{1,2})?$"},message:"must match pattern \""+"^[-+]?([0-9]+\\.?[0-9]*|\\.[0-9]+)([eE][-+]?[0-9]{1,2})?$"+"\""};
if(vErrors === null){
vErrors = [err91];
}
else {
vErrors.push(err91);
}
errors++;
}
}
}
}
else {
const err92 = {instancePath:instancePath+"/spec/participants/" + i1+"/hyperparameters",schemaPath:"#/properties/spec/properties/participants/items/properties/hyperparameters/type",keyword:"type",params:{type: "object"},message:"must be object"};
if(vErrors === null){
vErrors = [err92];
}
else {
vErrors.push(err92);
}
errors++;
}
}
if(data24.dataset !== undefined){
let data32 = data24.dataset;
if(typeof data32 === "string"){
if(func3(data32) > 40){
const err93 = {instancePath:instancePath+"/spec/participants/" + i1+"/dataset",schemaPath:"#/properties/spec/properties/participants/items/properties/dataset/maxLength",keyword:"maxLength",params:{limit: 40},message:"must NOT have more than 40 characters"};
if(vErrors === null){
vErrors = [err93];
}
else {
vErrors.push(err93);
}
errors++;
}
if(!pattern1.test(data32)){
const err94 = {instancePath:instancePath+"/spec/participants/" + i1+"/dataset",schemaPath:"#/properties/spec/properties/participants/items/properties/dataset/pattern",keyword:"pattern",params:{pattern: "^[a-z0-9]([-a-z0-9]*[a-z0-9])?$"},message:"must match pattern \""+"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$"+"\""};
if(vErrors === null){
vErrors = [err94];
}
else {
vErrors.push(err94);
}
errors++;
}
}
else {
const err95 = {instancePath:instancePath+"/spec/participants/" + i1+"/dataset",schemaPath:"#/properties/spec/properties/participants/items/properties/dataset/type",keyword:"type",params:{type: "string"},message:"must be string"};
if(vErrors === null){
vErrors = [err95];
}
else {
vErrors.push(err95);
}
errors++;
}
}
if(data24.accelerator !== undefined){
let data33 = data24.accelerator;
if(data33 && typeof data33 == "object" && !Array.isArray(data33)){
if(data33.count === undefined){
data33.count = 1;
}
if(data33.resource === undefined){
const err96 = {instancePath:instancePath+"/spec/participants/" + i1+"/accelerator",schemaPath:"#/properties/spec/properties/participants/items/properties/accelerator/required",keyword:"required",params:{missingProperty: "resource"},message:"must have required property '"+"resource"+"'"};
if(vErrors === null){
vErrors = [err96];
}
else {
vErrors.push(err96);
}
errors++;
}
for(const key10 in data33){
if(!((key10 === "resource") || (key10 === "count"))){
const err97 = {instancePath:instancePath+"/spec/participants/" + i1+"/accelerator",schemaPath:"#/properties/spec/properties/participants/items/properties/accelerator/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key10},message:"must NOT have additional properties"};
if(vErrors === null){
vErrors = [err97];
}
else {
vErrors.push(err97);
}
errors++;
}
}
if(data33.resource !== undefined){
let data34 = data33.resource;
if(typeof data34 === "string"){
if(func3(data34) > 308){
const err98 = {instancePath:instancePath+"/spec/participants/" + i1+"/accelerator/resource",schemaPath:"#/properties/spec/properties/participants/items/properties/accelerator/properties/resource/maxLength",keyword:"maxLength",params:{limit: 308},message:"must NOT have more than 308 characters"};
if(vErrors === null){
vErrors = [err98];
}
else {
vErrors.push(err98);
}
errors++;
}
if(func3(data34) < 1){
const err99 = {instancePath:instancePath+"/spec/participants/" + i1+"/accelerator/resource",schemaPath:"#/properties/spec/properties/participants/items/properties/accelerator/properties/resource/minLength",keyword:"minLength",params:{limit: 1},message:"must NOT have fewer than 1 characters"};
if(vErrors === null){
vErrors = [err99];
}
else {
vErrors.push(err99);
}
errors++;
}
if(!pattern7.test(data34)){
const err100 = {instancePath:instancePath+"/spec/participants/" + i1+"/accelerator/resource",schemaPath:"#/properties/spec/properties/participants/items/properties/accelerator/properties/resource/pattern",keyword:"pattern",params:{pattern: "^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*/[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$"},message:"must match pattern \""+"^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*/[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$"+"\""};
if(vErrors === null){
vErrors = [err100];
}
else {
vErrors.push(err100);
}
errors++;
}
}
else {
const err101 = {instancePath:instancePath+"/spec/participants/" + i1+"/accelerator/resource",schemaPath:"#/properties/spec/properties/participants/items/properties/accelerator/properties/resource/type",keyword:"type",params:{type: "string"},message:"must be string"};
if(vErrors === null){
vErrors = [err101];
}
else {
vErrors.push(err101);
}
errors++;
}
}
let data35 = data33.count;
if(!((typeof data35 == "number") && (!(data35 % 1) && !isNaN(data35)))){
const err102 = {instancePath:instancePath+"/spec/participants/" + i1+"/accelerator/count",schemaPath:"#/properties/spec/properties/participants/items/properties/accelerator/properties/count/type",keyword:"type",params:{type: "integer"},message:"must be integer"};
if(vErrors === null){
vErrors = [err102];
}
else {
vErrors.push(err102);
}
errors++;
}
if(typeof data35 == "number"){
if(data35 > 16 || isNaN(data35)){
const err103 = {instancePath:instancePath+"/spec/participants/" + i1+"/accelerator/count",schemaPath:"#/properties/spec/properties/participants/items/properties/accelerator/properties/count/maximum",keyword:"maximum",params:{comparison: "<=", limit: 16},message:"must be <= 16"};
if(vErrors === null){
vErrors = [err103];
}
else {
vErrors.push(err103);
}
errors++;
}
if(data35 < 1 || isNaN(data35)){
const err104 = {instancePath:instancePath+"/spec/participants/" + i1+"/accelerator/count",schemaPath:"#/properties/spec/properties/participants/items/properties/accelerator/properties/count/minimum",keyword:"minimum",params:{comparison: ">=", limit: 1},message:"must be >= 1"};
if(vErrors === null){
vErrors = [err104];
}
else {
vErrors.push(err104);
}
errors++;
}
}
}
else {
const err105 = {instancePath:instancePath+"/spec/participants/" + i1+"/accelerator",schemaPath:"#/properties/spec/properties/participants/items/properties/accelerator/type",keyword:"type",params:{type: "object"},message:"must be object"};
if(vErrors === null){
vErrors = [err105];
}
else {
vErrors.push(err105);
}
errors++;
}
}
}
else {
const err106 = {instancePath:instancePath+"/spec/participants/" + i1,schemaPath:"#/properties/spec/properties/participants/items/type",keyword:"type",params:{type: "object"},message:"must be object"};
if(vErrors === null){
vErrors = [err106];
}
else {
vErrors.push(err106);
}
errors++;
}
}
}
else {
const err107 = {instancePath:instancePath+"/spec/participants",schemaPath:"#/properties/spec/properties/participants/type",keyword:"type",params:{type: "array"},message:"must be array"};
if(vErrors === null){
vErrors = [err107];
}
else {
vErrors.push(err107);
}
errors++;
}
}
let data36 = data3.strategy;
if(data36 && typeof data36 == "object" && !Array.isArray(data36)){
if(data36.name === undefined){
const err108 = {instancePath:instancePath+"/spec/strategy",schemaPath:"#/properties/spec/properties/strategy/required",keyword:"required",params:{missingProperty: "name"},message:"must have required property '"+"name"+"'"};
if(vErrors === null){
vErrors = [err108];
}
else {
vErrors.push(err108);
}
errors++;
}
for(const key11 in data36){
if(!((key11 === "name") || (key11 === "parameters"))){
const err109 = {instancePath:instancePath+"/spec/strategy",schemaPath:"#/properties/spec/properties/strategy/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key11},message:"must NOT have additional properties"};
if(vErrors === null){
vErrors = [err109];
}
else {
vErrors.push(err109);
}
errors++;
}
}
if(data36.name !== undefined){
let data37 = data36.name;
if(typeof data37 !== "string"){
const err110 = {instancePath:instancePath+"/spec/strategy/name",schemaPath:"#/properties/spec/properties/strategy/properties/name/type",keyword:"type",params:{type: "string"},message:"must be string"};
if(vErrors === null){
vErrors = [err110];
}
else {
vErrors.push(err110);
}
errors++;
}
if(!((((((data37 === "FedAvg") || (data37 === "FedAvgM")) || (data37 === "FedAdagrad")) || (data37 === "FedAdam")) || (data37 === "FedYogi")) || (data37 === "DiLoCo"))){
const err111 = {instancePath:instancePath+"/spec/strategy/name",schemaPath:"#/properties/spec/properties/strategy/properties/name/enum",keyword:"enum",params:{allowedValues: schema11.properties.spec.properties.strategy.properties.name.enum},message:"must be equal to one of the allowed values"};
if(vErrors === null){
vErrors = [err111];
}
else {
vErrors.push(err111);
}
errors++;
}
}
if(data36.parameters !== undefined){
let data38 = data36.parameters;
if(data38 && typeof data38 == "object" && !Array.isArray(data38)){
if(Object.keys(data38).length > 16){
const err112 = {instancePath:instancePath+"/spec/strategy/parameters",schemaPath:"#/properties/spec/properties/strategy/properties/parameters/maxProperties",keyword:"maxProperties",params:{limit: 16},message:"must NOT have more than 16 properties"};
if(vErrors === null){
vErrors = [err112];
}
else {
vErrors.push(err112);
}
errors++;
}
for(const key12 in data38){
let data39 = data38[key12];
if(typeof data39 === "string"){
if(func3(data39) > 32){
const err113 = {instancePath:instancePath+"/spec/strategy/parameters/" + key12.replace(/~/g, "~0").replace(/\//g, "~1"),schemaPath:"#/properties/spec/properties/strategy/properties/parameters/additionalProperties/maxLength",keyword:"maxLength",params:{limit: 32},message:"must NOT have more than 32 characters"};
if(vErrors === null){
vErrors = [err113];
}
else {
vErrors.push(err113);
}
errors++;
}
if(!pattern2.test(data39)){
const err114 = {instancePath:instancePath+"/spec/strategy/parameters/" + key12.replace(/~/g, "~0").replace(/\//g, "~1"),schemaPath:"#/properties/spec/properties/strategy/properties/parameters/additionalProperties/pattern",keyword:"pattern",params:{pattern: "^[-+]?([0-9]+\\.?[0-9]*|\\.[0-9]+)([eE][-+]?[0-9]{1,2})?$"},message:"must match pattern \""+"^[-+]?([0-9]+\\.?[0-9]*|\\.[0-9]+)([eE][-+]?[0-9]{1,2})?$"+"\""};
if(vErrors === null){
vErrors = [err114];
}
else {
vErrors.push(err114);
}
errors++;
}
}
else {
const err115 = {instancePath:instancePath+"/spec/strategy/parameters/" + key12.replace(/~/g, "~0").replace(/\//g, "~1"),schemaPath:"#/properties/spec/properties/strategy/properties/parameters/additionalProperties/type",keyword:"type",params:{type: "string"},message:"must be string"};
if(vErrors === null){
vErrors = [err115];
}
else {
vErrors.push(err115);
}
errors++;
}
}
}
else {
const err116 = {instancePath:instancePath+"/spec/strategy/parameters",schemaPath:"#/properties/spec/properties/strategy/properties/parameters/type",keyword:"type",params:{type: "object"},message:"must be object"};
if(vErrors === null){
vErrors = [err116];
}
else {
vErrors.push(err116);
}
errors++;
}
}
}
else {
const err117 = {instancePath:instancePath+"/spec/strategy",schemaPath:"#/properties/spec/properties/strategy/type",keyword:"type",params:{type: "object"},message:"must be object"};
if(vErrors === null){
vErrors = [err117];
}
else {
vErrors.push(err117);
}
errors++;
}
if(data3.schedule !== undefined){
let data40 = data3.schedule;
if(data40 && typeof data40 == "object" && !Array.isArray(data40)){
for(const key13 in data40){
if(!(key13 === "synchronous")){
const err118 = {instancePath:instancePath+"/spec/schedule",schemaPath:"#/properties/spec/properties/schedule/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key13},message:"must NOT have additional properties"};
if(vErrors === null){
vErrors = [err118];
}
else {
vErrors.push(err118);
}
errors++;
}
}
if(data40.synchronous !== undefined){
let data41 = data40.synchronous;
if(data41 && typeof data41 == "object" && !Array.isArray(data41)){
if(data41.localSteps === undefined){
data41.localSteps = 100;
}
if(data41.deadline === undefined){
data41.deadline = "10m";
}
if(data41.maxRounds === undefined){
const err119 = {instancePath:instancePath+"/spec/schedule/synchronous",schemaPath:"#/properties/spec/properties/schedule/properties/synchronous/required",keyword:"required",params:{missingProperty: "maxRounds"},message:"must have required property '"+"maxRounds"+"'"};
if(vErrors === null){
vErrors = [err119];
}
else {
vErrors.push(err119);
}
errors++;
}
if(data41.quorum === undefined){
const err120 = {instancePath:instancePath+"/spec/schedule/synchronous",schemaPath:"#/properties/spec/properties/schedule/properties/synchronous/required",keyword:"required",params:{missingProperty: "quorum"},message:"must have required property '"+"quorum"+"'"};
if(vErrors === null){
vErrors = [err120];
}
else {
vErrors.push(err120);
}
errors++;
}
for(const key14 in data41){
if(!((((key14 === "maxRounds") || (key14 === "localSteps")) || (key14 === "quorum")) || (key14 === "deadline"))){
const err121 = {instancePath:instancePath+"/spec/schedule/synchronous",schemaPath:"#/properties/spec/properties/schedule/properties/synchronous/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key14},message:"must NOT have additional properties"};
if(vErrors === null){
vErrors = [err121];
}
else {
vErrors.push(err121);
}
errors++;
}
}
if(data41.maxRounds !== undefined){
let data42 = data41.maxRounds;
if(!((typeof data42 == "number") && (!(data42 % 1) && !isNaN(data42)))){
const err122 = {instancePath:instancePath+"/spec/schedule/synchronous/maxRounds",schemaPath:"#/properties/spec/properties/schedule/properties/synchronous/properties/maxRounds/type",keyword:"type",params:{type: "integer"},message:"must be integer"};
if(vErrors === null){
vErrors = [err122];
}
else {
vErrors.push(err122);
}
errors++;
}
if(typeof data42 == "number"){
if(data42 > 100000 || isNaN(data42)){
const err123 = {instancePath:instancePath+"/spec/schedule/synchronous/maxRounds",schemaPath:"#/properties/spec/properties/schedule/properties/synchronous/properties/maxRounds/maximum",keyword:"maximum",params:{comparison: "<=", limit: 100000},message:"must be <= 100000"};
if(vErrors === null){
vErrors = [err123];
}
else {
vErrors.push(err123);
}
errors++;
}
if(data42 < 1 || isNaN(data42)){
const err124 = {instancePath:instancePath+"/spec/schedule/synchronous/maxRounds",schemaPath:"#/properties/spec/properties/schedule/properties/synchronous/properties/maxRounds/minimum",keyword:"minimum",params:{comparison: ">=", limit: 1},message:"must be >= 1"};
if(vErrors === null){
vErrors = [err124];
}
else {
vErrors.push(err124);
}
errors++;
}
}
}
let data43 = data41.localSteps;
if(!((typeof data43 == "number") && (!(data43 % 1) && !isNaN(data43)))){
const err125 = {instancePath:instancePath+"/spec/schedule/synchronous/localSteps",schemaPath:"#/properties/spec/properties/schedule/properties/synchronous/properties/localSteps/type",keyword:"type",params:{type: "integer"},message:"must be integer"};
if(vErrors === null){
vErrors = [err125];
}
else {
vErrors.push(err125);
}
errors++;
}
if(typeof data43 == "number"){
if(data43 > 100000 || isNaN(data43)){
const err126 = {instancePath:instancePath+"/spec/schedule/synchronous/localSteps",schemaPath:"#/properties/spec/properties/schedule/properties/synchronous/properties/localSteps/maximum",keyword:"maximum",params:{comparison: "<=", limit: 100000},message:"must be <= 100000"};
if(vErrors === null){
vErrors = [err126];
}
else {
vErrors.push(err126);
}
errors++;
}
if(data43 < 1 || isNaN(data43)){
const err127 = {instancePath:instancePath+"/spec/schedule/synchronous/localSteps",schemaPath:"#/properties/spec/properties/schedule/properties/synchronous/properties/localSteps/minimum",keyword:"minimum",params:{comparison: ">=", limit: 1},message:"must be >= 1"};
if(vErrors === null){
vErrors = [err127];
}
else {
vErrors.push(err127);
}
errors++;
}
}
if(data41.quorum !== undefined){
let data44 = data41.quorum;
if(!((typeof data44 == "number") && (!(data44 % 1) && !isNaN(data44)))){
const err128 = {instancePath:instancePath+"/spec/schedule/synchronous/quorum",schemaPath:"#/properties/spec/properties/schedule/properties/synchronous/properties/quorum/type",keyword:"type",params:{type: "integer"},message:"must be integer"};
if(vErrors === null){
vErrors = [err128];
}
else {
vErrors.push(err128);
}
errors++;
}
if(typeof data44 == "number"){
if(data44 > 25600 || isNaN(data44)){
const err129 = {instancePath:instancePath+"/spec/schedule/synchronous/quorum",schemaPath:"#/properties/spec/properties/schedule/properties/synchronous/properties/quorum/maximum",keyword:"maximum",params:{comparison: "<=", limit: 25600},message:"must be <= 25600"};
if(vErrors === null){
vErrors = [err129];
}
else {
vErrors.push(err129);
}
errors++;
}
if(data44 < 1 || isNaN(data44)){
const err130 = {instancePath:instancePath+"/spec/schedule/synchronous/quorum",schemaPath:"#/properties/spec/properties/schedule/properties/synchronous/properties/quorum/minimum",keyword:"minimum",params:{comparison: ">=", limit: 1},message:"must be >= 1"};
if(vErrors === null){
vErrors = [err130];
}
else {
vErrors.push(err130);
}
errors++;
}
}
}
let data45 = data41.deadline;
if(typeof data45 === "string"){
if(func3(data45) > 16){
const err131 = {instancePath:instancePath+"/spec/schedule/synchronous/deadline",schemaPath:"#/properties/spec/properties/schedule/properties/synchronous/properties/deadline/maxLength",keyword:"maxLength",params:{limit: 16},message:"must NOT have more than 16 characters"};
if(vErrors === null){
vErrors = [err131];
}
else {
vErrors.push(err131);
}
errors++;
}
if(!pattern9.test(data45)){
const err132 = {instancePath:instancePath+"/spec/schedule/synchronous/deadline",schemaPath:"#/properties/spec/properties/schedule/properties/synchronous/properties/deadline/pattern",keyword:"pattern",params:{pattern: "^[-+]?(([0-9]+\\.?[0-9]*|\\.[0-9]+)(ns|us|µs|μs|ms|s|m|h))+$"},message:"must match pattern \""+"^[-+]?(([0-9]+\\.?[0-9]*|\\.[0-9]+)(ns|us|µs|μs|ms|s|m|h))+$"+"\""};
if(vErrors === null){
vErrors = [err132];
}
else {
vErrors.push(err132);
}
errors++;
}
}
else {
const err133 = {instancePath:instancePath+"/spec/schedule/synchronous/deadline",schemaPath:"#/properties/spec/properties/schedule/properties/synchronous/properties/deadline/type",keyword:"type",params:{type: "string"},message:"must be string"};
if(vErrors === null){
vErrors = [err133];
}
else {
vErrors.push(err133);
}
errors++;
}
}
else {
const err134 = {instancePath:instancePath+"/spec/schedule/synchronous",schemaPath:"#/properties/spec/properties/schedule/properties/synchronous/type",keyword:"type",params:{type: "object"},message:"must be object"};
if(vErrors === null){
vErrors = [err134];
}
else {
vErrors.push(err134);
}
errors++;
}
}
}
else {
const err135 = {instancePath:instancePath+"/spec/schedule",schemaPath:"#/properties/spec/properties/schedule/type",keyword:"type",params:{type: "object"},message:"must be object"};
if(vErrors === null){
vErrors = [err135];
}
else {
vErrors.push(err135);
}
errors++;
}
}
if(data3.convergence !== undefined){
let data46 = data3.convergence;
if(data46 && typeof data46 == "object" && !Array.isArray(data46)){
if(data46.mode === undefined){
data46.mode = "Min";
}
if(data46.minDelta === undefined){
data46.minDelta = "0";
}
if(data46.metric === undefined){
const err136 = {instancePath:instancePath+"/spec/convergence",schemaPath:"#/properties/spec/properties/convergence/required",keyword:"required",params:{missingProperty: "metric"},message:"must have required property '"+"metric"+"'"};
if(vErrors === null){
vErrors = [err136];
}
else {
vErrors.push(err136);
}
errors++;
}
for(const key15 in data46){
if(!(((((key15 === "metric") || (key15 === "mode")) || (key15 === "target")) || (key15 === "patience")) || (key15 === "minDelta"))){
const err137 = {instancePath:instancePath+"/spec/convergence",schemaPath:"#/properties/spec/properties/convergence/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key15},message:"must NOT have additional properties"};
if(vErrors === null){
vErrors = [err137];
}
else {
vErrors.push(err137);
}
errors++;
}
}
if(data46.metric !== undefined){
let data47 = data46.metric;
if(typeof data47 !== "string"){
const err138 = {instancePath:instancePath+"/spec/convergence/metric",schemaPath:"#/properties/spec/properties/convergence/properties/metric/type",keyword:"type",params:{type: "string"},message:"must be string"};
if(vErrors === null){
vErrors = [err138];
}
else {
vErrors.push(err138);
}
errors++;
}
if(!(data47 === "validation_loss")){
const err139 = {instancePath:instancePath+"/spec/convergence/metric",schemaPath:"#/properties/spec/properties/convergence/properties/metric/enum",keyword:"enum",params:{allowedValues: schema11.properties.spec.properties.convergence.properties.metric.enum},message:"must be equal to one of the allowed values"};
if(vErrors === null){
vErrors = [err139];
}
else {
vErrors.push(err139);
}
errors++;
}
}
let data48 = data46.mode;
if(typeof data48 !== "string"){
const err140 = {instancePath:instancePath+"/spec/convergence/mode",schemaPath:"#/properties/spec/properties/convergence/properties/mode/type",keyword:"type",params:{type: "string"},message:"must be string"};
if(vErrors === null){
vErrors = [err140];
}
else {
vErrors.push(err140);
}
errors++;
}
if(!((data48 === "Min") || (data48 === "Max"))){
const err141 = {instancePath:instancePath+"/spec/convergence/mode",schemaPath:"#/properties/spec/properties/convergence/properties/mode/enum",keyword:"enum",params:{allowedValues: schema11.properties.spec.properties.convergence.properties.mode.enum},message:"must be equal to one of the allowed values"};
if(vErrors === null){
vErrors = [err141];
}
else {
vErrors.push(err141);
}
errors++;
}
if(data46.target !== undefined){
let data49 = data46.target;
if(typeof data49 === "string"){
if(func3(data49) > 32){
const err142 = {instancePath:instancePath+"/spec/convergence/target",schemaPath:"#/properties/spec/properties/convergence/properties/target/maxLength",keyword:"maxLength",params:{limit: 32},message:"must NOT have more than 32 characters"};
if(vErrors === null){
vErrors = [err142];
}
else {
vErrors.push(err142);
}
errors++;
}
if(!pattern2.test(data49)){
const err143 = {instancePath:instancePath+"/spec/convergence/target",schemaPath:"#/properties/spec/properties/convergence/properties/target/pattern",keyword:"pattern",params:{pattern: "^[-+]?([0-9]+\\.?[0-9]*|\\.[0-9]+)([eE][-+]?[0-9]{1,2})?$"},message:"must match pattern \""+"^[-+]?([0-9]+\\.?[0-9]*|\\.[0-9]+)([eE][-+]?[0-9]{1,2})?$"+"\""};
if(vErrors === null){
vErrors = [err143];
}
else {
vErrors.push(err143);
}
errors++;
}
}
else {
const err144 = {instancePath:instancePath+"/spec/convergence/target",schemaPath:"#/properties/spec/properties/convergence/properties/target/type",keyword:"type",params:{type: "string"},message:"must be string"};
if(vErrors === null){
vErrors = [err144];
}
else {
vErrors.push(err144);
}
errors++;
}
}
if(data46.patience !== undefined){
let data50 = data46.patience;
if(!((typeof data50 == "number") && (!(data50 % 1) && !isNaN(data50)))){
const err145 = {instancePath:instancePath+"/spec/convergence/patience",schemaPath:"#/properties/spec/properties/convergence/properties/patience/type",keyword:"type",params:{type: "integer"},message:"must be integer"};
if(vErrors === null){
vErrors = [err145];
}
else {
vErrors.push(err145);
}
errors++;
}
if(typeof data50 == "number"){
if(data50 > 10000 || isNaN(data50)){
const err146 = {instancePath:instancePath+"/spec/convergence/patience",schemaPath:"#/properties/spec/properties/convergence/properties/patience/maximum",keyword:"maximum",params:{comparison: "<=", limit: 10000},message:"must be <= 10000"};
if(vErrors === null){
vErrors = [err146];
}
else {
vErrors.push(err146);
}
errors++;
}
if(data50 < 1 || isNaN(data50)){
const err147 = {instancePath:instancePath+"/spec/convergence/patience",schemaPath:"#/properties/spec/properties/convergence/properties/patience/minimum",keyword:"minimum",params:{comparison: ">=", limit: 1},message:"must be >= 1"};
if(vErrors === null){
vErrors = [err147];
}
else {
vErrors.push(err147);
}
errors++;
}
}
}
let data51 = data46.minDelta;
if(typeof data51 === "string"){
if(func3(data51) > 32){
const err148 = {instancePath:instancePath+"/spec/convergence/minDelta",schemaPath:"#/properties/spec/properties/convergence/properties/minDelta/maxLength",keyword:"maxLength",params:{limit: 32},message:"must NOT have more than 32 characters"};
if(vErrors === null){
vErrors = [err148];
}
else {
vErrors.push(err148);
}
errors++;
}
if(!pattern2.test(data51)){
const err149 = {instancePath:instancePath+"/spec/convergence/minDelta",schemaPath:"#/properties/spec/properties/convergence/properties/minDelta/pattern",keyword:"pattern",params:{pattern: "^[-+]?([0-9]+\\.?[0-9]*|\\.[0-9]+)([eE][-+]?[0-9]{1,2})?$"},message:"must match pattern \""+"^[-+]?([0-9]+\\.?[0-9]*|\\.[0-9]+)([eE][-+]?[0-9]{1,2})?$"+"\""};
if(vErrors === null){
vErrors = [err149];
}
else {
vErrors.push(err149);
}
errors++;
}
}
else {
const err150 = {instancePath:instancePath+"/spec/convergence/minDelta",schemaPath:"#/properties/spec/properties/convergence/properties/minDelta/type",keyword:"type",params:{type: "string"},message:"must be string"};
if(vErrors === null){
vErrors = [err150];
}
else {
vErrors.push(err150);
}
errors++;
}
}
else {
const err151 = {instancePath:instancePath+"/spec/convergence",schemaPath:"#/properties/spec/properties/convergence/type",keyword:"type",params:{type: "object"},message:"must be object"};
if(vErrors === null){
vErrors = [err151];
}
else {
vErrors.push(err151);
}
errors++;
}
}
let data52 = data3.privacy;
if(data52 && typeof data52 == "object" && !Array.isArray(data52)){
if(data52.secureAggregation === undefined){
data52.secureAggregation = {};
}
for(const key16 in data52){
if(!(key16 === "secureAggregation")){
const err152 = {instancePath:instancePath+"/spec/privacy",schemaPath:"#/properties/spec/properties/privacy/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key16},message:"must NOT have additional properties"};
if(vErrors === null){
vErrors = [err152];
}
else {
vErrors.push(err152);
}
errors++;
}
}
let data53 = data52.secureAggregation;
if(data53 && typeof data53 == "object" && !Array.isArray(data53)){
if(data53.protocol === undefined){
data53.protocol = "Masking";
}
for(const key17 in data53){
if(!(((key17 === "protocol") || (key17 === "minOrganisations")) || (key17 === "threshold"))){
const err153 = {instancePath:instancePath+"/spec/privacy/secureAggregation",schemaPath:"#/properties/spec/properties/privacy/properties/secureAggregation/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key17},message:"must NOT have additional properties"};
if(vErrors === null){
vErrors = [err153];
}
else {
vErrors.push(err153);
}
errors++;
}
}
let data54 = data53.protocol;
if(typeof data54 !== "string"){
const err154 = {instancePath:instancePath+"/spec/privacy/secureAggregation/protocol",schemaPath:"#/properties/spec/properties/privacy/properties/secureAggregation/properties/protocol/type",keyword:"type",params:{type: "string"},message:"must be string"};
if(vErrors === null){
vErrors = [err154];
}
else {
vErrors.push(err154);
}
errors++;
}
if(!((data54 === "Masking") || (data54 === "None"))){
const err155 = {instancePath:instancePath+"/spec/privacy/secureAggregation/protocol",schemaPath:"#/properties/spec/properties/privacy/properties/secureAggregation/properties/protocol/enum",keyword:"enum",params:{allowedValues: schema11.properties.spec.properties.privacy.properties.secureAggregation.properties.protocol.enum},message:"must be equal to one of the allowed values"};
if(vErrors === null){
vErrors = [err155];
}
else {
vErrors.push(err155);
}
errors++;
}
if(data53.minOrganisations !== undefined){
let data55 = data53.minOrganisations;
if(!((typeof data55 == "number") && (!(data55 % 1) && !isNaN(data55)))){
const err156 = {instancePath:instancePath+"/spec/privacy/secureAggregation/minOrganisations",schemaPath:"#/properties/spec/properties/privacy/properties/secureAggregation/properties/minOrganisations/type",keyword:"type",params:{type: "integer"},message:"must be integer"};
if(vErrors === null){
vErrors = [err156];
}
else {
vErrors.push(err156);
}
errors++;
}
if(typeof data55 == "number"){
if(data55 > 100 || isNaN(data55)){
const err157 = {instancePath:instancePath+"/spec/privacy/secureAggregation/minOrganisations",schemaPath:"#/properties/spec/properties/privacy/properties/secureAggregation/properties/minOrganisations/maximum",keyword:"maximum",params:{comparison: "<=", limit: 100},message:"must be <= 100"};
if(vErrors === null){
vErrors = [err157];
}
else {
vErrors.push(err157);
}
errors++;
}
if(data55 < 1 || isNaN(data55)){
const err158 = {instancePath:instancePath+"/spec/privacy/secureAggregation/minOrganisations",schemaPath:"#/properties/spec/properties/privacy/properties/secureAggregation/properties/minOrganisations/minimum",keyword:"minimum",params:{comparison: ">=", limit: 1},message:"must be >= 1"};
if(vErrors === null){
vErrors = [err158];
}
else {
vErrors.push(err158);
}
errors++;
}
}
}
if(data53.threshold !== undefined){
let data56 = data53.threshold;
if(!((typeof data56 == "number") && (!(data56 % 1) && !isNaN(data56)))){
const err159 = {instancePath:instancePath+"/spec/privacy/secureAggregation/threshold",schemaPath:"#/properties/spec/properties/privacy/properties/secureAggregation/properties/threshold/type",keyword:"type",params:{type: "integer"},message:"must be integer"};
if(vErrors === null){
vErrors = [err159];
}
else {
vErrors.push(err159);
}
errors++;
}
if(typeof data56 == "number"){
if(data56 > 25600 || isNaN(data56)){
const err160 = {instancePath:instancePath+"/spec/privacy/secureAggregation/threshold",schemaPath:"#/properties/spec/properties/privacy/properties/secureAggregation/properties/threshold/maximum",keyword:"maximum",params:{comparison: "<=", limit: 25600},message:"must be <= 25600"};
if(vErrors === null){
vErrors = [err160];
}
else {
vErrors.push(err160);
}
errors++;
}
if(data56 < 3 || isNaN(data56)){
const err161 = {instancePath:instancePath+"/spec/privacy/secureAggregation/threshold",schemaPath:"#/properties/spec/properties/privacy/properties/secureAggregation/properties/threshold/minimum",keyword:"minimum",params:{comparison: ">=", limit: 3},message:"must be >= 3"};
if(vErrors === null){
vErrors = [err161];
}
else {
vErrors.push(err161);
}
errors++;
}
}
}
}
else {
const err162 = {instancePath:instancePath+"/spec/privacy/secureAggregation",schemaPath:"#/properties/spec/properties/privacy/properties/secureAggregation/type",keyword:"type",params:{type: "object"},message:"must be object"};
if(vErrors === null){
vErrors = [err162];
}
else {
vErrors.push(err162);
}
errors++;
}
}
else {
const err163 = {instancePath:instancePath+"/spec/privacy",schemaPath:"#/properties/spec/properties/privacy/type",keyword:"type",params:{type: "object"},message:"must be object"};
if(vErrors === null){
vErrors = [err163];
}
else {
vErrors.push(err163);
}
errors++;
}
let data57 = data3.communication;
if(data57 && typeof data57 == "object" && !Array.isArray(data57)){
if(data57.initialStep === undefined){
data57.initialStep = "2^-20";
}
for(const key18 in data57){
if(!(key18 === "initialStep")){
const err164 = {instancePath:instancePath+"/spec/communication",schemaPath:"#/properties/spec/properties/communication/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key18},message:"must NOT have additional properties"};
if(vErrors === null){
vErrors = [err164];
}
else {
vErrors.push(err164);
}
errors++;
}
}
let data58 = data57.initialStep;
if(typeof data58 === "string"){
if(func3(data58) > 32){
const err165 = {instancePath:instancePath+"/spec/communication/initialStep",schemaPath:"#/properties/spec/properties/communication/properties/initialStep/maxLength",keyword:"maxLength",params:{limit: 32},message:"must NOT have more than 32 characters"};
if(vErrors === null){
vErrors = [err165];
}
else {
vErrors.push(err165);
}
errors++;
}
if(!pattern12.test(data58)){
const err166 = {instancePath:instancePath+"/spec/communication/initialStep",schemaPath:"#/properties/spec/properties/communication/properties/initialStep/pattern",keyword:"pattern",params:{pattern: "^2\\^-?([0-9]|[0-8][0-9]|9[0-6])$"},message:"must match pattern \""+"^2\\^-?([0-9]|[0-8][0-9]|9[0-6])$"+"\""};
if(vErrors === null){
vErrors = [err166];
}
else {
vErrors.push(err166);
}
errors++;
}
}
else {
const err167 = {instancePath:instancePath+"/spec/communication/initialStep",schemaPath:"#/properties/spec/properties/communication/properties/initialStep/type",keyword:"type",params:{type: "string"},message:"must be string"};
if(vErrors === null){
vErrors = [err167];
}
else {
vErrors.push(err167);
}
errors++;
}
}
else {
const err168 = {instancePath:instancePath+"/spec/communication",schemaPath:"#/properties/spec/properties/communication/type",keyword:"type",params:{type: "object"},message:"must be object"};
if(vErrors === null){
vErrors = [err168];
}
else {
vErrors.push(err168);
}
errors++;
}
let data59 = data3.failurePolicy;
if(data59 && typeof data59 == "object" && !Array.isArray(data59)){
if(data59.workerRestartLimit === undefined){
data59.workerRestartLimit = 10;
}
for(const key19 in data59){
if(!(key19 === "workerRestartLimit")){
const err169 = {instancePath:instancePath+"/spec/failurePolicy",schemaPath:"#/properties/spec/properties/failurePolicy/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key19},message:"must NOT have additional properties"};
if(vErrors === null){
vErrors = [err169];
}
else {
vErrors.push(err169);
}
errors++;
}
}
let data60 = data59.workerRestartLimit;
if(!((typeof data60 == "number") && (!(data60 % 1) && !isNaN(data60)))){
const err170 = {instancePath:instancePath+"/spec/failurePolicy/workerRestartLimit",schemaPath:"#/properties/spec/properties/failurePolicy/properties/workerRestartLimit/type",keyword:"type",params:{type: "integer"},message:"must be integer"};
if(vErrors === null){
vErrors = [err170];
}
else {
vErrors.push(err170);
}
errors++;
}
if(typeof data60 == "number"){
if(data60 > 1000 || isNaN(data60)){
const err171 = {instancePath:instancePath+"/spec/failurePolicy/workerRestartLimit",schemaPath:"#/properties/spec/properties/failurePolicy/properties/workerRestartLimit/maximum",keyword:"maximum",params:{comparison: "<=", limit: 1000},message:"must be <= 1000"};
if(vErrors === null){
vErrors = [err171];
}
else {
vErrors.push(err171);
}
errors++;
}
if(data60 < 0 || isNaN(data60)){
const err172 = {instancePath:instancePath+"/spec/failurePolicy/workerRestartLimit",schemaPath:"#/properties/spec/properties/failurePolicy/properties/workerRestartLimit/minimum",keyword:"minimum",params:{comparison: ">=", limit: 0},message:"must be >= 0"};
if(vErrors === null){
vErrors = [err172];
}
else {
vErrors.push(err172);
}
errors++;
}
}
}
else {
const err173 = {instancePath:instancePath+"/spec/failurePolicy",schemaPath:"#/properties/spec/properties/failurePolicy/type",keyword:"type",params:{type: "object"},message:"must be object"};
if(vErrors === null){
vErrors = [err173];
}
else {
vErrors.push(err173);
}
errors++;
}
if(data3.output !== undefined){
let data61 = data3.output;
if(data61 && typeof data61 == "object" && !Array.isArray(data61)){
if(data61.persistentVolumeClaim === undefined){
const err174 = {instancePath:instancePath+"/spec/output",schemaPath:"#/properties/spec/properties/output/required",keyword:"required",params:{missingProperty: "persistentVolumeClaim"},message:"must have required property '"+"persistentVolumeClaim"+"'"};
if(vErrors === null){
vErrors = [err174];
}
else {
vErrors.push(err174);
}
errors++;
}
for(const key20 in data61){
if(!(key20 === "persistentVolumeClaim")){
const err175 = {instancePath:instancePath+"/spec/output",schemaPath:"#/properties/spec/properties/output/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key20},message:"must NOT have additional properties"};
if(vErrors === null){
vErrors = [err175];
}
else {
vErrors.push(err175);
}
errors++;
}
}
if(data61.persistentVolumeClaim !== undefined){
let data62 = data61.persistentVolumeClaim;
if(typeof data62 === "string"){
if(func3(data62) > 253){
const err176 = {instancePath:instancePath+"/spec/output/persistentVolumeClaim",schemaPath:"#/properties/spec/properties/output/properties/persistentVolumeClaim/maxLength",keyword:"maxLength",params:{limit: 253},message:"must NOT have more than 253 characters"};
if(vErrors === null){
vErrors = [err176];
}
else {
vErrors.push(err176);
}
errors++;
}
if(func3(data62) < 1){
const err177 = {instancePath:instancePath+"/spec/output/persistentVolumeClaim",schemaPath:"#/properties/spec/properties/output/properties/persistentVolumeClaim/minLength",keyword:"minLength",params:{limit: 1},message:"must NOT have fewer than 1 characters"};
if(vErrors === null){
vErrors = [err177];
}
else {
vErrors.push(err177);
}
errors++;
}
if(!pattern0.test(data62)){
const err178 = {instancePath:instancePath+"/spec/output/persistentVolumeClaim",schemaPath:"#/properties/spec/properties/output/properties/persistentVolumeClaim/pattern",keyword:"pattern",params:{pattern: "^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$"},message:"must match pattern \""+"^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$"+"\""};
if(vErrors === null){
vErrors = [err178];
}
else {
vErrors.push(err178);
}
errors++;
}
}
else {
const err179 = {instancePath:instancePath+"/spec/output/persistentVolumeClaim",schemaPath:"#/properties/spec/properties/output/properties/persistentVolumeClaim/type",keyword:"type",params:{type: "string"},message:"must be string"};
if(vErrors === null){
vErrors = [err179];
}
else {
vErrors.push(err179);
}
errors++;
}
}
}
else {
const err180 = {instancePath:instancePath+"/spec/output",schemaPath:"#/properties/spec/properties/output/type",keyword:"type",params:{type: "object"},message:"must be object"};
if(vErrors === null){
vErrors = [err180];
}
else {
vErrors.push(err180);
}
errors++;
}
}
if(typeof data3.suspend !== "boolean"){
const err181 = {instancePath:instancePath+"/spec/suspend",schemaPath:"#/properties/spec/properties/suspend/type",keyword:"type",params:{type: "boolean"},message:"must be boolean"};
if(vErrors === null){
vErrors = [err181];
}
else {
vErrors.push(err181);
}
errors++;
}
if(data3.ttlSecondsAfterFinished !== undefined){
let data64 = data3.ttlSecondsAfterFinished;
if(!((typeof data64 == "number") && (!(data64 % 1) && !isNaN(data64)))){
const err182 = {instancePath:instancePath+"/spec/ttlSecondsAfterFinished",schemaPath:"#/properties/spec/properties/ttlSecondsAfterFinished/type",keyword:"type",params:{type: "integer"},message:"must be integer"};
if(vErrors === null){
vErrors = [err182];
}
else {
vErrors.push(err182);
}
errors++;
}
if(typeof data64 == "number"){
if(data64 > 31536000 || isNaN(data64)){
const err183 = {instancePath:instancePath+"/spec/ttlSecondsAfterFinished",schemaPath:"#/properties/spec/properties/ttlSecondsAfterFinished/maximum",keyword:"maximum",params:{comparison: "<=", limit: 31536000},message:"must be <= 31536000"};
if(vErrors === null){
vErrors = [err183];
}
else {
vErrors.push(err183);
}
errors++;
}
if(data64 < 0 || isNaN(data64)){
const err184 = {instancePath:instancePath+"/spec/ttlSecondsAfterFinished",schemaPath:"#/properties/spec/properties/ttlSecondsAfterFinished/minimum",keyword:"minimum",params:{comparison: ">=", limit: 0},message:"must be >= 0"};
if(vErrors === null){
vErrors = [err184];
}
else {
vErrors.push(err184);
}
errors++;
}
}
}
let data65 = data3.roundHistoryLimit;
if(!((typeof data65 == "number") && (!(data65 % 1) && !isNaN(data65)))){
const err185 = {instancePath:instancePath+"/spec/roundHistoryLimit",schemaPath:"#/properties/spec/properties/roundHistoryLimit/type",keyword:"type",params:{type: "integer"},message:"must be integer"};
if(vErrors === null){
vErrors = [err185];
}
else {
vErrors.push(err185);
}
errors++;
}
if(typeof data65 == "number"){
if(data65 > 100 || isNaN(data65)){
const err186 = {instancePath:instancePath+"/spec/roundHistoryLimit",schemaPath:"#/properties/spec/properties/roundHistoryLimit/maximum",keyword:"maximum",params:{comparison: "<=", limit: 100},message:"must be <= 100"};
if(vErrors === null){
vErrors = [err186];
}
else {
vErrors.push(err186);
}
errors++;
}
if(data65 < 0 || isNaN(data65)){
const err187 = {instancePath:instancePath+"/spec/roundHistoryLimit",schemaPath:"#/properties/spec/properties/roundHistoryLimit/minimum",keyword:"minimum",params:{comparison: ">=", limit: 0},message:"must be >= 0"};
if(vErrors === null){
vErrors = [err187];
}
else {
vErrors.push(err187);
}
errors++;
}
}
}
else {
const err188 = {instancePath:instancePath+"/spec",schemaPath:"#/properties/spec/type",keyword:"type",params:{type: "object"},message:"must be object"};
if(vErrors === null){
vErrors = [err188];
}
else {
vErrors.push(err188);
}
errors++;
}
}
if(data.status !== undefined){
let data66 = data.status;
if(data66 && typeof data66 == "object" && !Array.isArray(data66)){
for(const key21 in data66){
if(!(func2.call(schema11.properties.status.properties, key21))){
const err189 = {instancePath:instancePath+"/status",schemaPath:"#/properties/status/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key21},message:"must NOT have additional properties"};
if(vErrors === null){
vErrors = [err189];
}
else {
vErrors.push(err189);
}
errors++;
}
}
if(data66.observedGeneration !== undefined){
let data67 = data66.observedGeneration;
if(!((typeof data67 == "number") && (!(data67 % 1) && !isNaN(data67)))){
const err190 = {instancePath:instancePath+"/status/observedGeneration",schemaPath:"#/properties/status/properties/observedGeneration/type",keyword:"type",params:{type: "integer"},message:"must be integer"};
if(vErrors === null){
vErrors = [err190];
}
else {
vErrors.push(err190);
}
errors++;
}
}
if(data66.phase !== undefined){
let data68 = data66.phase;
if(typeof data68 === "string"){
if(func3(data68) > 32){
const err191 = {instancePath:instancePath+"/status/phase",schemaPath:"#/properties/status/properties/phase/maxLength",keyword:"maxLength",params:{limit: 32},message:"must NOT have more than 32 characters"};
if(vErrors === null){
vErrors = [err191];
}
else {
vErrors.push(err191);
}
errors++;
}
}
else {
const err192 = {instancePath:instancePath+"/status/phase",schemaPath:"#/properties/status/properties/phase/type",keyword:"type",params:{type: "string"},message:"must be string"};
if(vErrors === null){
vErrors = [err192];
}
else {
vErrors.push(err192);
}
errors++;
}
}
if(data66.reason !== undefined){
let data69 = data66.reason;
if(typeof data69 === "string"){
if(func3(data69) > 64){
const err193 = {instancePath:instancePath+"/status/reason",schemaPath:"#/properties/status/properties/reason/maxLength",keyword:"maxLength",params:{limit: 64},message:"must NOT have more than 64 characters"};
if(vErrors === null){
vErrors = [err193];
}
else {
vErrors.push(err193);
}
errors++;
}
}
else {
const err194 = {instancePath:instancePath+"/status/reason",schemaPath:"#/properties/status/properties/reason/type",keyword:"type",params:{type: "string"},message:"must be string"};
if(vErrors === null){
vErrors = [err194];
}
else {
vErrors.push(err194);
}
errors++;
}
}
if(data66.startTime !== undefined){
if(!(typeof data66.startTime === "string")){
const err195 = {instancePath:instancePath+"/status/startTime",schemaPath:"#/properties/status/properties/startTime/type",keyword:"type",params:{type: "string"},message:"must be string"};
if(vErrors === null){
vErrors = [err195];
}
else {
vErrors.push(err195);
}
errors++;
}
}
if(data66.completionTime !== undefined){
if(!(typeof data66.completionTime === "string")){
const err196 = {instancePath:instancePath+"/status/completionTime",schemaPath:"#/properties/status/properties/completionTime/type",keyword:"type",params:{type: "string"},message:"must be string"};
if(vErrors === null){
vErrors = [err196];
}
else {
vErrors.push(err196);
}
errors++;
}
}
if(data66.round !== undefined){
let data72 = data66.round;
if(data72 && typeof data72 == "object" && !Array.isArray(data72)){
for(const key22 in data72){
if(!((((((key22 === "current") || (key22 === "committed")) || (key22 === "failed")) || (key22 === "stage")) || (key22 === "phase")) || (key22 === "summary"))){
const err197 = {instancePath:instancePath+"/status/round",schemaPath:"#/properties/status/properties/round/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key22},message:"must NOT have additional properties"};
if(vErrors === null){
vErrors = [err197];
}
else {
vErrors.push(err197);
}
errors++;
}
}
if(data72.current !== undefined){
let data73 = data72.current;
if(!((typeof data73 == "number") && (!(data73 % 1) && !isNaN(data73)))){
const err198 = {instancePath:instancePath+"/status/round/current",schemaPath:"#/properties/status/properties/round/properties/current/type",keyword:"type",params:{type: "integer"},message:"must be integer"};
if(vErrors === null){
vErrors = [err198];
}
else {
vErrors.push(err198);
}
errors++;
}
}
if(data72.committed !== undefined){
let data74 = data72.committed;
if(!((typeof data74 == "number") && (!(data74 % 1) && !isNaN(data74)))){
const err199 = {instancePath:instancePath+"/status/round/committed",schemaPath:"#/properties/status/properties/round/properties/committed/type",keyword:"type",params:{type: "integer"},message:"must be integer"};
if(vErrors === null){
vErrors = [err199];
}
else {
vErrors.push(err199);
}
errors++;
}
}
if(data72.failed !== undefined){
let data75 = data72.failed;
if(!((typeof data75 == "number") && (!(data75 % 1) && !isNaN(data75)))){
const err200 = {instancePath:instancePath+"/status/round/failed",schemaPath:"#/properties/status/properties/round/properties/failed/type",keyword:"type",params:{type: "integer"},message:"must be integer"};
if(vErrors === null){
vErrors = [err200];
}
else {
vErrors.push(err200);
}
errors++;
}
}
if(data72.stage !== undefined){
let data76 = data72.stage;
if(typeof data76 === "string"){
if(func3(data76) > 32){
const err201 = {instancePath:instancePath+"/status/round/stage",schemaPath:"#/properties/status/properties/round/properties/stage/maxLength",keyword:"maxLength",params:{limit: 32},message:"must NOT have more than 32 characters"};
if(vErrors === null){
vErrors = [err201];
}
else {
vErrors.push(err201);
}
errors++;
}
}
else {
const err202 = {instancePath:instancePath+"/status/round/stage",schemaPath:"#/properties/status/properties/round/properties/stage/type",keyword:"type",params:{type: "string"},message:"must be string"};
if(vErrors === null){
vErrors = [err202];
}
else {
vErrors.push(err202);
}
errors++;
}
}
if(data72.phase !== undefined){
let data77 = data72.phase;
if(typeof data77 === "string"){
if(func3(data77) > 32){
const err203 = {instancePath:instancePath+"/status/round/phase",schemaPath:"#/properties/status/properties/round/properties/phase/maxLength",keyword:"maxLength",params:{limit: 32},message:"must NOT have more than 32 characters"};
if(vErrors === null){
vErrors = [err203];
}
else {
vErrors.push(err203);
}
errors++;
}
}
else {
const err204 = {instancePath:instancePath+"/status/round/phase",schemaPath:"#/properties/status/properties/round/properties/phase/type",keyword:"type",params:{type: "string"},message:"must be string"};
if(vErrors === null){
vErrors = [err204];
}
else {
vErrors.push(err204);
}
errors++;
}
}
if(data72.summary !== undefined){
let data78 = data72.summary;
if(typeof data78 === "string"){
if(func3(data78) > 32){
const err205 = {instancePath:instancePath+"/status/round/summary",schemaPath:"#/properties/status/properties/round/properties/summary/maxLength",keyword:"maxLength",params:{limit: 32},message:"must NOT have more than 32 characters"};
if(vErrors === null){
vErrors = [err205];
}
else {
vErrors.push(err205);
}
errors++;
}
}
else {
const err206 = {instancePath:instancePath+"/status/round/summary",schemaPath:"#/properties/status/properties/round/properties/summary/type",keyword:"type",params:{type: "string"},message:"must be string"};
if(vErrors === null){
vErrors = [err206];
}
else {
vErrors.push(err206);
}
errors++;
}
}
}
else {
const err207 = {instancePath:instancePath+"/status/round",schemaPath:"#/properties/status/properties/round/type",keyword:"type",params:{type: "object"},message:"must be object"};
if(vErrors === null){
vErrors = [err207];
}
else {
vErrors.push(err207);
}
errors++;
}
}
if(data66.metrics !== undefined){
let data79 = data66.metrics;
if(Array.isArray(data79)){
if(data79.length > 32){
const err208 = {instancePath:instancePath+"/status/metrics",schemaPath:"#/properties/status/properties/metrics/maxItems",keyword:"maxItems",params:{limit: 32},message:"must NOT have more than 32 items"};
if(vErrors === null){
vErrors = [err208];
}
else {
vErrors.push(err208);
}
errors++;
}
const len2 = data79.length;
for(let i2=0; i2<len2; i2++){
let data80 = data79[i2];
if(data80 && typeof data80 == "object" && !Array.isArray(data80)){
if(data80.name === undefined){
const err209 = {instancePath:instancePath+"/status/metrics/" + i2,schemaPath:"#/properties/status/properties/metrics/items/required",keyword:"required",params:{missingProperty: "name"},message:"must have required property '"+"name"+"'"};
if(vErrors === null){
vErrors = [err209];
}
else {
vErrors.push(err209);
}
errors++;
}
if(data80.value === undefined){
const err210 = {instancePath:instancePath+"/status/metrics/" + i2,schemaPath:"#/properties/status/properties/metrics/items/required",keyword:"required",params:{missingProperty: "value"},message:"must have required property '"+"value"+"'"};
if(vErrors === null){
vErrors = [err210];
}
else {
vErrors.push(err210);
}
errors++;
}
if(data80.round === undefined){
const err211 = {instancePath:instancePath+"/status/metrics/" + i2,schemaPath:"#/properties/status/properties/metrics/items/required",keyword:"required",params:{missingProperty: "round"},message:"must have required property '"+"round"+"'"};
if(vErrors === null){
vErrors = [err211];
}
else {
vErrors.push(err211);
}
errors++;
}
for(const key23 in data80){
if(!(((key23 === "name") || (key23 === "value")) || (key23 === "round"))){
const err212 = {instancePath:instancePath+"/status/metrics/" + i2,schemaPath:"#/properties/status/properties/metrics/items/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key23},message:"must NOT have additional properties"};
if(vErrors === null){
vErrors = [err212];
}
else {
vErrors.push(err212);
}
errors++;
}
}
if(data80.name !== undefined){
let data81 = data80.name;
if(typeof data81 === "string"){
if(func3(data81) > 64){
const err213 = {instancePath:instancePath+"/status/metrics/" + i2+"/name",schemaPath:"#/properties/status/properties/metrics/items/properties/name/maxLength",keyword:"maxLength",params:{limit: 64},message:"must NOT have more than 64 characters"};
if(vErrors === null){
vErrors = [err213];
}
else {
vErrors.push(err213);
}
errors++;
}
}
else {
const err214 = {instancePath:instancePath+"/status/metrics/" + i2+"/name",schemaPath:"#/properties/status/properties/metrics/items/properties/name/type",keyword:"type",params:{type: "string"},message:"must be string"};
if(vErrors === null){
vErrors = [err214];
}
else {
vErrors.push(err214);
}
errors++;
}
}
if(data80.value !== undefined){
let data82 = data80.value;
if(typeof data82 === "string"){
if(func3(data82) > 64){
const err215 = {instancePath:instancePath+"/status/metrics/" + i2+"/value",schemaPath:"#/properties/status/properties/metrics/items/properties/value/maxLength",keyword:"maxLength",params:{limit: 64},message:"must NOT have more than 64 characters"};
if(vErrors === null){
vErrors = [err215];
}
else {
vErrors.push(err215);
}
errors++;
}
}
else {
const err216 = {instancePath:instancePath+"/status/metrics/" + i2+"/value",schemaPath:"#/properties/status/properties/metrics/items/properties/value/type",keyword:"type",params:{type: "string"},message:"must be string"};
if(vErrors === null){
vErrors = [err216];
}
else {
vErrors.push(err216);
}
errors++;
}
}
if(data80.round !== undefined){
let data83 = data80.round;
if(!((typeof data83 == "number") && (!(data83 % 1) && !isNaN(data83)))){
const err217 = {instancePath:instancePath+"/status/metrics/" + i2+"/round",schemaPath:"#/properties/status/properties/metrics/items/properties/round/type",keyword:"type",params:{type: "integer"},message:"must be integer"};
if(vErrors === null){
vErrors = [err217];
}
else {
vErrors.push(err217);
}
errors++;
}
}
}
else {
const err218 = {instancePath:instancePath+"/status/metrics/" + i2,schemaPath:"#/properties/status/properties/metrics/items/type",keyword:"type",params:{type: "object"},message:"must be object"};
if(vErrors === null){
vErrors = [err218];
}
else {
vErrors.push(err218);
}
errors++;
}
}
}
else {
const err219 = {instancePath:instancePath+"/status/metrics",schemaPath:"#/properties/status/properties/metrics/type",keyword:"type",params:{type: "array"},message:"must be array"};
if(vErrors === null){
vErrors = [err219];
}
else {
vErrors.push(err219);
}
errors++;
}
}
if(data66.convergence !== undefined){
let data84 = data66.convergence;
if(data84 && typeof data84 == "object" && !Array.isArray(data84)){
for(const key24 in data84){
if(!((((((key24 === "metric") || (key24 === "last")) || (key24 === "best")) || (key24 === "bestRound")) || (key24 === "initial")) || (key24 === "roundsWithoutImprovement"))){
const err220 = {instancePath:instancePath+"/status/convergence",schemaPath:"#/properties/status/properties/convergence/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key24},message:"must NOT have additional properties"};
if(vErrors === null){
vErrors = [err220];
}
else {
vErrors.push(err220);
}
errors++;
}
}
if(data84.metric !== undefined){
let data85 = data84.metric;
if(typeof data85 === "string"){
if(func3(data85) > 64){
const err221 = {instancePath:instancePath+"/status/convergence/metric",schemaPath:"#/properties/status/properties/convergence/properties/metric/maxLength",keyword:"maxLength",params:{limit: 64},message:"must NOT have more than 64 characters"};
if(vErrors === null){
vErrors = [err221];
}
else {
vErrors.push(err221);
}
errors++;
}
}
else {
const err222 = {instancePath:instancePath+"/status/convergence/metric",schemaPath:"#/properties/status/properties/convergence/properties/metric/type",keyword:"type",params:{type: "string"},message:"must be string"};
if(vErrors === null){
vErrors = [err222];
}
else {
vErrors.push(err222);
}
errors++;
}
}
if(data84.last !== undefined){
let data86 = data84.last;
if(typeof data86 === "string"){
if(func3(data86) > 64){
const err223 = {instancePath:instancePath+"/status/convergence/last",schemaPath:"#/properties/status/properties/convergence/properties/last/maxLength",keyword:"maxLength",params:{limit: 64},message:"must NOT have more than 64 characters"};
if(vErrors === null){
vErrors = [err223];
}
else {
vErrors.push(err223);
}
errors++;
}
}
else {
const err224 = {instancePath:instancePath+"/status/convergence/last",schemaPath:"#/properties/status/properties/convergence/properties/last/type",keyword:"type",params:{type: "string"},message:"must be string"};
if(vErrors === null){
vErrors = [err224];
}
else {
vErrors.push(err224);
}
errors++;
}
}
if(data84.best !== undefined){
let data87 = data84.best;
if(typeof data87 === "string"){
if(func3(data87) > 64){
const err225 = {instancePath:instancePath+"/status/convergence/best",schemaPath:"#/properties/status/properties/convergence/properties/best/maxLength",keyword:"maxLength",params:{limit: 64},message:"must NOT have more than 64 characters"};
if(vErrors === null){
vErrors = [err225];
}
else {
vErrors.push(err225);
}
errors++;
}
}
else {
const err226 = {instancePath:instancePath+"/status/convergence/best",schemaPath:"#/properties/status/properties/convergence/properties/best/type",keyword:"type",params:{type: "string"},message:"must be string"};
if(vErrors === null){
vErrors = [err226];
}
else {
vErrors.push(err226);
}
errors++;
}
}
if(data84.bestRound !== undefined){
let data88 = data84.bestRound;
if(!((typeof data88 == "number") && (!(data88 % 1) && !isNaN(data88)))){
const err227 = {instancePath:instancePath+"/status/convergence/bestRound",schemaPath:"#/properties/status/properties/convergence/properties/bestRound/type",keyword:"type",params:{type: "integer"},message:"must be integer"};
if(vErrors === null){
vErrors = [err227];
}
else {
vErrors.push(err227);
}
errors++;
}
}
if(data84.initial !== undefined){
let data89 = data84.initial;
if(typeof data89 === "string"){
if(func3(data89) > 64){
const err228 = {instancePath:instancePath+"/status/convergence/initial",schemaPath:"#/properties/status/properties/convergence/properties/initial/maxLength",keyword:"maxLength",params:{limit: 64},message:"must NOT have more than 64 characters"};
if(vErrors === null){
vErrors = [err228];
}
else {
vErrors.push(err228);
}
errors++;
}
}
else {
const err229 = {instancePath:instancePath+"/status/convergence/initial",schemaPath:"#/properties/status/properties/convergence/properties/initial/type",keyword:"type",params:{type: "string"},message:"must be string"};
if(vErrors === null){
vErrors = [err229];
}
else {
vErrors.push(err229);
}
errors++;
}
}
if(data84.roundsWithoutImprovement !== undefined){
let data90 = data84.roundsWithoutImprovement;
if(!((typeof data90 == "number") && (!(data90 % 1) && !isNaN(data90)))){
const err230 = {instancePath:instancePath+"/status/convergence/roundsWithoutImprovement",schemaPath:"#/properties/status/properties/convergence/properties/roundsWithoutImprovement/type",keyword:"type",params:{type: "integer"},message:"must be integer"};
if(vErrors === null){
vErrors = [err230];
}
else {
vErrors.push(err230);
}
errors++;
}
}
}
else {
const err231 = {instancePath:instancePath+"/status/convergence",schemaPath:"#/properties/status/properties/convergence/type",keyword:"type",params:{type: "object"},message:"must be object"};
if(vErrors === null){
vErrors = [err231];
}
else {
vErrors.push(err231);
}
errors++;
}
}
if(data66.clustersSummary !== undefined){
let data91 = data66.clustersSummary;
if(typeof data91 === "string"){
if(func3(data91) > 16){
const err232 = {instancePath:instancePath+"/status/clustersSummary",schemaPath:"#/properties/status/properties/clustersSummary/maxLength",keyword:"maxLength",params:{limit: 16},message:"must NOT have more than 16 characters"};
if(vErrors === null){
vErrors = [err232];
}
else {
vErrors.push(err232);
}
errors++;
}
}
else {
const err233 = {instancePath:instancePath+"/status/clustersSummary",schemaPath:"#/properties/status/properties/clustersSummary/type",keyword:"type",params:{type: "string"},message:"must be string"};
if(vErrors === null){
vErrors = [err233];
}
else {
vErrors.push(err233);
}
errors++;
}
}
if(data66.clusters !== undefined){
let data92 = data66.clusters;
if(Array.isArray(data92)){
if(data92.length > 100){
const err234 = {instancePath:instancePath+"/status/clusters",schemaPath:"#/properties/status/properties/clusters/maxItems",keyword:"maxItems",params:{limit: 100},message:"must NOT have more than 100 items"};
if(vErrors === null){
vErrors = [err234];
}
else {
vErrors.push(err234);
}
errors++;
}
const len3 = data92.length;
for(let i3=0; i3<len3; i3++){
let data93 = data92[i3];
if(data93 && typeof data93 == "object" && !Array.isArray(data93)){
if(data93.participant === undefined){
const err235 = {instancePath:instancePath+"/status/clusters/" + i3,schemaPath:"#/properties/status/properties/clusters/items/required",keyword:"required",params:{missingProperty: "participant"},message:"must have required property '"+"participant"+"'"};
if(vErrors === null){
vErrors = [err235];
}
else {
vErrors.push(err235);
}
errors++;
}
if(data93.cluster === undefined){
const err236 = {instancePath:instancePath+"/status/clusters/" + i3,schemaPath:"#/properties/status/properties/clusters/items/required",keyword:"required",params:{missingProperty: "cluster"},message:"must have required property '"+"cluster"+"'"};
if(vErrors === null){
vErrors = [err236];
}
else {
vErrors.push(err236);
}
errors++;
}
if(data93.state === undefined){
const err237 = {instancePath:instancePath+"/status/clusters/" + i3,schemaPath:"#/properties/status/properties/clusters/items/required",keyword:"required",params:{missingProperty: "state"},message:"must have required property '"+"state"+"'"};
if(vErrors === null){
vErrors = [err237];
}
else {
vErrors.push(err237);
}
errors++;
}
for(const key25 in data93){
if(!(func2.call(schema11.properties.status.properties.clusters.items.properties, key25))){
const err238 = {instancePath:instancePath+"/status/clusters/" + i3,schemaPath:"#/properties/status/properties/clusters/items/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key25},message:"must NOT have additional properties"};
if(vErrors === null){
vErrors = [err238];
}
else {
vErrors.push(err238);
}
errors++;
}
}
if(data93.participant !== undefined){
let data94 = data93.participant;
if(typeof data94 === "string"){
if(func3(data94) > 20){
const err239 = {instancePath:instancePath+"/status/clusters/" + i3+"/participant",schemaPath:"#/properties/status/properties/clusters/items/properties/participant/maxLength",keyword:"maxLength",params:{limit: 20},message:"must NOT have more than 20 characters"};
if(vErrors === null){
vErrors = [err239];
}
else {
vErrors.push(err239);
}
errors++;
}
}
else {
const err240 = {instancePath:instancePath+"/status/clusters/" + i3+"/participant",schemaPath:"#/properties/status/properties/clusters/items/properties/participant/type",keyword:"type",params:{type: "string"},message:"must be string"};
if(vErrors === null){
vErrors = [err240];
}
else {
vErrors.push(err240);
}
errors++;
}
}
if(data93.cluster !== undefined){
let data95 = data93.cluster;
if(typeof data95 === "string"){
if(func3(data95) > 63){
const err241 = {instancePath:instancePath+"/status/clusters/" + i3+"/cluster",schemaPath:"#/properties/status/properties/clusters/items/properties/cluster/maxLength",keyword:"maxLength",params:{limit: 63},message:"must NOT have more than 63 characters"};
if(vErrors === null){
vErrors = [err241];
}
else {
vErrors.push(err241);
}
errors++;
}
}
else {
const err242 = {instancePath:instancePath+"/status/clusters/" + i3+"/cluster",schemaPath:"#/properties/status/properties/clusters/items/properties/cluster/type",keyword:"type",params:{type: "string"},message:"must be string"};
if(vErrors === null){
vErrors = [err242];
}
else {
vErrors.push(err242);
}
errors++;
}
}
if(data93.state !== undefined){
let data96 = data93.state;
if(typeof data96 === "string"){
if(func3(data96) > 16){
const err243 = {instancePath:instancePath+"/status/clusters/" + i3+"/state",schemaPath:"#/properties/status/properties/clusters/items/properties/state/maxLength",keyword:"maxLength",params:{limit: 16},message:"must NOT have more than 16 characters"};
if(vErrors === null){
vErrors = [err243];
}
else {
vErrors.push(err243);
}
errors++;
}
}
else {
const err244 = {instancePath:instancePath+"/status/clusters/" + i3+"/state",schemaPath:"#/properties/status/properties/clusters/items/properties/state/type",keyword:"type",params:{type: "string"},message:"must be string"};
if(vErrors === null){
vErrors = [err244];
}
else {
vErrors.push(err244);
}
errors++;
}
}
if(data93.observedTime !== undefined){
if(!(typeof data93.observedTime === "string")){
const err245 = {instancePath:instancePath+"/status/clusters/" + i3+"/observedTime",schemaPath:"#/properties/status/properties/clusters/items/properties/observedTime/type",keyword:"type",params:{type: "string"},message:"must be string"};
if(vErrors === null){
vErrors = [err245];
}
else {
vErrors.push(err245);
}
errors++;
}
}
if(data93.ready !== undefined){
let data98 = data93.ready;
if(!((typeof data98 == "number") && (!(data98 % 1) && !isNaN(data98)))){
const err246 = {instancePath:instancePath+"/status/clusters/" + i3+"/ready",schemaPath:"#/properties/status/properties/clusters/items/properties/ready/type",keyword:"type",params:{type: "integer"},message:"must be integer"};
if(vErrors === null){
vErrors = [err246];
}
else {
vErrors.push(err246);
}
errors++;
}
}
if(data93.active !== undefined){
let data99 = data93.active;
if(!((typeof data99 == "number") && (!(data99 % 1) && !isNaN(data99)))){
const err247 = {instancePath:instancePath+"/status/clusters/" + i3+"/active",schemaPath:"#/properties/status/properties/clusters/items/properties/active/type",keyword:"type",params:{type: "integer"},message:"must be integer"};
if(vErrors === null){
vErrors = [err247];
}
else {
vErrors.push(err247);
}
errors++;
}
}
if(data93.failed !== undefined){
let data100 = data93.failed;
if(!((typeof data100 == "number") && (!(data100 % 1) && !isNaN(data100)))){
const err248 = {instancePath:instancePath+"/status/clusters/" + i3+"/failed",schemaPath:"#/properties/status/properties/clusters/items/properties/failed/type",keyword:"type",params:{type: "integer"},message:"must be integer"};
if(vErrors === null){
vErrors = [err248];
}
else {
vErrors.push(err248);
}
errors++;
}
}
if(data93.reason !== undefined){
let data101 = data93.reason;
if(typeof data101 === "string"){
if(func3(data101) > 64){
const err249 = {instancePath:instancePath+"/status/clusters/" + i3+"/reason",schemaPath:"#/properties/status/properties/clusters/items/properties/reason/maxLength",keyword:"maxLength",params:{limit: 64},message:"must NOT have more than 64 characters"};
if(vErrors === null){
vErrors = [err249];
}
else {
vErrors.push(err249);
}
errors++;
}
}
else {
const err250 = {instancePath:instancePath+"/status/clusters/" + i3+"/reason",schemaPath:"#/properties/status/properties/clusters/items/properties/reason/type",keyword:"type",params:{type: "string"},message:"must be string"};
if(vErrors === null){
vErrors = [err250];
}
else {
vErrors.push(err250);
}
errors++;
}
}
if(data93.message !== undefined){
let data102 = data93.message;
if(typeof data102 === "string"){
if(func3(data102) > 300){
const err251 = {instancePath:instancePath+"/status/clusters/" + i3+"/message",schemaPath:"#/properties/status/properties/clusters/items/properties/message/maxLength",keyword:"maxLength",params:{limit: 300},message:"must NOT have more than 300 characters"};
if(vErrors === null){
vErrors = [err251];
}
else {
vErrors.push(err251);
}
errors++;
}
}
else {
const err252 = {instancePath:instancePath+"/status/clusters/" + i3+"/message",schemaPath:"#/properties/status/properties/clusters/items/properties/message/type",keyword:"type",params:{type: "string"},message:"must be string"};
if(vErrors === null){
vErrors = [err252];
}
else {
vErrors.push(err252);
}
errors++;
}
}
}
else {
const err253 = {instancePath:instancePath+"/status/clusters/" + i3,schemaPath:"#/properties/status/properties/clusters/items/type",keyword:"type",params:{type: "object"},message:"must be object"};
if(vErrors === null){
vErrors = [err253];
}
else {
vErrors.push(err253);
}
errors++;
}
}
}
else {
const err254 = {instancePath:instancePath+"/status/clusters",schemaPath:"#/properties/status/properties/clusters/type",keyword:"type",params:{type: "array"},message:"must be array"};
if(vErrors === null){
vErrors = [err254];
}
else {
vErrors.push(err254);
}
errors++;
}
}
if(data66.placements !== undefined){
let data103 = data66.placements;
if(Array.isArray(data103)){
if(data103.length > 400){
const err255 = {instancePath:instancePath+"/status/placements",schemaPath:"#/properties/status/properties/placements/maxItems",keyword:"maxItems",params:{limit: 400},message:"must NOT have more than 400 items"};
if(vErrors === null){
vErrors = [err255];
}
else {
vErrors.push(err255);
}
errors++;
}
const len4 = data103.length;
for(let i4=0; i4<len4; i4++){
let data104 = data103[i4];
if(data104 && typeof data104 == "object" && !Array.isArray(data104)){
if(data104.participant === undefined){
const err256 = {instancePath:instancePath+"/status/placements/" + i4,schemaPath:"#/properties/status/properties/placements/items/required",keyword:"required",params:{missingProperty: "participant"},message:"must have required property '"+"participant"+"'"};
if(vErrors === null){
vErrors = [err256];
}
else {
vErrors.push(err256);
}
errors++;
}
if(data104.cluster === undefined){
const err257 = {instancePath:instancePath+"/status/placements/" + i4,schemaPath:"#/properties/status/properties/placements/items/required",keyword:"required",params:{missingProperty: "cluster"},message:"must have required property '"+"cluster"+"'"};
if(vErrors === null){
vErrors = [err257];
}
else {
vErrors.push(err257);
}
errors++;
}
if(data104.namespace === undefined){
const err258 = {instancePath:instancePath+"/status/placements/" + i4,schemaPath:"#/properties/status/properties/placements/items/required",keyword:"required",params:{missingProperty: "namespace"},message:"must have required property '"+"namespace"+"'"};
if(vErrors === null){
vErrors = [err258];
}
else {
vErrors.push(err258);
}
errors++;
}
if(data104.name === undefined){
const err259 = {instancePath:instancePath+"/status/placements/" + i4,schemaPath:"#/properties/status/properties/placements/items/required",keyword:"required",params:{missingProperty: "name"},message:"must have required property '"+"name"+"'"};
if(vErrors === null){
vErrors = [err259];
}
else {
vErrors.push(err259);
}
errors++;
}
if(data104.jobUid === undefined){
const err260 = {instancePath:instancePath+"/status/placements/" + i4,schemaPath:"#/properties/status/properties/placements/items/required",keyword:"required",params:{missingProperty: "jobUid"},message:"must have required property '"+"jobUid"+"'"};
if(vErrors === null){
vErrors = [err260];
}
else {
vErrors.push(err260);
}
errors++;
}
if(data104.state === undefined){
const err261 = {instancePath:instancePath+"/status/placements/" + i4,schemaPath:"#/properties/status/properties/placements/items/required",keyword:"required",params:{missingProperty: "state"},message:"must have required property '"+"state"+"'"};
if(vErrors === null){
vErrors = [err261];
}
else {
vErrors.push(err261);
}
errors++;
}
for(const key26 in data104){
if(!(((((((key26 === "participant") || (key26 === "cluster")) || (key26 === "namespace")) || (key26 === "name")) || (key26 === "jobUid")) || (key26 === "clusterUid")) || (key26 === "state"))){
const err262 = {instancePath:instancePath+"/status/placements/" + i4,schemaPath:"#/properties/status/properties/placements/items/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key26},message:"must NOT have additional properties"};
if(vErrors === null){
vErrors = [err262];
}
else {
vErrors.push(err262);
}
errors++;
}
}
if(data104.participant !== undefined){
let data105 = data104.participant;
if(typeof data105 === "string"){
if(func3(data105) > 63){
const err263 = {instancePath:instancePath+"/status/placements/" + i4+"/participant",schemaPath:"#/properties/status/properties/placements/items/properties/participant/maxLength",keyword:"maxLength",params:{limit: 63},message:"must NOT have more than 63 characters"};
if(vErrors === null){
vErrors = [err263];
}
else {
vErrors.push(err263);
}
errors++;
}
}
else {
const err264 = {instancePath:instancePath+"/status/placements/" + i4+"/participant",schemaPath:"#/properties/status/properties/placements/items/properties/participant/type",keyword:"type",params:{type: "string"},message:"must be string"};
if(vErrors === null){
vErrors = [err264];
}
else {
vErrors.push(err264);
}
errors++;
}
}
if(data104.cluster !== undefined){
let data106 = data104.cluster;
if(typeof data106 === "string"){
if(func3(data106) > 63){
const err265 = {instancePath:instancePath+"/status/placements/" + i4+"/cluster",schemaPath:"#/properties/status/properties/placements/items/properties/cluster/maxLength",keyword:"maxLength",params:{limit: 63},message:"must NOT have more than 63 characters"};
if(vErrors === null){
vErrors = [err265];
}
else {
vErrors.push(err265);
}
errors++;
}
}
else {
const err266 = {instancePath:instancePath+"/status/placements/" + i4+"/cluster",schemaPath:"#/properties/status/properties/placements/items/properties/cluster/type",keyword:"type",params:{type: "string"},message:"must be string"};
if(vErrors === null){
vErrors = [err266];
}
else {
vErrors.push(err266);
}
errors++;
}
}
if(data104.namespace !== undefined){
let data107 = data104.namespace;
if(typeof data107 === "string"){
if(func3(data107) > 63){
const err267 = {instancePath:instancePath+"/status/placements/" + i4+"/namespace",schemaPath:"#/properties/status/properties/placements/items/properties/namespace/maxLength",keyword:"maxLength",params:{limit: 63},message:"must NOT have more than 63 characters"};
if(vErrors === null){
vErrors = [err267];
}
else {
vErrors.push(err267);
}
errors++;
}
}
else {
const err268 = {instancePath:instancePath+"/status/placements/" + i4+"/namespace",schemaPath:"#/properties/status/properties/placements/items/properties/namespace/type",keyword:"type",params:{type: "string"},message:"must be string"};
if(vErrors === null){
vErrors = [err268];
}
else {
vErrors.push(err268);
}
errors++;
}
}
if(data104.name !== undefined){
let data108 = data104.name;
if(typeof data108 === "string"){
if(func3(data108) > 63){
const err269 = {instancePath:instancePath+"/status/placements/" + i4+"/name",schemaPath:"#/properties/status/properties/placements/items/properties/name/maxLength",keyword:"maxLength",params:{limit: 63},message:"must NOT have more than 63 characters"};
if(vErrors === null){
vErrors = [err269];
}
else {
vErrors.push(err269);
}
errors++;
}
}
else {
const err270 = {instancePath:instancePath+"/status/placements/" + i4+"/name",schemaPath:"#/properties/status/properties/placements/items/properties/name/type",keyword:"type",params:{type: "string"},message:"must be string"};
if(vErrors === null){
vErrors = [err270];
}
else {
vErrors.push(err270);
}
errors++;
}
}
if(data104.jobUid !== undefined){
let data109 = data104.jobUid;
if(typeof data109 === "string"){
if(func3(data109) > 64){
const err271 = {instancePath:instancePath+"/status/placements/" + i4+"/jobUid",schemaPath:"#/properties/status/properties/placements/items/properties/jobUid/maxLength",keyword:"maxLength",params:{limit: 64},message:"must NOT have more than 64 characters"};
if(vErrors === null){
vErrors = [err271];
}
else {
vErrors.push(err271);
}
errors++;
}
}
else {
const err272 = {instancePath:instancePath+"/status/placements/" + i4+"/jobUid",schemaPath:"#/properties/status/properties/placements/items/properties/jobUid/type",keyword:"type",params:{type: "string"},message:"must be string"};
if(vErrors === null){
vErrors = [err272];
}
else {
vErrors.push(err272);
}
errors++;
}
}
if(data104.clusterUid !== undefined){
let data110 = data104.clusterUid;
if(typeof data110 === "string"){
if(func3(data110) > 64){
const err273 = {instancePath:instancePath+"/status/placements/" + i4+"/clusterUid",schemaPath:"#/properties/status/properties/placements/items/properties/clusterUid/maxLength",keyword:"maxLength",params:{limit: 64},message:"must NOT have more than 64 characters"};
if(vErrors === null){
vErrors = [err273];
}
else {
vErrors.push(err273);
}
errors++;
}
}
else {
const err274 = {instancePath:instancePath+"/status/placements/" + i4+"/clusterUid",schemaPath:"#/properties/status/properties/placements/items/properties/clusterUid/type",keyword:"type",params:{type: "string"},message:"must be string"};
if(vErrors === null){
vErrors = [err274];
}
else {
vErrors.push(err274);
}
errors++;
}
}
if(data104.state !== undefined){
let data111 = data104.state;
if(typeof data111 !== "string"){
const err275 = {instancePath:instancePath+"/status/placements/" + i4+"/state",schemaPath:"#/properties/status/properties/placements/items/properties/state/type",keyword:"type",params:{type: "string"},message:"must be string"};
if(vErrors === null){
vErrors = [err275];
}
else {
vErrors.push(err275);
}
errors++;
}
if(!((data111 === "Wanted") || (data111 === "Leaving"))){
const err276 = {instancePath:instancePath+"/status/placements/" + i4+"/state",schemaPath:"#/properties/status/properties/placements/items/properties/state/enum",keyword:"enum",params:{allowedValues: schema11.properties.status.properties.placements.items.properties.state.enum},message:"must be equal to one of the allowed values"};
if(vErrors === null){
vErrors = [err276];
}
else {
vErrors.push(err276);
}
errors++;
}
}
}
else {
const err277 = {instancePath:instancePath+"/status/placements/" + i4,schemaPath:"#/properties/status/properties/placements/items/type",keyword:"type",params:{type: "object"},message:"must be object"};
if(vErrors === null){
vErrors = [err277];
}
else {
vErrors.push(err277);
}
errors++;
}
}
}
else {
const err278 = {instancePath:instancePath+"/status/placements",schemaPath:"#/properties/status/properties/placements/type",keyword:"type",params:{type: "array"},message:"must be array"};
if(vErrors === null){
vErrors = [err278];
}
else {
vErrors.push(err278);
}
errors++;
}
}
if(data66.unsearchedClusters !== undefined){
let data112 = data66.unsearchedClusters;
if(Array.isArray(data112)){
if(data112.length > 1000){
const err279 = {instancePath:instancePath+"/status/unsearchedClusters",schemaPath:"#/properties/status/properties/unsearchedClusters/maxItems",keyword:"maxItems",params:{limit: 1000},message:"must NOT have more than 1000 items"};
if(vErrors === null){
vErrors = [err279];
}
else {
vErrors.push(err279);
}
errors++;
}
const len5 = data112.length;
for(let i5=0; i5<len5; i5++){
let data113 = data112[i5];
if(typeof data113 === "string"){
if(func3(data113) > 63){
const err280 = {instancePath:instancePath+"/status/unsearchedClusters/" + i5,schemaPath:"#/properties/status/properties/unsearchedClusters/items/maxLength",keyword:"maxLength",params:{limit: 63},message:"must NOT have more than 63 characters"};
if(vErrors === null){
vErrors = [err280];
}
else {
vErrors.push(err280);
}
errors++;
}
}
else {
const err281 = {instancePath:instancePath+"/status/unsearchedClusters/" + i5,schemaPath:"#/properties/status/properties/unsearchedClusters/items/type",keyword:"type",params:{type: "string"},message:"must be string"};
if(vErrors === null){
vErrors = [err281];
}
else {
vErrors.push(err281);
}
errors++;
}
}
}
else {
const err282 = {instancePath:instancePath+"/status/unsearchedClusters",schemaPath:"#/properties/status/properties/unsearchedClusters/type",keyword:"type",params:{type: "array"},message:"must be array"};
if(vErrors === null){
vErrors = [err282];
}
else {
vErrors.push(err282);
}
errors++;
}
}
if(data66.disclosures !== undefined){
let data114 = data66.disclosures;
if(Array.isArray(data114)){
if(data114.length > 32){
const err283 = {instancePath:instancePath+"/status/disclosures",schemaPath:"#/properties/status/properties/disclosures/maxItems",keyword:"maxItems",params:{limit: 32},message:"must NOT have more than 32 items"};
if(vErrors === null){
vErrors = [err283];
}
else {
vErrors.push(err283);
}
errors++;
}
const len6 = data114.length;
for(let i6=0; i6<len6; i6++){
let data115 = data114[i6];
if(data115 && typeof data115 == "object" && !Array.isArray(data115)){
if(data115.set === undefined){
const err284 = {instancePath:instancePath+"/status/disclosures/" + i6,schemaPath:"#/properties/status/properties/disclosures/items/required",keyword:"required",params:{missingProperty: "set"},message:"must have required property '"+"set"+"'"};
if(vErrors === null){
vErrors = [err284];
}
else {
vErrors.push(err284);
}
errors++;
}
if(data115.role === undefined){
const err285 = {instancePath:instancePath+"/status/disclosures/" + i6,schemaPath:"#/properties/status/properties/disclosures/items/required",keyword:"required",params:{missingProperty: "role"},message:"must have required property '"+"role"+"'"};
if(vErrors === null){
vErrors = [err285];
}
else {
vErrors.push(err285);
}
errors++;
}
if(data115.disclosure === undefined){
const err286 = {instancePath:instancePath+"/status/disclosures/" + i6,schemaPath:"#/properties/status/properties/disclosures/items/required",keyword:"required",params:{missingProperty: "disclosure"},message:"must have required property '"+"disclosure"+"'"};
if(vErrors === null){
vErrors = [err286];
}
else {
vErrors.push(err286);
}
errors++;
}
if(data115.meaning === undefined){
const err287 = {instancePath:instancePath+"/status/disclosures/" + i6,schemaPath:"#/properties/status/properties/disclosures/items/required",keyword:"required",params:{missingProperty: "meaning"},message:"must have required property '"+"meaning"+"'"};
if(vErrors === null){
vErrors = [err287];
}
else {
vErrors.push(err287);
}
errors++;
}
for(const key27 in data115){
if(!((((key27 === "set") || (key27 === "role")) || (key27 === "disclosure")) || (key27 === "meaning"))){
const err288 = {instancePath:instancePath+"/status/disclosures/" + i6,schemaPath:"#/properties/status/properties/disclosures/items/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key27},message:"must NOT have additional properties"};
if(vErrors === null){
vErrors = [err288];
}
else {
vErrors.push(err288);
}
errors++;
}
}
if(data115.set !== undefined){
let data116 = data115.set;
if(typeof data116 === "string"){
if(func3(data116) > 64){
const err289 = {instancePath:instancePath+"/status/disclosures/" + i6+"/set",schemaPath:"#/properties/status/properties/disclosures/items/properties/set/maxLength",keyword:"maxLength",params:{limit: 64},message:"must NOT have more than 64 characters"};
if(vErrors === null){
vErrors = [err289];
}
else {
vErrors.push(err289);
}
errors++;
}
}
else {
const err290 = {instancePath:instancePath+"/status/disclosures/" + i6+"/set",schemaPath:"#/properties/status/properties/disclosures/items/properties/set/type",keyword:"type",params:{type: "string"},message:"must be string"};
if(vErrors === null){
vErrors = [err290];
}
else {
vErrors.push(err290);
}
errors++;
}
}
if(data115.role !== undefined){
let data117 = data115.role;
if(typeof data117 === "string"){
if(func3(data117) > 32){
const err291 = {instancePath:instancePath+"/status/disclosures/" + i6+"/role",schemaPath:"#/properties/status/properties/disclosures/items/properties/role/maxLength",keyword:"maxLength",params:{limit: 32},message:"must NOT have more than 32 characters"};
if(vErrors === null){
vErrors = [err291];
}
else {
vErrors.push(err291);
}
errors++;
}
}
else {
const err292 = {instancePath:instancePath+"/status/disclosures/" + i6+"/role",schemaPath:"#/properties/status/properties/disclosures/items/properties/role/type",keyword:"type",params:{type: "string"},message:"must be string"};
if(vErrors === null){
vErrors = [err292];
}
else {
vErrors.push(err292);
}
errors++;
}
}
if(data115.disclosure !== undefined){
let data118 = data115.disclosure;
if(typeof data118 === "string"){
if(func3(data118) > 32){
const err293 = {instancePath:instancePath+"/status/disclosures/" + i6+"/disclosure",schemaPath:"#/properties/status/properties/disclosures/items/properties/disclosure/maxLength",keyword:"maxLength",params:{limit: 32},message:"must NOT have more than 32 characters"};
if(vErrors === null){
vErrors = [err293];
}
else {
vErrors.push(err293);
}
errors++;
}
}
else {
const err294 = {instancePath:instancePath+"/status/disclosures/" + i6+"/disclosure",schemaPath:"#/properties/status/properties/disclosures/items/properties/disclosure/type",keyword:"type",params:{type: "string"},message:"must be string"};
if(vErrors === null){
vErrors = [err294];
}
else {
vErrors.push(err294);
}
errors++;
}
}
if(data115.meaning !== undefined){
let data119 = data115.meaning;
if(typeof data119 === "string"){
if(func3(data119) > 300){
const err295 = {instancePath:instancePath+"/status/disclosures/" + i6+"/meaning",schemaPath:"#/properties/status/properties/disclosures/items/properties/meaning/maxLength",keyword:"maxLength",params:{limit: 300},message:"must NOT have more than 300 characters"};
if(vErrors === null){
vErrors = [err295];
}
else {
vErrors.push(err295);
}
errors++;
}
}
else {
const err296 = {instancePath:instancePath+"/status/disclosures/" + i6+"/meaning",schemaPath:"#/properties/status/properties/disclosures/items/properties/meaning/type",keyword:"type",params:{type: "string"},message:"must be string"};
if(vErrors === null){
vErrors = [err296];
}
else {
vErrors.push(err296);
}
errors++;
}
}
}
else {
const err297 = {instancePath:instancePath+"/status/disclosures/" + i6,schemaPath:"#/properties/status/properties/disclosures/items/type",keyword:"type",params:{type: "object"},message:"must be object"};
if(vErrors === null){
vErrors = [err297];
}
else {
vErrors.push(err297);
}
errors++;
}
}
}
else {
const err298 = {instancePath:instancePath+"/status/disclosures",schemaPath:"#/properties/status/properties/disclosures/type",keyword:"type",params:{type: "array"},message:"must be array"};
if(vErrors === null){
vErrors = [err298];
}
else {
vErrors.push(err298);
}
errors++;
}
}
if(data66.bytes !== undefined){
let data120 = data66.bytes;
if(data120 && typeof data120 == "object" && !Array.isArray(data120)){
for(const key28 in data120){
if(!((key28 === "up") || (key28 === "down"))){
const err299 = {instancePath:instancePath+"/status/bytes",schemaPath:"#/properties/status/properties/bytes/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key28},message:"must NOT have additional properties"};
if(vErrors === null){
vErrors = [err299];
}
else {
vErrors.push(err299);
}
errors++;
}
}
if(data120.up !== undefined){
let data121 = data120.up;
if(!((typeof data121 == "number") && (!(data121 % 1) && !isNaN(data121)))){
const err300 = {instancePath:instancePath+"/status/bytes/up",schemaPath:"#/properties/status/properties/bytes/properties/up/type",keyword:"type",params:{type: "integer"},message:"must be integer"};
if(vErrors === null){
vErrors = [err300];
}
else {
vErrors.push(err300);
}
errors++;
}
}
if(data120.down !== undefined){
let data122 = data120.down;
if(!((typeof data122 == "number") && (!(data122 % 1) && !isNaN(data122)))){
const err301 = {instancePath:instancePath+"/status/bytes/down",schemaPath:"#/properties/status/properties/bytes/properties/down/type",keyword:"type",params:{type: "integer"},message:"must be integer"};
if(vErrors === null){
vErrors = [err301];
}
else {
vErrors.push(err301);
}
errors++;
}
}
}
else {
const err302 = {instancePath:instancePath+"/status/bytes",schemaPath:"#/properties/status/properties/bytes/type",keyword:"type",params:{type: "object"},message:"must be object"};
if(vErrors === null){
vErrors = [err302];
}
else {
vErrors.push(err302);
}
errors++;
}
}
if(data66.checkpoint !== undefined){
let data123 = data66.checkpoint;
if(data123 && typeof data123 == "object" && !Array.isArray(data123)){
for(const key29 in data123){
if(!(((key29 === "uri") || (key29 === "round")) || (key29 === "sha256"))){
const err303 = {instancePath:instancePath+"/status/checkpoint",schemaPath:"#/properties/status/properties/checkpoint/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key29},message:"must NOT have additional properties"};
if(vErrors === null){
vErrors = [err303];
}
else {
vErrors.push(err303);
}
errors++;
}
}
if(data123.uri !== undefined){
let data124 = data123.uri;
if(typeof data124 === "string"){
if(func3(data124) > 1024){
const err304 = {instancePath:instancePath+"/status/checkpoint/uri",schemaPath:"#/properties/status/properties/checkpoint/properties/uri/maxLength",keyword:"maxLength",params:{limit: 1024},message:"must NOT have more than 1024 characters"};
if(vErrors === null){
vErrors = [err304];
}
else {
vErrors.push(err304);
}
errors++;
}
}
else {
const err305 = {instancePath:instancePath+"/status/checkpoint/uri",schemaPath:"#/properties/status/properties/checkpoint/properties/uri/type",keyword:"type",params:{type: "string"},message:"must be string"};
if(vErrors === null){
vErrors = [err305];
}
else {
vErrors.push(err305);
}
errors++;
}
}
if(data123.round !== undefined){
let data125 = data123.round;
if(!((typeof data125 == "number") && (!(data125 % 1) && !isNaN(data125)))){
const err306 = {instancePath:instancePath+"/status/checkpoint/round",schemaPath:"#/properties/status/properties/checkpoint/properties/round/type",keyword:"type",params:{type: "integer"},message:"must be integer"};
if(vErrors === null){
vErrors = [err306];
}
else {
vErrors.push(err306);
}
errors++;
}
}
if(data123.sha256 !== undefined){
let data126 = data123.sha256;
if(typeof data126 === "string"){
if(func3(data126) > 64){
const err307 = {instancePath:instancePath+"/status/checkpoint/sha256",schemaPath:"#/properties/status/properties/checkpoint/properties/sha256/maxLength",keyword:"maxLength",params:{limit: 64},message:"must NOT have more than 64 characters"};
if(vErrors === null){
vErrors = [err307];
}
else {
vErrors.push(err307);
}
errors++;
}
}
else {
const err308 = {instancePath:instancePath+"/status/checkpoint/sha256",schemaPath:"#/properties/status/properties/checkpoint/properties/sha256/type",keyword:"type",params:{type: "string"},message:"must be string"};
if(vErrors === null){
vErrors = [err308];
}
else {
vErrors.push(err308);
}
errors++;
}
}
}
else {
const err309 = {instancePath:instancePath+"/status/checkpoint",schemaPath:"#/properties/status/properties/checkpoint/type",keyword:"type",params:{type: "object"},message:"must be object"};
if(vErrors === null){
vErrors = [err309];
}
else {
vErrors.push(err309);
}
errors++;
}
}
if(data66.model !== undefined){
let data127 = data66.model;
if(data127 && typeof data127 == "object" && !Array.isArray(data127)){
for(const key30 in data127){
if(!(key30 === "sha256")){
const err310 = {instancePath:instancePath+"/status/model",schemaPath:"#/properties/status/properties/model/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key30},message:"must NOT have additional properties"};
if(vErrors === null){
vErrors = [err310];
}
else {
vErrors.push(err310);
}
errors++;
}
}
if(data127.sha256 !== undefined){
let data128 = data127.sha256;
if(typeof data128 === "string"){
if(func3(data128) > 64){
const err311 = {instancePath:instancePath+"/status/model/sha256",schemaPath:"#/properties/status/properties/model/properties/sha256/maxLength",keyword:"maxLength",params:{limit: 64},message:"must NOT have more than 64 characters"};
if(vErrors === null){
vErrors = [err311];
}
else {
vErrors.push(err311);
}
errors++;
}
}
else {
const err312 = {instancePath:instancePath+"/status/model/sha256",schemaPath:"#/properties/status/properties/model/properties/sha256/type",keyword:"type",params:{type: "string"},message:"must be string"};
if(vErrors === null){
vErrors = [err312];
}
else {
vErrors.push(err312);
}
errors++;
}
}
}
else {
const err313 = {instancePath:instancePath+"/status/model",schemaPath:"#/properties/status/properties/model/type",keyword:"type",params:{type: "object"},message:"must be object"};
if(vErrors === null){
vErrors = [err313];
}
else {
vErrors.push(err313);
}
errors++;
}
}
if(data66.conditions !== undefined){
let data129 = data66.conditions;
if(Array.isArray(data129)){
if(data129.length > 16){
const err314 = {instancePath:instancePath+"/status/conditions",schemaPath:"#/properties/status/properties/conditions/maxItems",keyword:"maxItems",params:{limit: 16},message:"must NOT have more than 16 items"};
if(vErrors === null){
vErrors = [err314];
}
else {
vErrors.push(err314);
}
errors++;
}
const len7 = data129.length;
for(let i7=0; i7<len7; i7++){
let data130 = data129[i7];
if(data130 && typeof data130 == "object" && !Array.isArray(data130)){
if(data130.type === undefined){
const err315 = {instancePath:instancePath+"/status/conditions/" + i7,schemaPath:"#/properties/status/properties/conditions/items/required",keyword:"required",params:{missingProperty: "type"},message:"must have required property '"+"type"+"'"};
if(vErrors === null){
vErrors = [err315];
}
else {
vErrors.push(err315);
}
errors++;
}
if(data130.status === undefined){
const err316 = {instancePath:instancePath+"/status/conditions/" + i7,schemaPath:"#/properties/status/properties/conditions/items/required",keyword:"required",params:{missingProperty: "status"},message:"must have required property '"+"status"+"'"};
if(vErrors === null){
vErrors = [err316];
}
else {
vErrors.push(err316);
}
errors++;
}
if(data130.reason === undefined){
const err317 = {instancePath:instancePath+"/status/conditions/" + i7,schemaPath:"#/properties/status/properties/conditions/items/required",keyword:"required",params:{missingProperty: "reason"},message:"must have required property '"+"reason"+"'"};
if(vErrors === null){
vErrors = [err317];
}
else {
vErrors.push(err317);
}
errors++;
}
if(data130.message === undefined){
const err318 = {instancePath:instancePath+"/status/conditions/" + i7,schemaPath:"#/properties/status/properties/conditions/items/required",keyword:"required",params:{missingProperty: "message"},message:"must have required property '"+"message"+"'"};
if(vErrors === null){
vErrors = [err318];
}
else {
vErrors.push(err318);
}
errors++;
}
if(data130.lastTransitionTime === undefined){
const err319 = {instancePath:instancePath+"/status/conditions/" + i7,schemaPath:"#/properties/status/properties/conditions/items/required",keyword:"required",params:{missingProperty: "lastTransitionTime"},message:"must have required property '"+"lastTransitionTime"+"'"};
if(vErrors === null){
vErrors = [err319];
}
else {
vErrors.push(err319);
}
errors++;
}
for(const key31 in data130){
if(!((((((key31 === "type") || (key31 === "status")) || (key31 === "reason")) || (key31 === "message")) || (key31 === "observedGeneration")) || (key31 === "lastTransitionTime"))){
const err320 = {instancePath:instancePath+"/status/conditions/" + i7,schemaPath:"#/properties/status/properties/conditions/items/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key31},message:"must NOT have additional properties"};
if(vErrors === null){
vErrors = [err320];
}
else {
vErrors.push(err320);
}
errors++;
}
}
if(data130.type !== undefined){
let data131 = data130.type;
if(typeof data131 === "string"){
if(func3(data131) > 64){
const err321 = {instancePath:instancePath+"/status/conditions/" + i7+"/type",schemaPath:"#/properties/status/properties/conditions/items/properties/type/maxLength",keyword:"maxLength",params:{limit: 64},message:"must NOT have more than 64 characters"};
if(vErrors === null){
vErrors = [err321];
}
else {
vErrors.push(err321);
}
errors++;
}
}
else {
const err322 = {instancePath:instancePath+"/status/conditions/" + i7+"/type",schemaPath:"#/properties/status/properties/conditions/items/properties/type/type",keyword:"type",params:{type: "string"},message:"must be string"};
if(vErrors === null){
vErrors = [err322];
}
else {
vErrors.push(err322);
}
errors++;
}
}
if(data130.status !== undefined){
let data132 = data130.status;
if(typeof data132 !== "string"){
const err323 = {instancePath:instancePath+"/status/conditions/" + i7+"/status",schemaPath:"#/properties/status/properties/conditions/items/properties/status/type",keyword:"type",params:{type: "string"},message:"must be string"};
if(vErrors === null){
vErrors = [err323];
}
else {
vErrors.push(err323);
}
errors++;
}
if(!(((data132 === "True") || (data132 === "False")) || (data132 === "Unknown"))){
const err324 = {instancePath:instancePath+"/status/conditions/" + i7+"/status",schemaPath:"#/properties/status/properties/conditions/items/properties/status/enum",keyword:"enum",params:{allowedValues: schema11.properties.status.properties.conditions.items.properties.status.enum},message:"must be equal to one of the allowed values"};
if(vErrors === null){
vErrors = [err324];
}
else {
vErrors.push(err324);
}
errors++;
}
}
if(data130.reason !== undefined){
let data133 = data130.reason;
if(typeof data133 === "string"){
if(func3(data133) > 64){
const err325 = {instancePath:instancePath+"/status/conditions/" + i7+"/reason",schemaPath:"#/properties/status/properties/conditions/items/properties/reason/maxLength",keyword:"maxLength",params:{limit: 64},message:"must NOT have more than 64 characters"};
if(vErrors === null){
vErrors = [err325];
}
else {
vErrors.push(err325);
}
errors++;
}
}
else {
const err326 = {instancePath:instancePath+"/status/conditions/" + i7+"/reason",schemaPath:"#/properties/status/properties/conditions/items/properties/reason/type",keyword:"type",params:{type: "string"},message:"must be string"};
if(vErrors === null){
vErrors = [err326];
}
else {
vErrors.push(err326);
}
errors++;
}
}
if(data130.message !== undefined){
let data134 = data130.message;
if(typeof data134 === "string"){
if(func3(data134) > 1024){
const err327 = {instancePath:instancePath+"/status/conditions/" + i7+"/message",schemaPath:"#/properties/status/properties/conditions/items/properties/message/maxLength",keyword:"maxLength",params:{limit: 1024},message:"must NOT have more than 1024 characters"};
if(vErrors === null){
vErrors = [err327];
}
else {
vErrors.push(err327);
}
errors++;
}
}
else {
const err328 = {instancePath:instancePath+"/status/conditions/" + i7+"/message",schemaPath:"#/properties/status/properties/conditions/items/properties/message/type",keyword:"type",params:{type: "string"},message:"must be string"};
if(vErrors === null){
vErrors = [err328];
}
else {
vErrors.push(err328);
}
errors++;
}
}
if(data130.observedGeneration !== undefined){
let data135 = data130.observedGeneration;
if(!((typeof data135 == "number") && (!(data135 % 1) && !isNaN(data135)))){
const err329 = {instancePath:instancePath+"/status/conditions/" + i7+"/observedGeneration",schemaPath:"#/properties/status/properties/conditions/items/properties/observedGeneration/type",keyword:"type",params:{type: "integer"},message:"must be integer"};
if(vErrors === null){
vErrors = [err329];
}
else {
vErrors.push(err329);
}
errors++;
}
}
if(data130.lastTransitionTime !== undefined){
if(!(typeof data130.lastTransitionTime === "string")){
const err330 = {instancePath:instancePath+"/status/conditions/" + i7+"/lastTransitionTime",schemaPath:"#/properties/status/properties/conditions/items/properties/lastTransitionTime/type",keyword:"type",params:{type: "string"},message:"must be string"};
if(vErrors === null){
vErrors = [err330];
}
else {
vErrors.push(err330);
}
errors++;
}
}
}
else {
const err331 = {instancePath:instancePath+"/status/conditions/" + i7,schemaPath:"#/properties/status/properties/conditions/items/type",keyword:"type",params:{type: "object"},message:"must be object"};
if(vErrors === null){
vErrors = [err331];
}
else {
vErrors.push(err331);
}
errors++;
}
}
}
else {
const err332 = {instancePath:instancePath+"/status/conditions",schemaPath:"#/properties/status/properties/conditions/type",keyword:"type",params:{type: "array"},message:"must be array"};
if(vErrors === null){
vErrors = [err332];
}
else {
vErrors.push(err332);
}
errors++;
}
}
}
else {
const err333 = {instancePath:instancePath+"/status",schemaPath:"#/properties/status/type",keyword:"type",params:{type: "object"},message:"must be object"};
if(vErrors === null){
vErrors = [err333];
}
else {
vErrors.push(err333);
}
errors++;
}
}
}
else {
const err334 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: "object"},message:"must be object"};
if(vErrors === null){
vErrors = [err334];
}
else {
vErrors.push(err334);
}
errors++;
}
validate10.errors = vErrors;
return errors === 0;
}

export const validateMemberCluster = validate11;
const schema12 = {"type":"object","description":"A cluster that the hub may place workers into.","required":["spec"],"properties":{"apiVersion":{"type":"string","description":"Version of the API."},"kind":{"type":"string","description":"Kind of the object."},"metadata":{"type":"object"},"spec":{"type":"object","description":"How the cluster is reached and what it may be used for.","required":["access","namespaces"],"properties":{"access":{"type":"object","description":"How the operator reaches the API server.","required":["kubeconfig"],"properties":{"kubeconfig":{"type":"object","description":"A kubeconfig in a Secret of the operator's namespace, under the key `kubeconfig`.","required":["secretName"],"properties":{"secretName":{"type":"string","minLength":1,"maxLength":253,"description":"Name of the Secret."}},"additionalProperties":false}},"additionalProperties":false},"provider":{"type":"string","maxLength":32,"description":"Cloud provider, for example aws, gcp, azure or onprem."},"region":{"type":"string","maxLength":64,"description":"Region of the provider."},"organisation":{"type":"string","minLength":1,"maxLength":63,"pattern":"^[^\\p{C}\\p{Z}]+( [^\\p{C}\\p{Z}]+)*$","description":"Organisation that the cluster counts for, in Unicode's form NFC; the name of the MemberCluster when left out. It is the hub's claim and decides which jobs are accepted; in a round each member counts organisations by its own peer list, whatever stands here."},"namespaces":{"type":"array","description":"Which member namespace serves which hub namespace. A hub namespace that is not listed may not place here.","minItems":1,"maxItems":100,"items":{"type":"object","required":["hub","member"],"properties":{"hub":{"type":"string","minLength":1,"maxLength":63,"description":"Namespace on the hub."},"member":{"type":"string","minLength":1,"maxLength":63,"description":"Namespace in the member cluster."}},"additionalProperties":false}},"gate":{"type":"object","description":"The member's gate as the member's admin handed it over.","required":["caBundle"],"properties":{"caBundle":{"type":"string","minLength":1,"maxLength":16384,"description":"PEM certificates of the gate's CA, several while it is rotated; aggregators trust them for workers of this member alone."}},"additionalProperties":false}},"additionalProperties":false},"status":{"type":"object","description":"What the operator knows of the cluster. Written by the operator alone.","properties":{"observedGeneration":{"type":"integer","format":"int64","description":"Generation of the spec that this status speaks of."},"kubernetesVersion":{"type":"string","maxLength":64,"description":"Version that the API server answers."},"clusterUid":{"type":"string","maxLength":64,"description":"Uid of the member's kube-system namespace; tells a cluster that was made anew under the same name."},"nodes":{"type":"integer","description":"Nodes that are ready."},"accelerators":{"type":"array","description":"Accelerators by resource.","maxItems":16,"items":{"type":"object","required":["resource","allocatable","free"],"properties":{"resource":{"type":"string","maxLength":317,"description":"Extended resource."},"allocatable":{"type":"integer","description":"What the ready nodes offer."},"free":{"type":"integer","description":"Allocatable less what the hub's own pods request."}},"additionalProperties":false}},"acceleratorsSummary":{"type":"string","maxLength":64,"description":"Free of allocatable accelerators; absent while that is not known."},"nodesObservedTime":{"type":"string","format":"date-time","description":"When nodes and accelerators were last known; moves about every half minute."},"namespaces":{"type":"array","description":"Namespaces of the member that are mapped, or that were and may still hold objects of this hub.","maxItems":200,"items":{"type":"object","required":["name","mapped","ready"],"properties":{"name":{"type":"string","maxLength":63,"description":"Namespace in the member cluster."},"mapped":{"type":"boolean","description":"Whether spec.namespaces names it."},"ready":{"type":"boolean","description":"Whether it can be used."},"reason":{"type":"string","maxLength":64,"description":"Stable word for the cause when it cannot."},"message":{"type":"string","maxLength":300,"description":"One sentence with the remedy."}},"additionalProperties":false}},"lastHeardTime":{"type":"string","format":"date-time","description":"When the API server last answered."},"disconnectedSince":{"type":"string","format":"date-time","description":"First failure since the cluster was last heard; absent while it answers."},"credentialExpiryTime":{"type":"string","format":"date-time","description":"When the operator's credential ends, if it says so."},"gateFingerprint":{"type":"string","maxLength":128,"description":"SHA-256 of the gate CA's certificate, to compare with what the member's admin says."},"conditions":{"type":"array","description":"What holds of the member: Ready, CredentialsValid, NamespacesReady, NodesVisible, GateTrusted, EgressEnforced, Clean.","maxItems":16,"items":{"type":"object","required":["type","status","reason","message","lastTransitionTime"],"properties":{"type":{"type":"string","maxLength":64,"description":"Name of the condition."},"status":{"type":"string","enum":["True","False","Unknown"],"description":"Whether it holds."},"reason":{"type":"string","maxLength":64,"description":"Stable word for the cause."},"message":{"type":"string","maxLength":1024,"description":"One sentence with the object and the remedy."},"observedGeneration":{"type":"integer","format":"int64","description":"Generation that the condition speaks of."},"lastTransitionTime":{"type":"string","format":"date-time","description":"When the status last changed."}},"additionalProperties":false}}},"additionalProperties":false}},"additionalProperties":false,"$id":"MemberCluster"};
const pattern14 = new RegExp("^[^\\p{C}\\p{Z}]+( [^\\p{C}\\p{Z}]+)*$", "u");

function validate11(data, {instancePath="", parentData, parentDataProperty, rootData=data}={}){
/*# sourceURL="MemberCluster" */;
let vErrors = null;
let errors = 0;
if(data && typeof data == "object" && !Array.isArray(data)){
if(data.spec === undefined){
const err0 = {instancePath,schemaPath:"#/required",keyword:"required",params:{missingProperty: "spec"},message:"must have required property '"+"spec"+"'"};
if(vErrors === null){
vErrors = [err0];
}
else {
vErrors.push(err0);
}
errors++;
}
for(const key0 in data){
if(!(((((key0 === "apiVersion") || (key0 === "kind")) || (key0 === "metadata")) || (key0 === "spec")) || (key0 === "status"))){
const err1 = {instancePath,schemaPath:"#/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key0},message:"must NOT have additional properties"};
if(vErrors === null){
vErrors = [err1];
}
else {
vErrors.push(err1);
}
errors++;
}
}
if(data.apiVersion !== undefined){
if(typeof data.apiVersion !== "string"){
const err2 = {instancePath:instancePath+"/apiVersion",schemaPath:"#/properties/apiVersion/type",keyword:"type",params:{type: "string"},message:"must be string"};
if(vErrors === null){
vErrors = [err2];
}
else {
vErrors.push(err2);
}
errors++;
}
}
if(data.kind !== undefined){
if(typeof data.kind !== "string"){
const err3 = {instancePath:instancePath+"/kind",schemaPath:"#/properties/kind/type",keyword:"type",params:{type: "string"},message:"must be string"};
if(vErrors === null){
vErrors = [err3];
}
else {
vErrors.push(err3);
}
errors++;
}
}
if(data.metadata !== undefined){
let data2 = data.metadata;
if(!(data2 && typeof data2 == "object" && !Array.isArray(data2))){
const err4 = {instancePath:instancePath+"/metadata",schemaPath:"#/properties/metadata/type",keyword:"type",params:{type: "object"},message:"must be object"};
if(vErrors === null){
vErrors = [err4];
}
else {
vErrors.push(err4);
}
errors++;
}
}
if(data.spec !== undefined){
let data3 = data.spec;
if(data3 && typeof data3 == "object" && !Array.isArray(data3)){
if(data3.access === undefined){
const err5 = {instancePath:instancePath+"/spec",schemaPath:"#/properties/spec/required",keyword:"required",params:{missingProperty: "access"},message:"must have required property '"+"access"+"'"};
if(vErrors === null){
vErrors = [err5];
}
else {
vErrors.push(err5);
}
errors++;
}
if(data3.namespaces === undefined){
const err6 = {instancePath:instancePath+"/spec",schemaPath:"#/properties/spec/required",keyword:"required",params:{missingProperty: "namespaces"},message:"must have required property '"+"namespaces"+"'"};
if(vErrors === null){
vErrors = [err6];
}
else {
vErrors.push(err6);
}
errors++;
}
for(const key1 in data3){
if(!((((((key1 === "access") || (key1 === "provider")) || (key1 === "region")) || (key1 === "organisation")) || (key1 === "namespaces")) || (key1 === "gate"))){
const err7 = {instancePath:instancePath+"/spec",schemaPath:"#/properties/spec/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key1},message:"must NOT have additional properties"};
if(vErrors === null){
vErrors = [err7];
}
else {
vErrors.push(err7);
}
errors++;
}
}
if(data3.access !== undefined){
let data4 = data3.access;
if(data4 && typeof data4 == "object" && !Array.isArray(data4)){
if(data4.kubeconfig === undefined){
const err8 = {instancePath:instancePath+"/spec/access",schemaPath:"#/properties/spec/properties/access/required",keyword:"required",params:{missingProperty: "kubeconfig"},message:"must have required property '"+"kubeconfig"+"'"};
if(vErrors === null){
vErrors = [err8];
}
else {
vErrors.push(err8);
}
errors++;
}
for(const key2 in data4){
if(!(key2 === "kubeconfig")){
const err9 = {instancePath:instancePath+"/spec/access",schemaPath:"#/properties/spec/properties/access/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key2},message:"must NOT have additional properties"};
if(vErrors === null){
vErrors = [err9];
}
else {
vErrors.push(err9);
}
errors++;
}
}
if(data4.kubeconfig !== undefined){
let data5 = data4.kubeconfig;
if(data5 && typeof data5 == "object" && !Array.isArray(data5)){
if(data5.secretName === undefined){
const err10 = {instancePath:instancePath+"/spec/access/kubeconfig",schemaPath:"#/properties/spec/properties/access/properties/kubeconfig/required",keyword:"required",params:{missingProperty: "secretName"},message:"must have required property '"+"secretName"+"'"};
if(vErrors === null){
vErrors = [err10];
}
else {
vErrors.push(err10);
}
errors++;
}
for(const key3 in data5){
if(!(key3 === "secretName")){
const err11 = {instancePath:instancePath+"/spec/access/kubeconfig",schemaPath:"#/properties/spec/properties/access/properties/kubeconfig/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key3},message:"must NOT have additional properties"};
if(vErrors === null){
vErrors = [err11];
}
else {
vErrors.push(err11);
}
errors++;
}
}
if(data5.secretName !== undefined){
let data6 = data5.secretName;
if(typeof data6 === "string"){
if(func3(data6) > 253){
const err12 = {instancePath:instancePath+"/spec/access/kubeconfig/secretName",schemaPath:"#/properties/spec/properties/access/properties/kubeconfig/properties/secretName/maxLength",keyword:"maxLength",params:{limit: 253},message:"must NOT have more than 253 characters"};
if(vErrors === null){
vErrors = [err12];
}
else {
vErrors.push(err12);
}
errors++;
}
if(func3(data6) < 1){
const err13 = {instancePath:instancePath+"/spec/access/kubeconfig/secretName",schemaPath:"#/properties/spec/properties/access/properties/kubeconfig/properties/secretName/minLength",keyword:"minLength",params:{limit: 1},message:"must NOT have fewer than 1 characters"};
if(vErrors === null){
vErrors = [err13];
}
else {
vErrors.push(err13);
}
errors++;
}
}
else {
const err14 = {instancePath:instancePath+"/spec/access/kubeconfig/secretName",schemaPath:"#/properties/spec/properties/access/properties/kubeconfig/properties/secretName/type",keyword:"type",params:{type: "string"},message:"must be string"};
if(vErrors === null){
vErrors = [err14];
}
else {
vErrors.push(err14);
}
errors++;
}
}
}
else {
const err15 = {instancePath:instancePath+"/spec/access/kubeconfig",schemaPath:"#/properties/spec/properties/access/properties/kubeconfig/type",keyword:"type",params:{type: "object"},message:"must be object"};
if(vErrors === null){
vErrors = [err15];
}
else {
vErrors.push(err15);
}
errors++;
}
}
}
else {
const err16 = {instancePath:instancePath+"/spec/access",schemaPath:"#/properties/spec/properties/access/type",keyword:"type",params:{type: "object"},message:"must be object"};
if(vErrors === null){
vErrors = [err16];
}
else {
vErrors.push(err16);
}
errors++;
}
}
if(data3.provider !== undefined){
let data7 = data3.provider;
if(typeof data7 === "string"){
if(func3(data7) > 32){
const err17 = {instancePath:instancePath+"/spec/provider",schemaPath:"#/properties/spec/properties/provider/maxLength",keyword:"maxLength",params:{limit: 32},message:"must NOT have more than 32 characters"};
if(vErrors === null){
vErrors = [err17];
}
else {
vErrors.push(err17);
}
errors++;
}
}
else {
const err18 = {instancePath:instancePath+"/spec/provider",schemaPath:"#/properties/spec/properties/provider/type",keyword:"type",params:{type: "string"},message:"must be string"};
if(vErrors === null){
vErrors = [err18];
}
else {
vErrors.push(err18);
}
errors++;
}
}
if(data3.region !== undefined){
let data8 = data3.region;
if(typeof data8 === "string"){
if(func3(data8) > 64){
const err19 = {instancePath:instancePath+"/spec/region",schemaPath:"#/properties/spec/properties/region/maxLength",keyword:"maxLength",params:{limit: 64},message:"must NOT have more than 64 characters"};
if(vErrors === null){
vErrors = [err19];
}
else {
vErrors.push(err19);
}
errors++;
}
}
else {
const err20 = {instancePath:instancePath+"/spec/region",schemaPath:"#/properties/spec/properties/region/type",keyword:"type",params:{type: "string"},message:"must be string"};
if(vErrors === null){
vErrors = [err20];
}
else {
vErrors.push(err20);
}
errors++;
}
}
if(data3.organisation !== undefined){
let data9 = data3.organisation;
if(typeof data9 === "string"){
if(func3(data9) > 63){
const err21 = {instancePath:instancePath+"/spec/organisation",schemaPath:"#/properties/spec/properties/organisation/maxLength",keyword:"maxLength",params:{limit: 63},message:"must NOT have more than 63 characters"};
if(vErrors === null){
vErrors = [err21];
}
else {
vErrors.push(err21);
}
errors++;
}
if(func3(data9) < 1){
const err22 = {instancePath:instancePath+"/spec/organisation",schemaPath:"#/properties/spec/properties/organisation/minLength",keyword:"minLength",params:{limit: 1},message:"must NOT have fewer than 1 characters"};
if(vErrors === null){
vErrors = [err22];
}
else {
vErrors.push(err22);
}
errors++;
}
if(!pattern14.test(data9)){
const err23 = {instancePath:instancePath+"/spec/organisation",schemaPath:"#/properties/spec/properties/organisation/pattern",keyword:"pattern",params:{pattern: "^[^\\p{C}\\p{Z}]+( [^\\p{C}\\p{Z}]+)*$"},message:"must match pattern \""+"^[^\\p{C}\\p{Z}]+( [^\\p{C}\\p{Z}]+)*$"+"\""};
if(vErrors === null){
vErrors = [err23];
}
else {
vErrors.push(err23);
}
errors++;
}
}
else {
const err24 = {instancePath:instancePath+"/spec/organisation",schemaPath:"#/properties/spec/properties/organisation/type",keyword:"type",params:{type: "string"},message:"must be string"};
if(vErrors === null){
vErrors = [err24];
}
else {
vErrors.push(err24);
}
errors++;
}
}
if(data3.namespaces !== undefined){
let data10 = data3.namespaces;
if(Array.isArray(data10)){
if(data10.length > 100){
const err25 = {instancePath:instancePath+"/spec/namespaces",schemaPath:"#/properties/spec/properties/namespaces/maxItems",keyword:"maxItems",params:{limit: 100},message:"must NOT have more than 100 items"};
if(vErrors === null){
vErrors = [err25];
}
else {
vErrors.push(err25);
}
errors++;
}
if(data10.length < 1){
const err26 = {instancePath:instancePath+"/spec/namespaces",schemaPath:"#/properties/spec/properties/namespaces/minItems",keyword:"minItems",params:{limit: 1},message:"must NOT have fewer than 1 items"};
if(vErrors === null){
vErrors = [err26];
}
else {
vErrors.push(err26);
}
errors++;
}
const len0 = data10.length;
for(let i0=0; i0<len0; i0++){
let data11 = data10[i0];
if(data11 && typeof data11 == "object" && !Array.isArray(data11)){
if(data11.hub === undefined){
const err27 = {instancePath:instancePath+"/spec/namespaces/" + i0,schemaPath:"#/properties/spec/properties/namespaces/items/required",keyword:"required",params:{missingProperty: "hub"},message:"must have required property '"+"hub"+"'"};
if(vErrors === null){
vErrors = [err27];
}
else {
vErrors.push(err27);
}
errors++;
}
if(data11.member === undefined){
const err28 = {instancePath:instancePath+"/spec/namespaces/" + i0,schemaPath:"#/properties/spec/properties/namespaces/items/required",keyword:"required",params:{missingProperty: "member"},message:"must have required property '"+"member"+"'"};
if(vErrors === null){
vErrors = [err28];
}
else {
vErrors.push(err28);
}
errors++;
}
for(const key4 in data11){
if(!((key4 === "hub") || (key4 === "member"))){
const err29 = {instancePath:instancePath+"/spec/namespaces/" + i0,schemaPath:"#/properties/spec/properties/namespaces/items/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key4},message:"must NOT have additional properties"};
if(vErrors === null){
vErrors = [err29];
}
else {
vErrors.push(err29);
}
errors++;
}
}
if(data11.hub !== undefined){
let data12 = data11.hub;
if(typeof data12 === "string"){
if(func3(data12) > 63){
const err30 = {instancePath:instancePath+"/spec/namespaces/" + i0+"/hub",schemaPath:"#/properties/spec/properties/namespaces/items/properties/hub/maxLength",keyword:"maxLength",params:{limit: 63},message:"must NOT have more than 63 characters"};
if(vErrors === null){
vErrors = [err30];
}
else {
vErrors.push(err30);
}
errors++;
}
if(func3(data12) < 1){
const err31 = {instancePath:instancePath+"/spec/namespaces/" + i0+"/hub",schemaPath:"#/properties/spec/properties/namespaces/items/properties/hub/minLength",keyword:"minLength",params:{limit: 1},message:"must NOT have fewer than 1 characters"};
if(vErrors === null){
vErrors = [err31];
}
else {
vErrors.push(err31);
}
errors++;
}
}
else {
const err32 = {instancePath:instancePath+"/spec/namespaces/" + i0+"/hub",schemaPath:"#/properties/spec/properties/namespaces/items/properties/hub/type",keyword:"type",params:{type: "string"},message:"must be string"};
if(vErrors === null){
vErrors = [err32];
}
else {
vErrors.push(err32);
}
errors++;
}
}
if(data11.member !== undefined){
let data13 = data11.member;
if(typeof data13 === "string"){
if(func3(data13) > 63){
const err33 = {instancePath:instancePath+"/spec/namespaces/" + i0+"/member",schemaPath:"#/properties/spec/properties/namespaces/items/properties/member/maxLength",keyword:"maxLength",params:{limit: 63},message:"must NOT have more than 63 characters"};
if(vErrors === null){
vErrors = [err33];
}
else {
vErrors.push(err33);
}
errors++;
}
if(func3(data13) < 1){
const err34 = {instancePath:instancePath+"/spec/namespaces/" + i0+"/member",schemaPath:"#/properties/spec/properties/namespaces/items/properties/member/minLength",keyword:"minLength",params:{limit: 1},message:"must NOT have fewer than 1 characters"};
if(vErrors === null){
vErrors = [err34];
}
else {
vErrors.push(err34);
}
errors++;
}
}
else {
const err35 = {instancePath:instancePath+"/spec/namespaces/" + i0+"/member",schemaPath:"#/properties/spec/properties/namespaces/items/properties/member/type",keyword:"type",params:{type: "string"},message:"must be string"};
if(vErrors === null){
vErrors = [err35];
}
else {
vErrors.push(err35);
}
errors++;
}
}
}
else {
const err36 = {instancePath:instancePath+"/spec/namespaces/" + i0,schemaPath:"#/properties/spec/properties/namespaces/items/type",keyword:"type",params:{type: "object"},message:"must be object"};
if(vErrors === null){
vErrors = [err36];
}
else {
vErrors.push(err36);
}
errors++;
}
}
}
else {
const err37 = {instancePath:instancePath+"/spec/namespaces",schemaPath:"#/properties/spec/properties/namespaces/type",keyword:"type",params:{type: "array"},message:"must be array"};
if(vErrors === null){
vErrors = [err37];
}
else {
vErrors.push(err37);
}
errors++;
}
}
if(data3.gate !== undefined){
let data14 = data3.gate;
if(data14 && typeof data14 == "object" && !Array.isArray(data14)){
if(data14.caBundle === undefined){
const err38 = {instancePath:instancePath+"/spec/gate",schemaPath:"#/properties/spec/properties/gate/required",keyword:"required",params:{missingProperty: "caBundle"},message:"must have required property '"+"caBundle"+"'"};
if(vErrors === null){
vErrors = [err38];
}
else {
vErrors.push(err38);
}
errors++;
}
for(const key5 in data14){
if(!(key5 === "caBundle")){
const err39 = {instancePath:instancePath+"/spec/gate",schemaPath:"#/properties/spec/properties/gate/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key5},message:"must NOT have additional properties"};
if(vErrors === null){
vErrors = [err39];
}
else {
vErrors.push(err39);
}
errors++;
}
}
if(data14.caBundle !== undefined){
let data15 = data14.caBundle;
if(typeof data15 === "string"){
if(func3(data15) > 16384){
const err40 = {instancePath:instancePath+"/spec/gate/caBundle",schemaPath:"#/properties/spec/properties/gate/properties/caBundle/maxLength",keyword:"maxLength",params:{limit: 16384},message:"must NOT have more than 16384 characters"};
if(vErrors === null){
vErrors = [err40];
}
else {
vErrors.push(err40);
}
errors++;
}
if(func3(data15) < 1){
const err41 = {instancePath:instancePath+"/spec/gate/caBundle",schemaPath:"#/properties/spec/properties/gate/properties/caBundle/minLength",keyword:"minLength",params:{limit: 1},message:"must NOT have fewer than 1 characters"};
if(vErrors === null){
vErrors = [err41];
}
else {
vErrors.push(err41);
}
errors++;
}
}
else {
const err42 = {instancePath:instancePath+"/spec/gate/caBundle",schemaPath:"#/properties/spec/properties/gate/properties/caBundle/type",keyword:"type",params:{type: "string"},message:"must be string"};
if(vErrors === null){
vErrors = [err42];
}
else {
vErrors.push(err42);
}
errors++;
}
}
}
else {
const err43 = {instancePath:instancePath+"/spec/gate",schemaPath:"#/properties/spec/properties/gate/type",keyword:"type",params:{type: "object"},message:"must be object"};
if(vErrors === null){
vErrors = [err43];
}
else {
vErrors.push(err43);
}
errors++;
}
}
}
else {
const err44 = {instancePath:instancePath+"/spec",schemaPath:"#/properties/spec/type",keyword:"type",params:{type: "object"},message:"must be object"};
if(vErrors === null){
vErrors = [err44];
}
else {
vErrors.push(err44);
}
errors++;
}
}
if(data.status !== undefined){
let data16 = data.status;
if(data16 && typeof data16 == "object" && !Array.isArray(data16)){
for(const key6 in data16){
if(!(func2.call(schema12.properties.status.properties, key6))){
const err45 = {instancePath:instancePath+"/status",schemaPath:"#/properties/status/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key6},message:"must NOT have additional properties"};
if(vErrors === null){
vErrors = [err45];
}
else {
vErrors.push(err45);
}
errors++;
}
}
if(data16.observedGeneration !== undefined){
let data17 = data16.observedGeneration;
if(!((typeof data17 == "number") && (!(data17 % 1) && !isNaN(data17)))){
const err46 = {instancePath:instancePath+"/status/observedGeneration",schemaPath:"#/properties/status/properties/observedGeneration/type",keyword:"type",params:{type: "integer"},message:"must be integer"};
if(vErrors === null){
vErrors = [err46];
}
else {
vErrors.push(err46);
}
errors++;
}
}
if(data16.kubernetesVersion !== undefined){
let data18 = data16.kubernetesVersion;
if(typeof data18 === "string"){
if(func3(data18) > 64){
const err47 = {instancePath:instancePath+"/status/kubernetesVersion",schemaPath:"#/properties/status/properties/kubernetesVersion/maxLength",keyword:"maxLength",params:{limit: 64},message:"must NOT have more than 64 characters"};
if(vErrors === null){
vErrors = [err47];
}
else {
vErrors.push(err47);
}
errors++;
}
}
else {
const err48 = {instancePath:instancePath+"/status/kubernetesVersion",schemaPath:"#/properties/status/properties/kubernetesVersion/type",keyword:"type",params:{type: "string"},message:"must be string"};
if(vErrors === null){
vErrors = [err48];
}
else {
vErrors.push(err48);
}
errors++;
}
}
if(data16.clusterUid !== undefined){
let data19 = data16.clusterUid;
if(typeof data19 === "string"){
if(func3(data19) > 64){
const err49 = {instancePath:instancePath+"/status/clusterUid",schemaPath:"#/properties/status/properties/clusterUid/maxLength",keyword:"maxLength",params:{limit: 64},message:"must NOT have more than 64 characters"};
if(vErrors === null){
vErrors = [err49];
}
else {
vErrors.push(err49);
}
errors++;
}
}
else {
const err50 = {instancePath:instancePath+"/status/clusterUid",schemaPath:"#/properties/status/properties/clusterUid/type",keyword:"type",params:{type: "string"},message:"must be string"};
if(vErrors === null){
vErrors = [err50];
}
else {
vErrors.push(err50);
}
errors++;
}
}
if(data16.nodes !== undefined){
let data20 = data16.nodes;
if(!((typeof data20 == "number") && (!(data20 % 1) && !isNaN(data20)))){
const err51 = {instancePath:instancePath+"/status/nodes",schemaPath:"#/properties/status/properties/nodes/type",keyword:"type",params:{type: "integer"},message:"must be integer"};
if(vErrors === null){
vErrors = [err51];
}
else {
vErrors.push(err51);
}
errors++;
}
}
if(data16.accelerators !== undefined){
let data21 = data16.accelerators;
if(Array.isArray(data21)){
if(data21.length > 16){
const err52 = {instancePath:instancePath+"/status/accelerators",schemaPath:"#/properties/status/properties/accelerators/maxItems",keyword:"maxItems",params:{limit: 16},message:"must NOT have more than 16 items"};
if(vErrors === null){
vErrors = [err52];
}
else {
vErrors.push(err52);
}
errors++;
}
const len1 = data21.length;
for(let i1=0; i1<len1; i1++){
let data22 = data21[i1];
if(data22 && typeof data22 == "object" && !Array.isArray(data22)){
if(data22.resource === undefined){
const err53 = {instancePath:instancePath+"/status/accelerators/" + i1,schemaPath:"#/properties/status/properties/accelerators/items/required",keyword:"required",params:{missingProperty: "resource"},message:"must have required property '"+"resource"+"'"};
if(vErrors === null){
vErrors = [err53];
}
else {
vErrors.push(err53);
}
errors++;
}
if(data22.allocatable === undefined){
const err54 = {instancePath:instancePath+"/status/accelerators/" + i1,schemaPath:"#/properties/status/properties/accelerators/items/required",keyword:"required",params:{missingProperty: "allocatable"},message:"must have required property '"+"allocatable"+"'"};
if(vErrors === null){
vErrors = [err54];
}
else {
vErrors.push(err54);
}
errors++;
}
if(data22.free === undefined){
const err55 = {instancePath:instancePath+"/status/accelerators/" + i1,schemaPath:"#/properties/status/properties/accelerators/items/required",keyword:"required",params:{missingProperty: "free"},message:"must have required property '"+"free"+"'"};
if(vErrors === null){
vErrors = [err55];
}
else {
vErrors.push(err55);
}
errors++;
}
for(const key7 in data22){
if(!(((key7 === "resource") || (key7 === "allocatable")) || (key7 === "free"))){
const err56 = {instancePath:instancePath+"/status/accelerators/" + i1,schemaPath:"#/properties/status/properties/accelerators/items/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key7},message:"must NOT have additional properties"};
if(vErrors === null){
vErrors = [err56];
}
else {
vErrors.push(err56);
}
errors++;
}
}
if(data22.resource !== undefined){
let data23 = data22.resource;
if(typeof data23 === "string"){
if(func3(data23) > 317){
const err57 = {instancePath:instancePath+"/status/accelerators/" + i1+"/resource",schemaPath:"#/properties/status/properties/accelerators/items/properties/resource/maxLength",keyword:"maxLength",params:{limit: 317},message:"must NOT have more than 317 characters"};
if(vErrors === null){
vErrors = [err57];
}
else {
vErrors.push(err57);
}
errors++;
}
}
else {
const err58 = {instancePath:instancePath+"/status/accelerators/" + i1+"/resource",schemaPath:"#/properties/status/properties/accelerators/items/properties/resource/type",keyword:"type",params:{type: "string"},message:"must be string"};
if(vErrors === null){
vErrors = [err58];
}
else {
vErrors.push(err58);
}
errors++;
}
}
if(data22.allocatable !== undefined){
let data24 = data22.allocatable;
if(!((typeof data24 == "number") && (!(data24 % 1) && !isNaN(data24)))){
const err59 = {instancePath:instancePath+"/status/accelerators/" + i1+"/allocatable",schemaPath:"#/properties/status/properties/accelerators/items/properties/allocatable/type",keyword:"type",params:{type: "integer"},message:"must be integer"};
if(vErrors === null){
vErrors = [err59];
}
else {
vErrors.push(err59);
}
errors++;
}
}
if(data22.free !== undefined){
let data25 = data22.free;
if(!((typeof data25 == "number") && (!(data25 % 1) && !isNaN(data25)))){
const err60 = {instancePath:instancePath+"/status/accelerators/" + i1+"/free",schemaPath:"#/properties/status/properties/accelerators/items/properties/free/type",keyword:"type",params:{type: "integer"},message:"must be integer"};
if(vErrors === null){
vErrors = [err60];
}
else {
vErrors.push(err60);
}
errors++;
}
}
}
else {
const err61 = {instancePath:instancePath+"/status/accelerators/" + i1,schemaPath:"#/properties/status/properties/accelerators/items/type",keyword:"type",params:{type: "object"},message:"must be object"};
if(vErrors === null){
vErrors = [err61];
}
else {
vErrors.push(err61);
}
errors++;
}
}
}
else {
const err62 = {instancePath:instancePath+"/status/accelerators",schemaPath:"#/properties/status/properties/accelerators/type",keyword:"type",params:{type: "array"},message:"must be array"};
if(vErrors === null){
vErrors = [err62];
}
else {
vErrors.push(err62);
}
errors++;
}
}
if(data16.acceleratorsSummary !== undefined){
let data26 = data16.acceleratorsSummary;
if(typeof data26 === "string"){
if(func3(data26) > 64){
const err63 = {instancePath:instancePath+"/status/acceleratorsSummary",schemaPath:"#/properties/status/properties/acceleratorsSummary/maxLength",keyword:"maxLength",params:{limit: 64},message:"must NOT have more than 64 characters"};
if(vErrors === null){
vErrors = [err63];
}
else {
vErrors.push(err63);
}
errors++;
}
}
else {
const err64 = {instancePath:instancePath+"/status/acceleratorsSummary",schemaPath:"#/properties/status/properties/acceleratorsSummary/type",keyword:"type",params:{type: "string"},message:"must be string"};
if(vErrors === null){
vErrors = [err64];
}
else {
vErrors.push(err64);
}
errors++;
}
}
if(data16.nodesObservedTime !== undefined){
if(!(typeof data16.nodesObservedTime === "string")){
const err65 = {instancePath:instancePath+"/status/nodesObservedTime",schemaPath:"#/properties/status/properties/nodesObservedTime/type",keyword:"type",params:{type: "string"},message:"must be string"};
if(vErrors === null){
vErrors = [err65];
}
else {
vErrors.push(err65);
}
errors++;
}
}
if(data16.namespaces !== undefined){
let data28 = data16.namespaces;
if(Array.isArray(data28)){
if(data28.length > 200){
const err66 = {instancePath:instancePath+"/status/namespaces",schemaPath:"#/properties/status/properties/namespaces/maxItems",keyword:"maxItems",params:{limit: 200},message:"must NOT have more than 200 items"};
if(vErrors === null){
vErrors = [err66];
}
else {
vErrors.push(err66);
}
errors++;
}
const len2 = data28.length;
for(let i2=0; i2<len2; i2++){
let data29 = data28[i2];
if(data29 && typeof data29 == "object" && !Array.isArray(data29)){
if(data29.name === undefined){
const err67 = {instancePath:instancePath+"/status/namespaces/" + i2,schemaPath:"#/properties/status/properties/namespaces/items/required",keyword:"required",params:{missingProperty: "name"},message:"must have required property '"+"name"+"'"};
if(vErrors === null){
vErrors = [err67];
}
else {
vErrors.push(err67);
}
errors++;
}
if(data29.mapped === undefined){
const err68 = {instancePath:instancePath+"/status/namespaces/" + i2,schemaPath:"#/properties/status/properties/namespaces/items/required",keyword:"required",params:{missingProperty: "mapped"},message:"must have required property '"+"mapped"+"'"};
if(vErrors === null){
vErrors = [err68];
}
else {
vErrors.push(err68);
}
errors++;
}
if(data29.ready === undefined){
const err69 = {instancePath:instancePath+"/status/namespaces/" + i2,schemaPath:"#/properties/status/properties/namespaces/items/required",keyword:"required",params:{missingProperty: "ready"},message:"must have required property '"+"ready"+"'"};
if(vErrors === null){
vErrors = [err69];
}
else {
vErrors.push(err69);
}
errors++;
}
for(const key8 in data29){
if(!(((((key8 === "name") || (key8 === "mapped")) || (key8 === "ready")) || (key8 === "reason")) || (key8 === "message"))){
const err70 = {instancePath:instancePath+"/status/namespaces/" + i2,schemaPath:"#/properties/status/properties/namespaces/items/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key8},message:"must NOT have additional properties"};
if(vErrors === null){
vErrors = [err70];
}
else {
vErrors.push(err70);
}
errors++;
}
}
if(data29.name !== undefined){
let data30 = data29.name;
if(typeof data30 === "string"){
if(func3(data30) > 63){
const err71 = {instancePath:instancePath+"/status/namespaces/" + i2+"/name",schemaPath:"#/properties/status/properties/namespaces/items/properties/name/maxLength",keyword:"maxLength",params:{limit: 63},message:"must NOT have more than 63 characters"};
if(vErrors === null){
vErrors = [err71];
}
else {
vErrors.push(err71);
}
errors++;
}
}
else {
const err72 = {instancePath:instancePath+"/status/namespaces/" + i2+"/name",schemaPath:"#/properties/status/properties/namespaces/items/properties/name/type",keyword:"type",params:{type: "string"},message:"must be string"};
if(vErrors === null){
vErrors = [err72];
}
else {
vErrors.push(err72);
}
errors++;
}
}
if(data29.mapped !== undefined){
if(typeof data29.mapped !== "boolean"){
const err73 = {instancePath:instancePath+"/status/namespaces/" + i2+"/mapped",schemaPath:"#/properties/status/properties/namespaces/items/properties/mapped/type",keyword:"type",params:{type: "boolean"},message:"must be boolean"};
if(vErrors === null){
vErrors = [err73];
}
else {
vErrors.push(err73);
}
errors++;
}
}
if(data29.ready !== undefined){
if(typeof data29.ready !== "boolean"){
const err74 = {instancePath:instancePath+"/status/namespaces/" + i2+"/ready",schemaPath:"#/properties/status/properties/namespaces/items/properties/ready/type",keyword:"type",params:{type: "boolean"},message:"must be boolean"};
if(vErrors === null){
vErrors = [err74];
}
else {
vErrors.push(err74);
}
errors++;
}
}
if(data29.reason !== undefined){
let data33 = data29.reason;
if(typeof data33 === "string"){
if(func3(data33) > 64){
const err75 = {instancePath:instancePath+"/status/namespaces/" + i2+"/reason",schemaPath:"#/properties/status/properties/namespaces/items/properties/reason/maxLength",keyword:"maxLength",params:{limit: 64},message:"must NOT have more than 64 characters"};
if(vErrors === null){
vErrors = [err75];
}
else {
vErrors.push(err75);
}
errors++;
}
}
else {
const err76 = {instancePath:instancePath+"/status/namespaces/" + i2+"/reason",schemaPath:"#/properties/status/properties/namespaces/items/properties/reason/type",keyword:"type",params:{type: "string"},message:"must be string"};
if(vErrors === null){
vErrors = [err76];
}
else {
vErrors.push(err76);
}
errors++;
}
}
if(data29.message !== undefined){
let data34 = data29.message;
if(typeof data34 === "string"){
if(func3(data34) > 300){
const err77 = {instancePath:instancePath+"/status/namespaces/" + i2+"/message",schemaPath:"#/properties/status/properties/namespaces/items/properties/message/maxLength",keyword:"maxLength",params:{limit: 300},message:"must NOT have more than 300 characters"};
if(vErrors === null){
vErrors = [err77];
}
else {
vErrors.push(err77);
}
errors++;
}
}
else {
const err78 = {instancePath:instancePath+"/status/namespaces/" + i2+"/message",schemaPath:"#/properties/status/properties/namespaces/items/properties/message/type",keyword:"type",params:{type: "string"},message:"must be string"};
if(vErrors === null){
vErrors = [err78];
}
else {
vErrors.push(err78);
}
errors++;
}
}
}
else {
const err79 = {instancePath:instancePath+"/status/namespaces/" + i2,schemaPath:"#/properties/status/properties/namespaces/items/type",keyword:"type",params:{type: "object"},message:"must be object"};
if(vErrors === null){
vErrors = [err79];
}
else {
vErrors.push(err79);
}
errors++;
}
}
}
else {
const err80 = {instancePath:instancePath+"/status/namespaces",schemaPath:"#/properties/status/properties/namespaces/type",keyword:"type",params:{type: "array"},message:"must be array"};
if(vErrors === null){
vErrors = [err80];
}
else {
vErrors.push(err80);
}
errors++;
}
}
if(data16.lastHeardTime !== undefined){
if(!(typeof data16.lastHeardTime === "string")){
const err81 = {instancePath:instancePath+"/status/lastHeardTime",schemaPath:"#/properties/status/properties/lastHeardTime/type",keyword:"type",params:{type: "string"},message:"must be string"};
if(vErrors === null){
vErrors = [err81];
}
else {
vErrors.push(err81);
}
errors++;
}
}
if(data16.disconnectedSince !== undefined){
if(!(typeof data16.disconnectedSince === "string")){
const err82 = {instancePath:instancePath+"/status/disconnectedSince",schemaPath:"#/properties/status/properties/disconnectedSince/type",keyword:"type",params:{type: "string"},message:"must be string"};
if(vErrors === null){
vErrors = [err82];
}
else {
vErrors.push(err82);
}
errors++;
}
}
if(data16.credentialExpiryTime !== undefined){
if(!(typeof data16.credentialExpiryTime === "string")){
const err83 = {instancePath:instancePath+"/status/credentialExpiryTime",schemaPath:"#/properties/status/properties/credentialExpiryTime/type",keyword:"type",params:{type: "string"},message:"must be string"};
if(vErrors === null){
vErrors = [err83];
}
else {
vErrors.push(err83);
}
errors++;
}
}
if(data16.gateFingerprint !== undefined){
let data38 = data16.gateFingerprint;
if(typeof data38 === "string"){
if(func3(data38) > 128){
const err84 = {instancePath:instancePath+"/status/gateFingerprint",schemaPath:"#/properties/status/properties/gateFingerprint/maxLength",keyword:"maxLength",params:{limit: 128},message:"must NOT have more than 128 characters"};
if(vErrors === null){
vErrors = [err84];
}
else {
vErrors.push(err84);
}
errors++;
}
}
else {
const err85 = {instancePath:instancePath+"/status/gateFingerprint",schemaPath:"#/properties/status/properties/gateFingerprint/type",keyword:"type",params:{type: "string"},message:"must be string"};
if(vErrors === null){
vErrors = [err85];
}
else {
vErrors.push(err85);
}
errors++;
}
}
if(data16.conditions !== undefined){
let data39 = data16.conditions;
if(Array.isArray(data39)){
if(data39.length > 16){
const err86 = {instancePath:instancePath+"/status/conditions",schemaPath:"#/properties/status/properties/conditions/maxItems",keyword:"maxItems",params:{limit: 16},message:"must NOT have more than 16 items"};
if(vErrors === null){
vErrors = [err86];
}
else {
vErrors.push(err86);
}
errors++;
}
const len3 = data39.length;
for(let i3=0; i3<len3; i3++){
let data40 = data39[i3];
if(data40 && typeof data40 == "object" && !Array.isArray(data40)){
if(data40.type === undefined){
const err87 = {instancePath:instancePath+"/status/conditions/" + i3,schemaPath:"#/properties/status/properties/conditions/items/required",keyword:"required",params:{missingProperty: "type"},message:"must have required property '"+"type"+"'"};
if(vErrors === null){
vErrors = [err87];
}
else {
vErrors.push(err87);
}
errors++;
}
if(data40.status === undefined){
const err88 = {instancePath:instancePath+"/status/conditions/" + i3,schemaPath:"#/properties/status/properties/conditions/items/required",keyword:"required",params:{missingProperty: "status"},message:"must have required property '"+"status"+"'"};
if(vErrors === null){
vErrors = [err88];
}
else {
vErrors.push(err88);
}
errors++;
}
if(data40.reason === undefined){
const err89 = {instancePath:instancePath+"/status/conditions/" + i3,schemaPath:"#/properties/status/properties/conditions/items/required",keyword:"required",params:{missingProperty: "reason"},message:"must have required property '"+"reason"+"'"};
if(vErrors === null){
vErrors = [err89];
}
else {
vErrors.push(err89);
}
errors++;
}
if(data40.message === undefined){
const err90 = {instancePath:instancePath+"/status/conditions/" + i3,schemaPath:"#/properties/status/properties/conditions/items/required",keyword:"required",params:{missingProperty: "message"},message:"must have required property '"+"message"+"'"};
if(vErrors === null){
vErrors = [err90];
}
else {
vErrors.push(err90);
}
errors++;
}
if(data40.lastTransitionTime === undefined){
const err91 = {instancePath:instancePath+"/status/conditions/" + i3,schemaPath:"#/properties/status/properties/conditions/items/required",keyword:"required",params:{missingProperty: "lastTransitionTime"},message:"must have required property '"+"lastTransitionTime"+"'"};
if(vErrors === null){
vErrors = [err91];
}
else {
vErrors.push(err91);
}
errors++;
}
for(const key9 in data40){
if(!((((((key9 === "type") || (key9 === "status")) || (key9 === "reason")) || (key9 === "message")) || (key9 === "observedGeneration")) || (key9 === "lastTransitionTime"))){
const err92 = {instancePath:instancePath+"/status/conditions/" + i3,schemaPath:"#/properties/status/properties/conditions/items/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key9},message:"must NOT have additional properties"};
if(vErrors === null){
vErrors = [err92];
}
else {
vErrors.push(err92);
}
errors++;
}
}
if(data40.type !== undefined){
let data41 = data40.type;
if(typeof data41 === "string"){
if(func3(data41) > 64){
const err93 = {instancePath:instancePath+"/status/conditions/" + i3+"/type",schemaPath:"#/properties/status/properties/conditions/items/properties/type/maxLength",keyword:"maxLength",params:{limit: 64},message:"must NOT have more than 64 characters"};
if(vErrors === null){
vErrors = [err93];
}
else {
vErrors.push(err93);
}
errors++;
}
}
else {
const err94 = {instancePath:instancePath+"/status/conditions/" + i3+"/type",schemaPath:"#/properties/status/properties/conditions/items/properties/type/type",keyword:"type",params:{type: "string"},message:"must be string"};
if(vErrors === null){
vErrors = [err94];
}
else {
vErrors.push(err94);
}
errors++;
}
}
if(data40.status !== undefined){
let data42 = data40.status;
if(typeof data42 !== "string"){
const err95 = {instancePath:instancePath+"/status/conditions/" + i3+"/status",schemaPath:"#/properties/status/properties/conditions/items/properties/status/type",keyword:"type",params:{type: "string"},message:"must be string"};
if(vErrors === null){
vErrors = [err95];
}
else {
vErrors.push(err95);
}
errors++;
}
if(!(((data42 === "True") || (data42 === "False")) || (data42 === "Unknown"))){
const err96 = {instancePath:instancePath+"/status/conditions/" + i3+"/status",schemaPath:"#/properties/status/properties/conditions/items/properties/status/enum",keyword:"enum",params:{allowedValues: schema12.properties.status.properties.conditions.items.properties.status.enum},message:"must be equal to one of the allowed values"};
if(vErrors === null){
vErrors = [err96];
}
else {
vErrors.push(err96);
}
errors++;
}
}
if(data40.reason !== undefined){
let data43 = data40.reason;
if(typeof data43 === "string"){
if(func3(data43) > 64){
const err97 = {instancePath:instancePath+"/status/conditions/" + i3+"/reason",schemaPath:"#/properties/status/properties/conditions/items/properties/reason/maxLength",keyword:"maxLength",params:{limit: 64},message:"must NOT have more than 64 characters"};
if(vErrors === null){
vErrors = [err97];
}
else {
vErrors.push(err97);
}
errors++;
}
}
else {
const err98 = {instancePath:instancePath+"/status/conditions/" + i3+"/reason",schemaPath:"#/properties/status/properties/conditions/items/properties/reason/type",keyword:"type",params:{type: "string"},message:"must be string"};
if(vErrors === null){
vErrors = [err98];
}
else {
vErrors.push(err98);
}
errors++;
}
}
if(data40.message !== undefined){
let data44 = data40.message;
if(typeof data44 === "string"){
if(func3(data44) > 1024){
const err99 = {instancePath:instancePath+"/status/conditions/" + i3+"/message",schemaPath:"#/properties/status/properties/conditions/items/properties/message/maxLength",keyword:"maxLength",params:{limit: 1024},message:"must NOT have more than 1024 characters"};
if(vErrors === null){
vErrors = [err99];
}
else {
vErrors.push(err99);
}
errors++;
}
}
else {
const err100 = {instancePath:instancePath+"/status/conditions/" + i3+"/message",schemaPath:"#/properties/status/properties/conditions/items/properties/message/type",keyword:"type",params:{type: "string"},message:"must be string"};
if(vErrors === null){
vErrors = [err100];
}
else {
vErrors.push(err100);
}
errors++;
}
}
if(data40.observedGeneration !== undefined){
let data45 = data40.observedGeneration;
if(!((typeof data45 == "number") && (!(data45 % 1) && !isNaN(data45)))){
const err101 = {instancePath:instancePath+"/status/conditions/" + i3+"/observedGeneration",schemaPath:"#/properties/status/properties/conditions/items/properties/observedGeneration/type",keyword:"type",params:{type: "integer"},message:"must be integer"};
if(vErrors === null){
vErrors = [err101];
}
else {
vErrors.push(err101);
}
errors++;
}
}
if(data40.lastTransitionTime !== undefined){
if(!(typeof data40.lastTransitionTime === "string")){
const err102 = {instancePath:instancePath+"/status/conditions/" + i3+"/lastTransitionTime",schemaPath:"#/properties/status/properties/conditions/items/properties/lastTransitionTime/type",keyword:"type",params:{type: "string"},message:"must be string"};
if(vErrors === null){
vErrors = [err102];
}
else {
vErrors.push(err102);
}
errors++;
}
}
}
else {
const err103 = {instancePath:instancePath+"/status/conditions/" + i3,schemaPath:"#/properties/status/properties/conditions/items/type",keyword:"type",params:{type: "object"},message:"must be object"};
if(vErrors === null){
vErrors = [err103];
}
else {
vErrors.push(err103);
}
errors++;
}
}
}
else {
const err104 = {instancePath:instancePath+"/status/conditions",schemaPath:"#/properties/status/properties/conditions/type",keyword:"type",params:{type: "array"},message:"must be array"};
if(vErrors === null){
vErrors = [err104];
}
else {
vErrors.push(err104);
}
errors++;
}
}
}
else {
const err105 = {instancePath:instancePath+"/status",schemaPath:"#/properties/status/type",keyword:"type",params:{type: "object"},message:"must be object"};
if(vErrors === null){
vErrors = [err105];
}
else {
vErrors.push(err105);
}
errors++;
}
}
}
else {
const err106 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: "object"},message:"must be object"};
if(vErrors === null){
vErrors = [err106];
}
else {
vErrors.push(err106);
}
errors++;
}
validate11.errors = vErrors;
return errors === 0;
}

export const validateTrainingRound = validate12;
const schema13 = {"type":"object","description":"One window of consecutive rounds of a job. Made by the operator; its job owns it.","required":["spec"],"properties":{"apiVersion":{"type":"string","description":"Version of the API."},"kind":{"type":"string","description":"Kind of the object."},"metadata":{"type":"object"},"spec":{"type":"object","description":"The plan of the window. It never changes.","required":["jobName","jobUid","from","through","attempt","quorum","deadline","localSteps"],"properties":{"jobName":{"type":"string","maxLength":40,"description":"Name of the job."},"jobUid":{"type":"string","maxLength":64,"description":"Uid of the job."},"from":{"type":"integer","minimum":0,"description":"First round."},"through":{"type":"integer","minimum":0,"description":"Last round."},"attempt":{"type":"integer","minimum":1,"description":"Attempt at this window."},"quorum":{"type":"integer","minimum":1,"description":"Fewest reports with which a round is committed."},"deadline":{"type":"string","maxLength":16,"description":"Longest time of one round."},"localSteps":{"type":"integer","minimum":0,"description":"Optimiser steps of each worker a round."},"evaluateOnly":{"type":"boolean","default":false,"description":"True when the window evaluates the last model and trains nothing."}},"additionalProperties":false},"status":{"type":"object","description":"The outcome, copied from the aggregator's ledger.","properties":{"phase":{"type":"string","maxLength":32,"description":"Open, Committed, Evaluated or Superseded."},"stage":{"type":"string","maxLength":32,"description":"Stage of the round in work."},"committed":{"type":"integer","description":"Rounds of the window that were committed."},"reports":{"type":"integer","description":"Reports in the last committed sum."},"dropOuts":{"type":"integer","description":"Parties that dropped out of the last committed round."},"bytesUp":{"type":"integer","format":"int64","description":"Bytes of reports."},"bytesDown":{"type":"integer","format":"int64","description":"Bytes of models."},"metric":{"type":"string","maxLength":64,"description":"Convergence metric of the model that the last round started from."},"seconds":{"type":"string","maxLength":32,"description":"Seconds from the opening to the commit of the last round."},"modelSha256":{"type":"string","maxLength":64,"description":"SHA-256 of the model after the window in hexadecimal."},"ledgerSha256":{"type":"string","maxLength":64,"description":"SHA-256 of the last ledger line in hexadecimal."},"startTime":{"type":"string","format":"date-time","description":"When the first round started."},"completionTime":{"type":"string","format":"date-time","description":"When the last round was committed."}},"additionalProperties":false}},"additionalProperties":false,"$id":"TrainingRound"};

function validate12(data, {instancePath="", parentData, parentDataProperty, rootData=data}={}){
/*# sourceURL="TrainingRound" */;
let vErrors = null;
let errors = 0;
if(data && typeof data == "object" && !Array.isArray(data)){
if(data.spec === undefined){
const err0 = {instancePath,schemaPath:"#/required",keyword:"required",params:{missingProperty: "spec"},message:"must have required property '"+"spec"+"'"};
if(vErrors === null){
vErrors = [err0];
}
else {
vErrors.push(err0);
}
errors++;
}
for(const key0 in data){
if(!(((((key0 === "apiVersion") || (key0 === "kind")) || (key0 === "metadata")) || (key0 === "spec")) || (key0 === "status"))){
const err1 = {instancePath,schemaPath:"#/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key0},message:"must NOT have additional properties"};
if(vErrors === null){
vErrors = [err1];
}
else {
vErrors.push(err1);
}
errors++;
}
}
if(data.apiVersion !== undefined){
if(typeof data.apiVersion !== "string"){
const err2 = {instancePath:instancePath+"/apiVersion",schemaPath:"#/properties/apiVersion/type",keyword:"type",params:{type: "string"},message:"must be string"};
if(vErrors === null){
vErrors = [err2];
}
else {
vErrors.push(err2);
}
errors++;
}
}
if(data.kind !== undefined){
if(typeof data.kind !== "string"){
const err3 = {instancePath:instancePath+"/kind",schemaPath:"#/properties/kind/type",keyword:"type",params:{type: "string"},message:"must be string"};
if(vErrors === null){
vErrors = [err3];
}
else {
vErrors.push(err3);
}
errors++;
}
}
if(data.metadata !== undefined){
let data2 = data.metadata;
if(!(data2 && typeof data2 == "object" && !Array.isArray(data2))){
const err4 = {instancePath:instancePath+"/metadata",schemaPath:"#/properties/metadata/type",keyword:"type",params:{type: "object"},message:"must be object"};
if(vErrors === null){
vErrors = [err4];
}
else {
vErrors.push(err4);
}
errors++;
}
}
if(data.spec !== undefined){
let data3 = data.spec;
if(data3 && typeof data3 == "object" && !Array.isArray(data3)){
if(data3.evaluateOnly === undefined){
data3.evaluateOnly = false;
}
if(data3.jobName === undefined){
const err5 = {instancePath:instancePath+"/spec",schemaPath:"#/properties/spec/required",keyword:"required",params:{missingProperty: "jobName"},message:"must have required property '"+"jobName"+"'"};
if(vErrors === null){
vErrors = [err5];
}
else {
vErrors.push(err5);
}
errors++;
}
if(data3.jobUid === undefined){
const err6 = {instancePath:instancePath+"/spec",schemaPath:"#/properties/spec/required",keyword:"required",params:{missingProperty: "jobUid"},message:"must have required property '"+"jobUid"+"'"};
if(vErrors === null){
vErrors = [err6];
}
else {
vErrors.push(err6);
}
errors++;
}
if(data3.from === undefined){
const err7 = {instancePath:instancePath+"/spec",schemaPath:"#/properties/spec/required",keyword:"required",params:{missingProperty: "from"},message:"must have required property '"+"from"+"'"};
if(vErrors === null){
vErrors = [err7];
}
else {
vErrors.push(err7);
}
errors++;
}
if(data3.through === undefined){
const err8 = {instancePath:instancePath+"/spec",schemaPath:"#/properties/spec/required",keyword:"required",params:{missingProperty: "through"},message:"must have required property '"+"through"+"'"};
if(vErrors === null){
vErrors = [err8];
}
else {
vErrors.push(err8);
}
errors++;
}
if(data3.attempt === undefined){
const err9 = {instancePath:instancePath+"/spec",schemaPath:"#/properties/spec/required",keyword:"required",params:{missingProperty: "attempt"},message:"must have required property '"+"attempt"+"'"};
if(vErrors === null){
vErrors = [err9];
}
else {
vErrors.push(err9);
}
errors++;
}
if(data3.quorum === undefined){
const err10 = {instancePath:instancePath+"/spec",schemaPath:"#/properties/spec/required",keyword:"required",params:{missingProperty: "quorum"},message:"must have required property '"+"quorum"+"'"};
if(vErrors === null){
vErrors = [err10];
}
else {
vErrors.push(err10);
}
errors++;
}
if(data3.deadline === undefined){
const err11 = {instancePath:instancePath+"/spec",schemaPath:"#/properties/spec/required",keyword:"required",params:{missingProperty: "deadline"},message:"must have required property '"+"deadline"+"'"};
if(vErrors === null){
vErrors = [err11];
}
else {
vErrors.push(err11);
}
errors++;
}
if(data3.localSteps === undefined){
const err12 = {instancePath:instancePath+"/spec",schemaPath:"#/properties/spec/required",keyword:"required",params:{missingProperty: "localSteps"},message:"must have required property '"+"localSteps"+"'"};
if(vErrors === null){
vErrors = [err12];
}
else {
vErrors.push(err12);
}
errors++;
}
for(const key1 in data3){
if(!(func2.call(schema13.properties.spec.properties, key1))){
const err13 = {instancePath:instancePath+"/spec",schemaPath:"#/properties/spec/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key1},message:"must NOT have additional properties"};
if(vErrors === null){
vErrors = [err13];
}
else {
vErrors.push(err13);
}
errors++;
}
}
if(data3.jobName !== undefined){
let data4 = data3.jobName;
if(typeof data4 === "string"){
if(func3(data4) > 40){
const err14 = {instancePath:instancePath+"/spec/jobName",schemaPath:"#/properties/spec/properties/jobName/maxLength",keyword:"maxLength",params:{limit: 40},message:"must NOT have more than 40 characters"};
if(vErrors === null){
vErrors = [err14];
}
else {
vErrors.push(err14);
}
errors++;
}
}
else {
const err15 = {instancePath:instancePath+"/spec/jobName",schemaPath:"#/properties/spec/properties/jobName/type",keyword:"type",params:{type: "string"},message:"must be string"};
if(vErrors === null){
vErrors = [err15];
}
else {
vErrors.push(err15);
}
errors++;
}
}
if(data3.jobUid !== undefined){
let data5 = data3.jobUid;
if(typeof data5 === "string"){
if(func3(data5) > 64){
const err16 = {instancePath:instancePath+"/spec/jobUid",schemaPath:"#/properties/spec/properties/jobUid/maxLength",keyword:"maxLength",params:{limit: 64},message:"must NOT have more than 64 characters"};
if(vErrors === null){
vErrors = [err16];
}
else {
vErrors.push(err16);
}
errors++;
}
}
else {
const err17 = {instancePath:instancePath+"/spec/jobUid",schemaPath:"#/properties/spec/properties/jobUid/type",keyword:"type",params:{type: "string"},message:"must be string"};
if(vErrors === null){
vErrors = [err17];
}
else {
vErrors.push(err17);
}
errors++;
}
}
if(data3.from !== undefined){
let data6 = data3.from;
if(!((typeof data6 == "number") && (!(data6 % 1) && !isNaN(data6)))){
const err18 = {instancePath:instancePath+"/spec/from",schemaPath:"#/properties/spec/properties/from/type",keyword:"type",params:{type: "integer"},message:"must be integer"};
if(vErrors === null){
vErrors = [err18];
}
else {
vErrors.push(err18);
}
errors++;
}
if(typeof data6 == "number"){
if(data6 < 0 || isNaN(data6)){
const err19 = {instancePath:instancePath+"/spec/from",schemaPath:"#/properties/spec/properties/from/minimum",keyword:"minimum",params:{comparison: ">=", limit: 0},message:"must be >= 0"};
if(vErrors === null){
vErrors = [err19];
}
else {
vErrors.push(err19);
}
errors++;
}
}
}
if(data3.through !== undefined){
let data7 = data3.through;
if(!((typeof data7 == "number") && (!(data7 % 1) && !isNaN(data7)))){
const err20 = {instancePath:instancePath+"/spec/through",schemaPath:"#/properties/spec/properties/through/type",keyword:"type",params:{type: "integer"},message:"must be integer"};
if(vErrors === null){
vErrors = [err20];
}
else {
vErrors.push(err20);
}
errors++;
}
if(typeof data7 == "number"){
if(data7 < 0 || isNaN(data7)){
const err21 = {instancePath:instancePath+"/spec/through",schemaPath:"#/properties/spec/properties/through/minimum",keyword:"minimum",params:{comparison: ">=", limit: 0},message:"must be >= 0"};
if(vErrors === null){
vErrors = [err21];
}
else {
vErrors.push(err21);
}
errors++;
}
}
}
if(data3.attempt !== undefined){
let data8 = data3.attempt;
if(!((typeof data8 == "number") && (!(data8 % 1) && !isNaN(data8)))){
const err22 = {instancePath:instancePath+"/spec/attempt",schemaPath:"#/properties/spec/properties/attempt/type",keyword:"type",params:{type: "integer"},message:"must be integer"};
if(vErrors === null){
vErrors = [err22];
}
else {
vErrors.push(err22);
}
errors++;
}
if(typeof data8 == "number"){
if(data8 < 1 || isNaN(data8)){
const err23 = {instancePath:instancePath+"/spec/attempt",schemaPath:"#/properties/spec/properties/attempt/minimum",keyword:"minimum",params:{comparison: ">=", limit: 1},message:"must be >= 1"};
if(vErrors === null){
vErrors = [err23];
}
else {
vErrors.push(err23);
}
errors++;
}
}
}
if(data3.quorum !== undefined){
let data9 = data3.quorum;
if(!((typeof data9 == "number") && (!(data9 % 1) && !isNaN(data9)))){
const err24 = {instancePath:instancePath+"/spec/quorum",schemaPath:"#/properties/spec/properties/quorum/type",keyword:"type",params:{type: "integer"},message:"must be integer"};
if(vErrors === null){
vErrors = [err24];
}
else {
vErrors.push(err24);
}
errors++;
}
if(typeof data9 == "number"){
if(data9 < 1 || isNaN(data9)){
const err25 = {instancePath:instancePath+"/spec/quorum",schemaPath:"#/properties/spec/properties/quorum/minimum",keyword:"minimum",params:{comparison: ">=", limit: 1},message:"must be >= 1"};
if(vErrors === null){
vErrors = [err25];
}
else {
vErrors.push(err25);
}
errors++;
}
}
}
if(data3.deadline !== undefined){
let data10 = data3.deadline;
if(typeof data10 === "string"){
if(func3(data10) > 16){
const err26 = {instancePath:instancePath+"/spec/deadline",schemaPath:"#/properties/spec/properties/deadline/maxLength",keyword:"maxLength",params:{limit: 16},message:"must NOT have more than 16 characters"};
if(vErrors === null){
vErrors = [err26];
}
else {
vErrors.push(err26);
}
errors++;
}
}
else {
const err27 = {instancePath:instancePath+"/spec/deadline",schemaPath:"#/properties/spec/properties/deadline/type",keyword:"type",params:{type: "string"},message:"must be string"};
if(vErrors === null){
vErrors = [err27];
}
else {
vErrors.push(err27);
}
errors++;
}
}
if(data3.localSteps !== undefined){
let data11 = data3.localSteps;
if(!((typeof data11 == "number") && (!(data11 % 1) && !isNaN(data11)))){
const err28 = {instancePath:instancePath+"/spec/localSteps",schemaPath:"#/properties/spec/properties/localSteps/type",keyword:"type",params:{type: "integer"},message:"must be integer"};
if(vErrors === null){
vErrors = [err28];
}
else {
vErrors.push(err28);
}
errors++;
}
if(typeof data11 == "number"){
if(data11 < 0 || isNaN(data11)){
const err29 = {instancePath:instancePath+"/spec/localSteps",schemaPath:"#/properties/spec/properties/localSteps/minimum",keyword:"minimum",params:{comparison: ">=", limit: 0},message:"must be >= 0"};
if(vErrors === null){
vErrors = [err29];
}
else {
vErrors.push(err29);
}
errors++;
}
}
}
if(typeof data3.evaluateOnly !== "boolean"){
const err30 = {instancePath:instancePath+"/spec/evaluateOnly",schemaPath:"#/properties/spec/properties/evaluateOnly/type",keyword:"type",params:{type: "boolean"},message:"must be boolean"};
if(vErrors === null){
vErrors = [err30];
}
else {
vErrors.push(err30);
}
errors++;
}
}
else {
const err31 = {instancePath:instancePath+"/spec",schemaPath:"#/properties/spec/type",keyword:"type",params:{type: "object"},message:"must be object"};
if(vErrors === null){
vErrors = [err31];
}
else {
vErrors.push(err31);
}
errors++;
}
}
if(data.status !== undefined){
let data13 = data.status;
if(data13 && typeof data13 == "object" && !Array.isArray(data13)){
for(const key2 in data13){
if(!(func2.call(schema13.properties.status.properties, key2))){
const err32 = {instancePath:instancePath+"/status",schemaPath:"#/properties/status/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key2},message:"must NOT have additional properties"};
if(vErrors === null){
vErrors = [err32];
}
else {
vErrors.push(err32);
}
errors++;
}
}
if(data13.phase !== undefined){
let data14 = data13.phase;
if(typeof data14 === "string"){
if(func3(data14) > 32){
const err33 = {instancePath:instancePath+"/status/phase",schemaPath:"#/properties/status/properties/phase/maxLength",keyword:"maxLength",params:{limit: 32},message:"must NOT have more than 32 characters"};
if(vErrors === null){
vErrors = [err33];
}
else {
vErrors.push(err33);
}
errors++;
}
}
else {
const err34 = {instancePath:instancePath+"/status/phase",schemaPath:"#/properties/status/properties/phase/type",keyword:"type",params:{type: "string"},message:"must be string"};
if(vErrors === null){
vErrors = [err34];
}
else {
vErrors.push(err34);
}
errors++;
}
}
if(data13.stage !== undefined){
let data15 = data13.stage;
if(typeof data15 === "string"){
if(func3(data15) > 32){
const err35 = {instancePath:instancePath+"/status/stage",schemaPath:"#/properties/status/properties/stage/maxLength",keyword:"maxLength",params:{limit: 32},message:"must NOT have more than 32 characters"};
if(vErrors === null){
vErrors = [err35];
}
else {
vErrors.push(err35);
}
errors++;
}
}
else {
const err36 = {instancePath:instancePath+"/status/stage",schemaPath:"#/properties/status/properties/stage/type",keyword:"type",params:{type: "string"},message:"must be string"};
if(vErrors === null){
vErrors = [err36];
}
else {
vErrors.push(err36);
}
errors++;
}
}
if(data13.committed !== undefined){
let data16 = data13.committed;
if(!((typeof data16 == "number") && (!(data16 % 1) && !isNaN(data16)))){
const err37 = {instancePath:instancePath+"/status/committed",schemaPath:"#/properties/status/properties/committed/type",keyword:"type",params:{type: "integer"},message:"must be integer"};
if(vErrors === null){
vErrors = [err37];
}
else {
vErrors.push(err37);
}
errors++;
}
}
if(data13.reports !== undefined){
let data17 = data13.reports;
if(!((typeof data17 == "number") && (!(data17 % 1) && !isNaN(data17)))){
const err38 = {instancePath:instancePath+"/status/reports",schemaPath:"#/properties/status/properties/reports/type",keyword:"type",params:{type: "integer"},message:"must be integer"};
if(vErrors === null){
vErrors = [err38];
}
else {
vErrors.push(err38);
}
errors++;
}
}
if(data13.dropOuts !== undefined){
let data18 = data13.dropOuts;
if(!((typeof data18 == "number") && (!(data18 % 1) && !isNaN(data18)))){
const err39 = {instancePath:instancePath+"/status/dropOuts",schemaPath:"#/properties/status/properties/dropOuts/type",keyword:"type",params:{type: "integer"},message:"must be integer"};
if(vErrors === null){
vErrors = [err39];
}
else {
vErrors.push(err39);
}
errors++;
}
}
if(data13.bytesUp !== undefined){
let data19 = data13.bytesUp;
if(!((typeof data19 == "number") && (!(data19 % 1) && !isNaN(data19)))){
const err40 = {instancePath:instancePath+"/status/bytesUp",schemaPath:"#/properties/status/properties/bytesUp/type",keyword:"type",params:{type: "integer"},message:"must be integer"};
if(vErrors === null){
vErrors = [err40];
}
else {
vErrors.push(err40);
}
errors++;
}
}
if(data13.bytesDown !== undefined){
let data20 = data13.bytesDown;
if(!((typeof data20 == "number") && (!(data20 % 1) && !isNaN(data20)))){
const err41 = {instancePath:instancePath+"/status/bytesDown",schemaPath:"#/properties/status/properties/bytesDown/type",keyword:"type",params:{type: "integer"},message:"must be integer"};
if(vErrors === null){
vErrors = [err41];
}
else {
vErrors.push(err41);
}
errors++;
}
}
if(data13.metric !== undefined){
let data21 = data13.metric;
if(typeof data21 === "string"){
if(func3(data21) > 64){
const err42 = {instancePath:instancePath+"/status/metric",schemaPath:"#/properties/status/properties/metric/maxLength",keyword:"maxLength",params:{limit: 64},message:"must NOT have more than 64 characters"};
if(vErrors === null){
vErrors = [err42];
}
else {
vErrors.push(err42);
}
errors++;
}
}
else {
const err43 = {instancePath:instancePath+"/status/metric",schemaPath:"#/properties/status/properties/metric/type",keyword:"type",params:{type: "string"},message:"must be string"};
if(vErrors === null){
vErrors = [err43];
}
else {
vErrors.push(err43);
}
errors++;
}
}
if(data13.seconds !== undefined){
let data22 = data13.seconds;
if(typeof data22 === "string"){
if(func3(data22) > 32){
const err44 = {instancePath:instancePath+"/status/seconds",schemaPath:"#/properties/status/properties/seconds/maxLength",keyword:"maxLength",params:{limit: 32},message:"must NOT have more than 32 characters"};
if(vErrors === null){
vErrors = [err44];
}
else {
vErrors.push(err44);
}
errors++;
}
}
else {
const err45 = {instancePath:instancePath+"/status/seconds",schemaPath:"#/properties/status/properties/seconds/type",keyword:"type",params:{type: "string"},message:"must be string"};
if(vErrors === null){
vErrors = [err45];
}
else {
vErrors.push(err45);
}
errors++;
}
}
if(data13.modelSha256 !== undefined){
let data23 = data13.modelSha256;
if(typeof data23 === "string"){
if(func3(data23) > 64){
const err46 = {instancePath:instancePath+"/status/modelSha256",schemaPath:"#/properties/status/properties/modelSha256/maxLength",keyword:"maxLength",params:{limit: 64},message:"must NOT have more than 64 characters"};
if(vErrors === null){
vErrors = [err46];
}
else {
vErrors.push(err46);
}
errors++;
}
}
else {
const err47 = {instancePath:instancePath+"/status/modelSha256",schemaPath:"#/properties/status/properties/modelSha256/type",keyword:"type",params:{type: "string"},message:"must be string"};
if(vErrors === null){
vErrors = [err47];
}
else {
vErrors.push(err47);
}
errors++;
}
}
if(data13.ledgerSha256 !== undefined){
let data24 = data13.ledgerSha256;
if(typeof data24 === "string"){
if(func3(data24) > 64){
const err48 = {instancePath:instancePath+"/status/ledgerSha256",schemaPath:"#/properties/status/properties/ledgerSha256/maxLength",keyword:"maxLength",params:{limit: 64},message:"must NOT have more than 64 characters"};
if(vErrors === null){
vErrors = [err48];
}
else {
vErrors.push(err48);
}
errors++;
}
}
else {
const err49 = {instancePath:instancePath+"/status/ledgerSha256",schemaPath:"#/properties/status/properties/ledgerSha256/type",keyword:"type",params:{type: "string"},message:"must be string"};
if(vErrors === null){
vErrors = [err49];
}
else {
vErrors.push(err49);
}
errors++;
}
}
if(data13.startTime !== undefined){
if(!(typeof data13.startTime === "string")){
const err50 = {instancePath:instancePath+"/status/startTime",schemaPath:"#/properties/status/properties/startTime/type",keyword:"type",params:{type: "string"},message:"must be string"};
if(vErrors === null){
vErrors = [err50];
}
else {
vErrors.push(err50);
}
errors++;
}
}
if(data13.completionTime !== undefined){
if(!(typeof data13.completionTime === "string")){
const err51 = {instancePath:instancePath+"/status/completionTime",schemaPath:"#/properties/status/properties/completionTime/type",keyword:"type",params:{type: "string"},message:"must be string"};
if(vErrors === null){
vErrors = [err51];
}
else {
vErrors.push(err51);
}
errors++;
}
}
}
else {
const err52 = {instancePath:instancePath+"/status",schemaPath:"#/properties/status/type",keyword:"type",params:{type: "object"},message:"must be object"};
if(vErrors === null){
vErrors = [err52];
}
else {
vErrors.push(err52);
}
errors++;
}
}
}
else {
const err53 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: "object"},message:"must be object"};
if(vErrors === null){
vErrors = [err53];
}
else {
vErrors.push(err53);
}
errors++;
}
validate12.errors = vErrors;
return errors === 0;
}
