import { describe, expect, it } from "vitest";
import { formatWorkerIdentity, parseWorkerIdentity } from "./names.ts";

const worker = {
  cluster: "aws-us-east-1",
  namespace: "research",
  jobUid: "0e1c-2",
  participant: "aws",
  workerIndex: 3,
};

describe("worker identity", () => {
  it("survives the way through a certificate", () => {
    expect(formatWorkerIdentity(worker)).toBe("tributary://aws-us-east-1/research/0e1c-2/aws/3");
    expect(parseWorkerIdentity(formatWorkerIdentity(worker))).toEqual(worker);
  });

  it.each([
    ["another scheme", "https://aws/research/uid/aws/0"],
    ["the operator", "tributary://operator"],
    ["a padded index", "tributary://aws/research/uid/aws/00"],
    ["a negative index", "tributary://aws/research/uid/aws/-1"],
    ["a sixth part", "tributary://aws/research/uid/aws/0/1"],
    ["an empty part", "tributary://aws//uid/aws/0"],
  ])("refuses %s", (_case, uri) => {
    expect(parseWorkerIdentity(uri)).toBeUndefined();
  });
});
