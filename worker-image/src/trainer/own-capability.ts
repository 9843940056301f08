import { totalmem } from "node:os";
import type { MessageInitShape } from "@bufbuild/protobuf";
import type { trainerV1 } from "@tributary/contracts";
import { tensorDtypes } from "../shared/trainer/tensor-dtypes.ts";

/** What this trainer knows of what it runs on; it measures nothing, so it says nothing of its speed. */
export function ownCapability(): MessageInitShape<typeof trainerV1.CapabilitySchema> {
  // 0, or more than there is, where the container has no limit of its own.
  const limitBytes = process.constrainedMemory() || Number.POSITIVE_INFINITY;
  const memoryBytes = BigInt(Math.min(limitBytes, totalmem()));
  return { backend: "tensorflow", dtypes: [...tensorDtypes], memoryBytes };
}
