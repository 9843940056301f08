export { formatAddress, type HostPort, readAddress, readHost } from "./address.ts";
export { type ConvergenceFields, checkConvergence, readMinDelta } from "./convergence.ts";
export { decimalExpected, readDecimal } from "./decimal.ts";
export { readDuration, readDurationMs } from "./duration.ts";
export { readExtendedResource } from "./extended-resource.ts";
export { describeFinding, type FieldFinding, findingsOf, type Reading, showValue } from "./finding.ts";
export { checkJobSpec, readDeadlineMs } from "./job-spec.ts";
export { type MergedPeer, type MergedPeers, mergePeers, type OwnMember, type PeerSource } from "./merge-peers.ts";
export { readLabel, readObjectName } from "./names.ts";
export { type NumberFinding, type NumberRule, type NumberRules, readNumber, readNumbers } from "./numbers.ts";
export { trainerOf } from "./participant-trainer.ts";
export {
  checkPeer,
  checkPeerList,
  keysOf,
  type Peer,
  type PeerList,
  readOrganisation,
} from "./peer-list.ts";
export { readPemBundle } from "./pem.ts";
export { type Quantity, readQuantity, wholeQuantity } from "./quantity.ts";
export { type JobModel, modelOf, type SynchronousSchedule, synchronousOf } from "./required-by-rule.ts";
export { MAX_STEP_EXPONENT, readStep } from "./step.ts";
export {
  checkStrategy,
  decayRule,
  learningRateRule,
  type StrategyName,
  type StrategySpec,
  strategyRules,
} from "./strategies.ts";
export { checkHyperparameters, checkTrainer, type TaskName, type TrainerSpec, taskRules } from "./tasks.ts";
