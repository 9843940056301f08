import { Kinds } from "@tributary/contracts";
import { isTributaryError } from "@tributary/kit";
import { expect, it } from "vitest";
import type { ApiClient } from "../../../runtime/api/api-client.ts";
import type { KubeObject, OwnerReference } from "../../../runtime/api/object.ts";
import { aJob } from "../testing/a-snapshot.ts";
import { createHubObjects } from "./hub-objects.ts";

const { signal } = new AbortController();
const intent = { apiVersion: "v1", kind: "Secret", metadata: { name: "notes-ca", namespace: "research" } };

function ownedBy(uid: string, apiVersion = "tributary.dev/v1alpha1"): OwnerReference {
  return { apiVersion, kind: "FederatedTrainingJob", name: "notes", uid, controller: true };
}

/** A hub with one Secret and one job of the name, and the calls that change something. */
function aHub(owner: OwnerReference, jobUid: string | undefined) {
  const secret: KubeObject = { ...intent, metadata: { ...intent.metadata, uid: "live", ownerReferences: [owner] } };
  const changes: string[] = [];
  const change = (name: string) => async () => void changes.push(name);
  const client = {
    cluster: "hub",
    get: async ({ kind }: { kind: string }) =>
      kind === "Secret" ? secret : jobUid && { metadata: { ...aJob().metadata, uid: jobUid } },
    delete: change("delete"),
    apply: change("apply"),
    create: change("create"),
  } as unknown as ApiClient;
  return { hub: createHubObjects(client, () => undefined), changes };
}

it.each([
  ["stays when its owner lives and the look at its name is late", ownedBy("newer"), "newer", "API_CONFLICT", []],
  ["goes when its owner is gone", ownedBy("earlier"), "job-uid", "API_CONFLICT", ["delete"]],
  ["goes when its owner is gone and so is the job by now", ownedBy("earlier"), undefined, "API_CONFLICT", ["delete"]],
  ["stays when a kind of another group is called as ours", ownedBy("x", "example.com/v1"), "job-uid", "NAME_TAKEN", []],
])("an object of the name of a job's %s", async (_what, owner, jobUid, code, changed) => {
  const { hub, changes } = aHub(owner, jobUid);
  const refused = await hub.apply(aJob(), Kinds.Secret, intent as never, signal).catch((error: unknown) => error);
  expect(isTributaryError(refused, code as never)).toBe(true);
  expect(changes).toEqual(changed);
});
