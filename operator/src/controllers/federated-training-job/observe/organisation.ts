import { readOrganisation } from "@tributary/contracts/fields";
import type { MappedMember } from "../snapshot.ts";

/** The organisation that a MemberCluster names, or what it must be when it is none; nothing of one that names none. */
export function observeOrganisation(
  organisation: string | undefined,
): Pick<MappedMember, "organisation" | "organisationExpected"> {
  if (organisation === undefined) return {};
  const reading = readOrganisation(organisation);
  return reading.ok ? { organisation: reading.value } : { organisationExpected: reading.expected };
}
