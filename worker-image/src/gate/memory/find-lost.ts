import type { AuditLine } from "@tributary/contracts";
import type { GateMemory } from "./gate-memory.ts";

/** What the names of a `Recorded` line's digests of survivors begin with. */
const SURVIVORS = "survivors.";

/**
 * Whether the memory lacks a sum of which the trail tells. A sum is durable in the memory before the trail tells of it, so whatever lacks one is
 * of an older backup, was begun anew, or lost its end.
 */
export function isLost(memory: Pick<GateMemory, "remembers">, recorded: AuditLine | undefined): boolean {
  const { seat, start, ...others } = recorded?.digests ?? {};
  if (seat === undefined || start === undefined) return false;
  const sections = Object.keys(others).filter((name) => name.startsWith(SURVIVORS));
  return !sections.every((name) =>
    memory.remembers({ seatSha256: seat, startSha256: start, section: name.slice(SURVIVORS.length) }),
  );
}
