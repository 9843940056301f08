import type { trainerV1 } from "@tributary/contracts";

/** A field of a tensor set that the contract reserves and that has a value all the same. */
export interface ReservedField {
  readonly field: string;
  /** As text; bytes are hexadecimal. */
  readonly value: string;
}

/** The first field of a tensor set that must have no value yet, and has one. */
export function reservedFieldOf(set: trainerV1.TensorSet): ReservedField | undefined {
  const reserved = {
    to_role: set.toRole,
    from_participant: set.fromParticipant,
    to_participant: set.toParticipant,
    index_sha256: Buffer.from(set.indexSha256).toString("hex"),
  };
  const found = Object.entries(reserved).find(([, value]) => value !== "");
  return found && { field: found[0], value: found[1] };
}
