export {
  ConvergedReason,
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
export { createPlainRingTile } from "./kernels/plain-ring-tile.ts";
export { type QuantiseState, type RingTile, TILE_VALUES, type TileShape } from "./kernels/ring-tile.ts";
export { createRingTile } from "./kernels/wasm-ring-tile.ts";
export { createWeightedSum, MAX_SUMMANDS, plainWeightedSum, type WeightedSum } from "./kernels/weighted-sum.ts";
export { SERVER_OPTIMISER_NAMES, serverOptimiserByName } from "./optimisers/catalogue.ts";
export { LOCAL_STEP_NORM, type LocalSteps, localStepNorm } from "./optimisers/fed-nova.ts";
export { type OptimiserParameters, type ParameterSpec, parseParameters } from "./optimisers/parameters.ts";
export {
  createState,
  type FloatVector,
  type ServerOptimiser,
  type ServerState,
  type StateSlot,
  type StepInput,
  type StepOutput,
} from "./optimisers/server-optimiser.ts";
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
export { float32View, readFloats, type TensorInfo, type TensorView, writeFloats } from "./tensors/tensor-view.ts";
