import { Label } from "@tributary/contracts";
import { describe, expect, it } from "vitest";
import type { Unstructured } from "../../../runtime/api/object.ts";
import { ownedBy } from "../render/aggregator.ts";
import { aJob } from "../testing/a-snapshot.ts";
import { judgeLedgerClaim } from "./ledger-claim.ts";

const job = aJob();
const name = "data-notes-aggregator-0";
const claim = (metadata: object): Unstructured => ({ metadata: { name, namespace: "research", ...metadata } }) as never;

describe("judgeLedgerClaim", () => {
  it.each([
    { what: "none", given: undefined },
    { what: "its own", given: claim({ ownerReferences: ownedBy(job) }) },
    { what: "one that an earlier version made for it", given: claim({ labels: { [Label.JobUid]: "job-uid" } }) },
  ])("lets an aggregator start on $what", ({ given }) => {
    expect(judgeLedgerClaim(job, given)).toBeUndefined();
  });

  it("waits for that of an earlier job of the same name", () => {
    const earlier = aJob({}, { uid: "earlier-uid" });
    const given = claim({ ownerReferences: ownedBy(earlier), labels: { [Label.JobUid]: "earlier-uid" } });
    expect(judgeLedgerClaim(job, given)).toEqual({
      reason: "CleanupPending",
      message: `PersistentVolumeClaim research/${name} holds the ledger of an earlier job notes (uid earlier-uid) and is being removed with it; the aggregator starts when it is gone`,
    });
  });

  it.each([
    { what: "a user made", given: claim({ managedFields: [{ manager: "kubectl" }] }), maker: "made with kubectl" },
    {
      what: "another controller owns",
      given: claim({
        ownerReferences: [{ apiVersion: "example.com/v1", kind: "Database", name: "db", controller: true }],
      }),
      maker: "owned by Database db",
    },
  ])("refuses one that $what, by name", ({ given, maker }) => {
    const problem = judgeLedgerClaim(job, given);
    expect(problem?.reason).toBe("NameTaken");
    expect(problem?.message).toContain(`PersistentVolumeClaim research/${name} exists and is not ours (${maker})`);
  });
});
