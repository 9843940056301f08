import { Reason } from "@tributary/contracts";
import type { Policy } from "./verdict.ts";

/** Says what is not promised: without masks the hub can read each update, whatever the number of participants. */
export const privacy: Policy = () => ({
  conditions: [
    {
      type: "PeerPrivacy",
      status: "False",
      reason: Reason.NoMasking,
      message: "privacy.secureAggregation.protocol is None: a hub admin can read each worker's update",
    },
  ],
});
