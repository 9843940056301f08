export { packLanes } from "./lane-packing";
export { readLanes, setLanes } from "./lane-values";
export { accumulate } from "./lanes";
export { dequantise, quantise } from "./quantise";
export { weightedSum } from "./weighted-sum";
