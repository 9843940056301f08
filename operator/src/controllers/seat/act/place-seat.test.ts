import { Kinds, Label } from "@tributary/contracts";
import { isTributaryError } from "@tributary/kit";
import { expect, it } from "vitest";
import type { ApiClient } from "../../../runtime/api/api-client.ts";
import { createExpectations } from "../../../runtime/control/expectations.ts";
import { createFakeClock } from "../../../runtime/testing/fake-clock.ts";
import { aPlacement, someSettings } from "../../federated-training-job/testing/a-snapshot.ts";
import { ourMark } from "../../shared/written-by-us.ts";
import { placeSeat } from "./place-seat.ts";

const { signal } = new AbortController();
const placement = aPlacement();
const metadata = { namespace: placement.namespace, name: placement.name };

it.each([
  { what: "goes when the hub confirms that its job is gone", isGone: true, changed: ["delete configmaps"] },
  { what: "stays when the hub has its job, which the cache has not yet", isGone: false, changed: [] },
])("an anchor that another job of the name left $what", async ({ isGone, changed }) => {
  const labels = {
    [Label.Origin]: someSettings.hubId,
    [Label.JobUid]: "another-uid",
    [Label.JobName]: "notes",
    [Label.JobNamespace]: "research",
  };
  const changes: string[] = [];
  const change = (name: string) => async (resource: { plural: string }) =>
    void changes.push(`${name} ${resource.plural}`);
  const client = {
    cluster: "aws-1",
    get: async () => ({ metadata: { ...metadata, uid: "live", labels, managedFields: ourMark } }),
    delete: change("delete"),
    create: change("create"),
    apply: change("apply"),
  } as unknown as ApiClient;
  const asked: unknown[] = [];
  const deps = {
    hubId: someSettings.hubId,
    isJobAlive: () => false,
    isJobGone: async (job: unknown) => {
      asked.push(job);
      return isGone;
    },
    expectations: createExpectations(createFakeClock()),
  };
  const anchor = { apiVersion: "v1", kind: Kinds.ConfigMap.kind, metadata };
  const action = {
    type: "place",
    placement,
    anchor,
    batchJob: { ...anchor, kind: "Job" },
    why: "it is wanted",
  } as const;
  const refused = await placeSeat(client, action, deps, signal).catch((error: unknown) => error);
  expect(isTributaryError(refused, "API_CONFLICT")).toBe(true);
  expect(changes).toEqual(changed);
  expect(asked).toEqual([{ namespace: "research", name: "notes", uid: "another-uid" }]);
});
