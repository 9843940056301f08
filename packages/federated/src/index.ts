export {
  Accountant,
  type PrivacyEvent,
  requirePrivacyEvent,
  type SampledGaussianEvent,
  type SkellamEvent,
  spentEpsilon,
} from "./accounting/accountant.ts";
export {
  adaptClipNorm,
  type ClipObservation,
  type DividedNoise,
  divideNoiseMultiplier,
} from "./accounting/adaptive-clip.ts";
export {
  affordableSteps,
  calibrateNoiseMultiplier,
  type NoiseTarget,
  type StepsTarget,
} from "./accounting/calibration.ts";
export { calibrateGaussian, gaussianDelta, gaussianEpsilon } from "./accounting/gaussian-exact.ts";
export { labelKeepChance } from "./accounting/label-response.ts";
export { type LedgerCharge, type LedgerTerms, ProtectedUnit } from "./accounting/ledger-terms.ts";
export { INTEGER_ORDERS, RENYI_ORDERS } from "./accounting/orders.ts";
export { pldEpsilon, type SampledGaussianSteps } from "./accounting/pld-accountant.ts";
export {
  type ChargeOutcome,
  chargeLedger,
  type LedgerEntry,
  ledgerEpsilon,
  ledgerHead,
  openPrivacyLedger,
  type PrivacyLedger,
  type Sha256,
} from "./accounting/privacy-ledger.ts";
export { epsilonOfRenyi, type RenyiEpsilon } from "./accounting/renyi-conversion.ts";
export { sampledGaussianRenyi } from "./accounting/sampled-gaussian-renyi.ts";
export {
  calibrateSkellam,
  type GridSensitivity,
  gridSensitivity,
  type RoundedVector,
  ringBitsForNoise,
  type SkellamNoise,
  type SkellamTarget,
  skellamEpsilon,
  skellamRenyi,
} from "./accounting/skellam.ts";
export { LedgerFault, type LedgerVerdict, verifyPrivacyLedger } from "./accounting/verify-ledger.ts";
export {
  type CohortId,
  type CohortParty,
  type CohortPlan,
  type CohortPolicy,
  CohortStage,
  type CohortView,
  type CommitPlan,
  type OpenCohort,
} from "./cohorts/cohort-policy.ts";
export { everybody } from "./cohorts/everybody.ts";
export {
  ConvergedReason,
  ConvergenceJudge,
  type ConvergenceProgress,
  type ConvergenceVerdict,
  judgeConvergence,
  type MetricPoint,
  MetricProblem,
} from "./convergence/convergence.ts";
export {
  type ConvergenceRule,
  type ConvergenceSpec,
  MetricMode,
  parseConvergenceRule,
} from "./convergence/convergence-rule.ts";
export { addResidual, holdsParty, residualOf, settleResidual } from "./encoding/error-feedback.ts";
export {
  codingsInParts,
  decodeMetrics,
  type EncodedMetrics,
  encodeMetrics,
  largestMetric,
  METRIC_RING_BITS,
  type MetricCoding,
  requireMetricCodings,
} from "./encoding/metrics.ts";
export { packRing, unpackRing } from "./encoding/packing.ts";
export { dequantise, type Grid, quantise, ROUNDING_BYTES, requireGrid } from "./encoding/quantiser.ts";
export {
  bitsNeeded,
  carryBits,
  GROUP_VALUES,
  isRingBits,
  largestValue,
  packedSizeBytes,
  RING_BITS,
  type RingBits,
  type RingLoad,
  requireRingBits,
  requireRingHolds,
  smallestRing,
  toSigned,
  VALUE_BITS,
} from "./encoding/ring.ts";
export { accumulatePacked, accumulateRing, requireChunkOffset, type Sign } from "./encoding/ring-arithmetic.ts";
export {
  DEFAULT_VALUE_BITS,
  planSegments,
  SEGMENT_PARAMETERS,
  type Segment,
  SegmentKind,
  type SegmentRequest,
  type SegmentTable,
} from "./encoding/segment-table.ts";
export { addSquares, SQUARE_LANES, squaredNormOf } from "./encoding/squared-norm.ts";
export {
  askedStep,
  INITIAL_STEP,
  isStep,
  nextPowerOfTwo,
  nextStep,
  requireStep,
  rootMeanSquare,
  SATURATION_LIMIT,
  type SegmentSums,
  STEP_BOUNDS,
  squaredNormStep,
} from "./encoding/step.ts";
export { applyWeight, sampleWeight, WEIGHT_BITS, Weighting } from "./encoding/weight.ts";
export { ARGUMENT_INVALID, ArgumentError, isArgumentError, requireArgument, requireInteger } from "./errors.ts";
export {
  COMPLETE_GRAPH_PARTIES,
  chooseNeighbourhood,
  completeThreshold,
  type GraphBounds,
  type Neighbourhood,
} from "./graph/neighbourhoods.ts";
export {
  type DecodeWork,
  decodeChunk,
  type EncodeWork,
  encodeChunk,
  type Mask,
  type SumWork,
  sumChunks,
} from "./kernels/chunk-work.ts";
export { createPlainRingTile } from "./kernels/plain-ring-tile.ts";
export { createRingKernels, type RingKernels } from "./kernels/ring-kernels.ts";
export {
  type ByteStream,
  type QuantiseState,
  type RingTile,
  TILE_VALUES,
  type TileShape,
} from "./kernels/ring-tile.ts";
export { createRingTile } from "./kernels/wasm-ring-tile.ts";
export { createWeightedSum, MAX_SUMMANDS, plainWeightedSum, type WeightedSum } from "./kernels/weighted-sum.ts";
export { SERVER_OPTIMISER_NAMES, serverOptimiserByName } from "./optimisers/catalogue.ts";
export { LOCAL_STEP_NORM, type LocalSteps, localStepNorm } from "./optimisers/fed-nova.ts";
export { type OptimiserParameters, parseParameters } from "./optimisers/parameters.ts";
export {
  createState,
  type FloatVector,
  type ServerOptimiser,
  type ServerState,
  type StateSlot,
  type StepInput,
  type StepOutput,
} from "./optimisers/server-optimiser.ts";
export { horizontal } from "./recipes/horizontal.ts";
export { missingKinds } from "./recipes/missing-kinds.ts";
export {
  type DisclosureLine,
  type Recipe,
  type RecipeJob,
  type RecipeState,
  type RoundFacts,
  type RoundOutcome,
  type RoundScript,
  requireRecipeState,
  type WrittenObject,
} from "./recipes/recipe.ts";
export {
  countUpdateSegments,
  isTableOf,
  layoutReport,
  type MetricSegment,
  metricNames,
  planExponents,
  type ReportLayout,
  setupSegments,
  signedLayout,
  type UpdateSegment,
} from "./reports/report-layout.ts";
export {
  countValues,
  isTensorSection,
  type MetricSection,
  type NamedShape,
  requireSections,
  type Section,
  SectionWeighting,
  type TensorSection,
} from "./reports/section.ts";
export {
  type RandomBytes,
  sampleBernoulli,
  sampleBernoulliExp,
  uniformBelow,
} from "./sampling/bernoulli.ts";
export { type RoundingRequest, roundConditionally } from "./sampling/conditional-rounding.ts";
export { sampleDiscreteGaussian, sampleDiscreteLaplace } from "./sampling/discrete-gaussian.ts";
export { createPoissonSampler, type PoissonSampler } from "./sampling/poisson.ts";
export { ROTATION_BLOCK, rotateBlock, rotationBlocks, unrotateBlock } from "./sampling/random-rotation.ts";
export { type Rational, rationalOf } from "./sampling/rational.ts";
export { createSkellamSampler, type SkellamSampler } from "./sampling/skellam-noise.ts";
export { maskNeighbourhood } from "./secure-aggregation/mask-neighbourhood.ts";
export {
  DEFAULT_MIN_ORGANISATIONS,
  defaultThreshold,
  leastOpenedWorkers,
  type MaskedJob,
  MaskingNeed,
  type MaskingProblem,
  maskingProblems,
} from "./secure-aggregation/masking-needs.ts";
export { interpolateShares, type Share, shareOf, splitSecret } from "./shamir/shamir.ts";
export { DTYPE_BYTES, type Dtype, FLOAT_DTYPES, type FloatDtype, isDtype, isFloatDtype } from "./tensors/dtype.ts";
export {
  type FlatLayout,
  type FlatSpan,
  type FlatTensor,
  flatLayout,
  flatSpans,
  readFlat,
  writeFlat,
} from "./tensors/flat-layout.ts";
export {
  layoutModel,
  layoutSafetensors,
  openSafetensors,
  type Safetensors,
  type SafetensorsLayout,
  safetensorsParts,
  type TensorSpec,
} from "./tensors/safetensors.ts";
export {
  MAX_HEADER_BYTES,
  PREFIX_BYTES,
  parseHeader,
  readHeaderSize,
  type SafetensorsHeader,
} from "./tensors/safetensors-header.ts";
export { parseStrictJson } from "./tensors/strict-json.ts";
export { float32View, readFloats, type TensorInfo, type TensorView, writeFloats } from "./tensors/tensor-view.ts";
export { type StartObject, startDigest } from "./terms/round-start.ts";
export {
  type JobContext,
  lastingTerms,
  type RoundTerms,
  type SeatTerms,
  type SeatWork,
  type StrategyTerms,
  termsDigest,
} from "./terms/round-terms.ts";
export { type SignedRound, signedRoundOf, startTranscript, termsTranscript } from "./terms/round-transcripts.ts";
export {
  Disclosure,
  requireScript,
  type ScriptInput,
  type ScriptNames,
  type ScriptOutput,
  type ScriptStep,
} from "./terms/script.ts";
export { sectionAgreements } from "./terms/section-terms.ts";
export { type Crowd, isWorkShared, seatsOfLikeWork } from "./terms/shared-work.ts";
export { type SummedSeat, sumWorks } from "./terms/sum-work.ts";
export {
  type AggregatorState,
  isCollected,
  type PlannedState,
  RoundStage,
  SegmentStage,
  type SegmentState,
} from "./xsa1/aggregator/aggregator-state.ts";
export { decodeAggregatorState, encodeAggregatorState } from "./xsa1/aggregator/aggregator-state-codec.ts";
export { isPlanned } from "./xsa1/aggregator/aggregator-steps.ts";
export {
  type AggregatorContext,
  type AggregatorEffect,
  type AggregatorEvent,
  type AggregatorStep,
  DeadlineStage,
} from "./xsa1/aggregator/aggregator-types.ts";
export { planBytes, setupBytes } from "./xsa1/aggregator/opening-messages.ts";
export { openAggregation, stepAggregator } from "./xsa1/aggregator/step-aggregator.ts";
export { bitmapOf, hasRank, ranksOf } from "./xsa1/bitmap.ts";
export { concatBytes, equalBytes, fromHex, toHex } from "./xsa1/bytes.ts";
export { type CryptoSuite, Keystream } from "./xsa1/crypto-suite.ts";
export { decodeMessage } from "./xsa1/decode-message.ts";
export { derivePairKey, deriveSelfKey, type MaskKey, pairSign } from "./xsa1/derive-keys.ts";
export { encodeMessage } from "./xsa1/encode-message.ts";
export { lowOrderPoints } from "./xsa1/low-order.ts";
export { type AccumulatePacked, maskChunk, type PackedChunk } from "./xsa1/mask-chunk.ts";
export { largestMessageBytes, largestPartyMessageBytes } from "./xsa1/message-bounds.ts";
export { type Message, MessageType, type SegmentResult, ShareKind } from "./xsa1/messages.ts";
export { emptyPartyState, type PartyState } from "./xsa1/party/party-state.ts";
export { decodePartyState, encodePartyState } from "./xsa1/party/party-state-codec.ts";
export {
  type EnrolledParty,
  namedByAggregator,
  type OpeningPolicy,
  type PartyConfig,
  type PartyContext,
  type PartyEffect,
  type PartyEvent,
  type PartyPolicy,
  type PartyStep,
  SegmentOutcome,
} from "./xsa1/party/party-types.ts";
export { partyContext, stepParty } from "./xsa1/party/step-party.ts";
export { DATA_NAME_BYTES, SURVIVOR_SETS } from "./xsa1/party/sum-history.ts";
export { encodePlan, planDigest, type RoundPlan } from "./xsa1/plan.ts";
export { type Refusal, RefusalReason } from "./xsa1/refusals.ts";
export { isMasked } from "./xsa1/roster.ts";
export {
  encodeSetup,
  Protocol,
  type RosterEntry,
  type RoundSetup,
  type SetupSegment,
  segmentSizeBytes,
  setupDigest,
} from "./xsa1/setup.ts";
export { resultTranscript } from "./xsa1/transcripts.ts";
