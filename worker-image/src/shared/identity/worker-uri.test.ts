import { describe, expect, it } from "vitest";
import { formatWorkerUri, parseWorkerUri } from "./worker-uri.ts";

const identity = { cluster: "aws-us-east-1", namespace: "jobs", jobUid: "0b9c", participant: "aws", workerIndex: 12 };

describe("worker URI", () => {
  it("goes there and back", () => {
    expect(formatWorkerUri(identity)).toBe("tributary://aws-us-east-1/jobs/0b9c/aws/12");
    expect(parseWorkerUri(formatWorkerUri(identity))).toEqual(identity);
  });

  it.each([
    "tributary://operator",
    "tributary://a/b/c/d",
    "tributary://a/b/c/d/01",
    "tributary://a/b/c/d/-1",
    "tributary://a/b/c/d/1/2",
    "tributary://a//c/d/1",
    "https://a/b/c/d/1",
    "tributary://a/b/c/d/1\n",
    "tributary://a/../c/d/1",
  ])("takes %j for no identity", (uri) => {
    expect(parseWorkerUri(uri)).toBeUndefined();
  });

  it("makes no URI that would be read as another identity", () => {
    expect(() => formatWorkerUri({ ...identity, participant: "a/b" })).toThrow(RangeError);
  });
});
