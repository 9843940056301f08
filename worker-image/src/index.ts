export { observeEngine } from "./aggregator/observe-engine.ts";
export { GateMemory } from "./gate/memory/gate-memory.ts";
export { observeNetwork } from "./gate/network/observe-network.ts";
export { observeGate } from "./gate/observe-gate.ts";
export { createNodeCryptoSuite } from "./shared/crypto/node-crypto-suite.ts";
export { partyFailureCode, taskFailureCode } from "./shared/failure-codes.ts";
export { GgufFile } from "./shared/gguf/gguf-file.ts";
export { createKernelPool, type KernelPool, type KernelPoolOptions } from "./shared/kernels/kernel-pool.ts";
export {
  BLOCK_VALUES,
  type DecodeRequest,
  type EncodeRequest,
  type KernelRequest,
  type KernelTotals,
  KernelWork,
  type SumRequest,
  type WeightedSumRequest,
} from "./shared/kernels/kernel-request.ts";
export { createKeystream } from "./shared/kernels/keystream.ts";
export { createKernelRunner } from "./shared/kernels/run-kernel-request.ts";
export { toyModelGguf } from "./shared/language-model/toy-model.ts";
export { requireTrainer } from "./shared/trainer/registered-trainer.ts";
