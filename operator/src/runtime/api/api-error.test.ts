import { execFileSync } from "node:child_process";
import { Kinds } from "@tributary/contracts";
import { describe, expect, it } from "vitest";
import { failedCallError, refusedError } from "./api-error.ts";

const context = { cluster: "aws", verb: "create", resource: Kinds.Job, namespace: "jobs", name: "notes-aws" };

describe("a call that an API server forbids", () => {
  it.each([
    [
      "a right is missing",
      'jobs.batch is forbidden: User "hub" cannot create resource "jobs" in API group "batch"',
      "FORBIDDEN",
      "grant the verb",
    ],
    [
      "a quota is full",
      'jobs.batch "notes-aws" is forbidden: exceeded quota: batch, requested: count/jobs.batch=1',
      "API_REFUSED",
      "raise the ResourceQuota",
    ],
    ["a webhook says no", 'admission webhook "policy.corp" denied the request: no', "API_REFUSED", "the rule"],
  ])("names verb, kind, namespace and what helps when %s", (_what, message, code, remedy) => {
    const error = refusedError(context, 403, { reason: "Forbidden", message, code: 403 });
    expect(error.code).toBe(code);
    for (const part of ['cluster "aws": create jobs', '"jobs"', remedy]) expect(error.message).toContain(part);
  });
});

describe("a call that failed", () => {
  const messageOf = (thrown: unknown): string => failedCallError(context, "API_UNAVAILABLE", "r", "m", thrown).message;
  const thrownBy = (act: () => unknown): unknown => {
    try {
      return act();
    } catch (error) {
      return error;
    }
  };

  it("says why", () => {
    expect(messageOf(new Error("other side closed"))).toContain('"jobs": other side closed (r); m');
  });

  it.each<[string, () => unknown, string]>([
    ["an answer that is no JSON", () => JSON.parse('{"token": hunter2}'), "what came back is no JSON"],
    ["an argument that Node refuses", () => execFileSync("true", ["hunter2\0"]), "ERR_INVALID_ARG_VALUE"],
  ])("does not quote %s", (_what, act, says) => {
    const thrown = thrownBy(act);
    expect((thrown as Error).message).toContain("hunter2");
    expect(messageOf(thrown)).toContain(says);
    expect(messageOf(thrown)).not.toContain("hunter2");
  });
});
