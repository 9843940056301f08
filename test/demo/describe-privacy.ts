import type { JobObject } from "../support/stack/run-job.ts";

type Condition = { readonly type: string; readonly reason: string; readonly message: string };

/** What the job itself says of who could read a single update: the lines of its status, not the demo's own words. */
export function describePrivacy({ status }: JobObject): string {
  const conditions = (status?.conditions ?? []) as readonly Condition[];
  const said = conditions.filter(({ type }) => type === "PeerPrivacy");
  const disclosures = (status?.disclosures ?? []) as readonly { readonly set: string; readonly meaning: string }[];
  return [
    "who can read what:",
    ...said.map(({ reason, message }) => `  ${reason}: ${message}`),
    ...disclosures.map(({ set, meaning }) => `  ${set}: ${meaning}`),
  ].join("\n");
}
