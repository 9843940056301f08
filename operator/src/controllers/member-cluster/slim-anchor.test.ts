import { Label } from "@tributary/contracts";
import { describe, expect, it } from "vitest";
import type { Unstructured } from "../../runtime/api/object.ts";
import { aJob } from "../federated-training-job/testing/a-snapshot.ts";
import { decideSeats } from "../seat/decide/decide-seats.ts";
import type { SeatsSnapshot } from "../seat/snapshot.ts";
import { aPlace, madeObjects, someSeats } from "../seat/testing/some-seats.ts";
import { slimAnchor } from "./slim-anchor.ts";

const job = aJob() as SeatsSnapshot["job"];
const made = madeObjects(job);
const mebibyte = "x".repeat(1024 * 1024);
const sizeOf = (object: Unstructured): number => JSON.stringify(slimAnchor(object)).length;
const withData = (data: object): Unstructured => ({ ...made.anchor, data });
const wanted = made.anchor.data as Record<string, string>;
/** What the seats' controller would do about a seat with this anchor in the cache. */
const actionsOf = (anchor: Unstructured): string[] => {
  const places = [aPlace(job, { ...made, anchor: slimAnchor(anchor) })];
  return decideSeats(someSeats({ job, places })).actions.map(({ type }) => type);
};

describe("an anchor in the cache", () => {
  it("says whose it is, who wrote it and what its worker reads", () => {
    const { metadata, data } = made.anchor;
    const managedFields = [{ manager: "tributary-operator", fieldsV1: { "f:data": {} } }];
    const annotations = { note: "theirs", "tributary.dev/trainer-terms": "ours" };
    const object = { ...made.anchor, metadata: { ...metadata, annotations, managedFields, finalizers: ["x"] } };
    expect(slimAnchor(object)).toEqual({
      metadata: {
        ...metadata,
        annotations: { "tributary.dev/trainer-terms": "ours" },
        managedFields: [{ manager: "tributary" }],
      },
      data,
    });
  });

  it.each<[string, Unstructured]>([
    ["a long text of our name", withData({ "worker.json": mebibyte })],
    ["a long text of another name", withData({ ...wanted, junk: mebibyte })],
    ["many texts", withData(Object.fromEntries(Array.from({ length: 9_999 }, (_none, index) => [`k${index}`, "v"])))],
    ["bytes", { ...made.anchor, binaryData: { junk: mebibyte } }],
    [
      "long annotations, also of ours",
      {
        ...made.anchor,
        metadata: { ...made.anchor.metadata, annotations: { note: mebibyte, "tributary.dev/trainer-terms": mebibyte } },
      },
    ],
    [
      "many labels",
      {
        ...made.anchor,
        metadata: {
          ...made.anchor.metadata,
          labels: {
            ...made.anchor.metadata.labels,
            ...Object.fromEntries(Array.from({ length: 9_999 }, (_none, index) => [`tributary.dev/l${index}`, "v"])),
          },
        },
      },
    ],
    [
      "many owners and finalizers",
      {
        ...made.anchor,
        metadata: {
          ...made.anchor.metadata,
          ownerReferences: Array.from({ length: 9_999 }, () => ({
            apiVersion: "v1",
            kind: "Pod",
            name: "p",
            uid: "u",
          })),
          finalizers: Array.from({ length: 9_999 }, (_none, index) => `a.b/${index}`),
        },
      },
    ],
  ])("is small however much somebody put into it: %s", (_what, object) => {
    expect(sizeOf(object)).toBeLessThan(sizeOf(made.anchor) + 500);
    expect(slimAnchor(object).metadata.labels).toMatchObject({ [Label.JobUid]: "job-uid" });
  });

  it.each<[string, object, string[]]>([
    ["as it is wanted", wanted, []],
    ["with another text", { "worker.json": "{}" }, ["place"]],
    ["with a text that is too long to be kept", { "worker.json": mebibyte }, ["place"]],
    ["without its text", { junk: mebibyte }, ["place"]],
    ["as it is wanted beside a long text of somebody else", { ...wanted, junk: mebibyte }, []],
  ])("shows whether it is mended: %s", (_what, data, want) => {
    expect(actionsOf(withData(data))).toEqual(want);
  });
});
