import { Reason } from "@tributary/contracts";
import type { Condition, JobSnapshot } from "../snapshot.ts";
import { masksOf } from "./masks.ts";
import { organisationsOf } from "./organisations.ts";
import type { Policy } from "./verdict.ts";

/** Fewest organisations of a sum out of which none of them can read another's part. */
const HIDING_ORGANISATIONS = 3;

/**
 * Says from whom single updates are hidden: without masks from nobody; with them from the hub, and from other participants where every
 * sum that is opened has a third organisation in it.
 */
export const privacy: Policy = (snapshot, { aggregator }) => {
  const condition = peerPrivacy(snapshot, organisationsOf(snapshot, aggregator));
  return condition === undefined ? {} : { conditions: [condition] };
};

function peerPrivacy({ job }: JobSnapshot, organisations: readonly string[] | undefined): Condition | undefined {
  const masks = masksOf(job.spec);
  if (masks === undefined) {
    const message = "privacy.secureAggregation.protocol is None: a hub admin can read each worker's update";
    return readable(Reason.SecureAggregationOff, `${message}; create the job with protocol Masking`);
  }
  if (organisations === undefined) return undefined;
  const { minOrganisations } = masks;
  const least = `privacy.secureAggregation.minOrganisations is ${minOrganisations}`;
  if (minOrganisations < 2) {
    const message = `${least}: a sum may hold the workers of one organisation alone, and the hub reads it`;
    return readable(Reason.BelowOrganisations, `${message}; create the job with ${HIDING_ORGANISATIONS}`);
  }
  if (organisations.length < HIDING_ORGANISATIONS) {
    const message = `the hub reads sums alone, but the participants are of ${organisations.length} organisations (${organisations.join(", ")}), and each can take its own part out of a sum and read the other's`;
    return readable(Reason.TwoParticipants, `${message}; create the job with a third organisation and ${remedy}`);
  }
  if (minOrganisations < HIDING_ORGANISATIONS) {
    const message = `${least}: the hub reads sums alone, but one may hold the workers of 2 organisations, each of which can take its own part out and read the other's`;
    return readable(Reason.BelowOrganisations, `${message}; create the job with ${remedy}`);
  }
  const message = `the hub reads sums alone, each of the workers of at least ${minOrganisations} organisations`;
  return { type: "PeerPrivacy", status: "True", reason: Reason.OrganisationsHidden, message };
}

const remedy = `minOrganisations ${HIDING_ORGANISATIONS}`;

function readable(reason: Reason, message: string): Condition {
  return { type: "PeerPrivacy", status: "False", reason, message };
}
