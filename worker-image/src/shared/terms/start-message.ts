import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { termsV1 } from "@tributary/contracts";
import { equalBytes, requireArgument, type StartObject } from "@tributary/federated";
import { TributaryError } from "@tributary/kit";

/** An object of a round's start, and where it is fetched from. */
export interface ObjectRef extends StartObject {
  /** Path on the tensor wire; empty for an object that every party makes from the terms. */
  readonly resource: string;
  readonly sizeBytes: number;
}

/** The bytes of a start. */
export function encodeStart(objects: readonly ObjectRef[]): Uint8Array {
  const message = create(termsV1.RoundStartSchema, {
    objects: objects.map((object) => ({ ...object, sizeBytes: BigInt(object.sizeBytes) })),
  });
  return toBinary(termsV1.RoundStartSchema, message);
}

/**
 * Reads a start as it came; whether it is the plan's follows from its digest.
 *
 * @throws TERMS_REFUSED for bytes that are no start.
 */
export function decodeStart(bytes: Uint8Array): ObjectRef[] {
  try {
    const message = fromBinary(termsV1.RoundStartSchema, bytes);
    const objects = message.objects.map(({ name, resource, sha256, sizeBytes, format }) => {
      return { name, resource, sha256, sizeBytes: Number(sizeBytes), format };
    });
    const isWhole = equalBytes(encodeStart(objects), bytes);
    requireArgument(isWhole, "start", bytes, "what this version writes, field for field");
    return objects;
  } catch (cause) {
    throw new TributaryError("TERMS_REFUSED", "StartUnreadable: the start is no message of this version", { cause });
  }
}
