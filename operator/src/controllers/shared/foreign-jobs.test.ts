import { TributaryError } from "@tributary/kit";
import { expect, it } from "vitest";
import type { ApiClient } from "../../runtime/api/api-client.ts";
import type { KubeObject, ObjectRef } from "../../runtime/api/object.ts";
import { readForeignJobs } from "./foreign-jobs.ts";
import { ourMark } from "./written-by-us.ts";

const aJob = (uid: string, isOurs: boolean): KubeObject => ({
  metadata: { name: uid, uid, managedFields: isOurs ? ourMark : [{ manager: "kubectl" }] },
});
const podOf = (uid: string): KubeObject => ({
  metadata: {
    name: `${uid}-0-x`,
    ownerReferences: [{ apiVersion: "batch/v1", kind: "Job", name: uid, uid, controller: true }],
  },
});

it("tells Jobs of others, also those whose pods alone have our labels", async () => {
  const asked: string[] = [];
  const unlabelled = new Map(
    [aJob("unlabelled", false), aJob("ours-unlabelled", true)].map((job) => [job.metadata.name, job]),
  );
  unlabelled.set("remade", aJob("another-uid", false));
  const client = {
    async get(_kind: unknown, { name }: ObjectRef) {
      asked.push(name);
      if (name === "refused") throw new TributaryError("FORBIDDEN", "no");
      return unlabelled.get(name);
    },
  } as unknown as ApiClient;
  const jobs = [aJob("ours", true), aJob("copy", false)];
  const pods = ["ours", "copy", "unlabelled", "ours-unlabelled", "gone", "remade", "refused"].map(podOf);
  const { foreign, unlabelled: ours } = await readForeignJobs(client, "jobs", { jobs, pods }, {});
  expect([...ours]).toEqual(["ours-unlabelled"]);
  expect([...foreign].sort()).toEqual(["copy", "unlabelled"]);
  expect(asked.sort()).toEqual(["gone", "ours-unlabelled", "refused", "remade", "unlabelled"]);
});
