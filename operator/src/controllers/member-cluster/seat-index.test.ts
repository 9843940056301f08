import { Label } from "@tributary/contracts";
import { expect, it } from "vitest";
import type { Unstructured } from "../../runtime/api/object.ts";
import { createObjectCache } from "../../runtime/cache/object-cache.ts";
import { bySeat, readSeats, seatIndex } from "./seat-index.ts";

const aPod = (name: string, participant: string, resourceVersion = "1"): Unstructured => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: {
    name,
    namespace: "jobs",
    uid: `${name}-uid`,
    resourceVersion,
    labels: { [Label.JobUid]: "job", [Label.Participant]: participant },
  },
});

it("gives the same array until an object of the seat changes, and goes on giving its neighbours theirs", () => {
  const objects = createObjectCache<Unstructured>({
    indices: { [seatIndex]: bySeat },
    onError: (error) => expect.fail(String(error)),
  });
  for (const pod of [aPod("aws-0", "aws"), aPod("gcp-0", "gcp")]) objects.upsert(pod);
  const seats = readSeats({ objects, listen: objects.listen });
  const [aws, gcp] = [seats("job", "aws"), seats("job", "gcp")];
  expect(aws.map(({ metadata }) => metadata.name)).toEqual(["aws-0"]);
  expect([seats("job", "aws") === aws, seats("job", "gcp") === gcp]).toEqual([true, true]);
  objects.upsert(aPod("aws-0", "aws", "2"));
  const changed = seats("job", "aws");
  expect(changed.map(({ metadata }) => metadata.resourceVersion)).toEqual(["2"]);
  expect([changed === aws, seats("job", "aws") === changed, seats("job", "gcp") === gcp]).toEqual([false, true, true]);
  objects.upsert(aPod("aws-0", "gcp", "3"));
  expect(seats("job", "aws")).toEqual([]);
  expect(seats("job", "gcp")).toHaveLength(2);
  objects.remove(aPod("gcp-0", "gcp"));
  expect(seats("job", "gcp").map(({ metadata }) => metadata.name)).toEqual(["aws-0"]);
});
