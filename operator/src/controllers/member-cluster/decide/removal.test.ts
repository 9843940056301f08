import type { MemberCluster } from "@tributary/contracts";
import { describe, expect, it } from "vitest";
import { decideRemoval, describeForcedRemoval, type RemovalFacts } from "./removal.ts";

const aMember = (annotations?: Record<string, string>): MemberCluster =>
  ({ metadata: { name: "aws", ...(annotations ? { annotations } : {}) } }) as MemberCluster;

const facts = (changes: Partial<RemovalFacts> = {}): RemovalFacts => ({
  member: aMember(),
  placed: [],
  searching: [],
  suspected: [],
  found: new Map(),
  ...changes,
});

describe("the removal of a member", () => {
  it.each<[string, Partial<RemovalFacts>]>([
    ["nothing is there", {}],
    ["a job that may have something there has nothing", { suspected: ["research/a"] }],
    ["nobody claims anything in a member that is away", { found: undefined }],
  ])("goes when %s", (_what, changes) => {
    expect(decideRemoval(facts(changes))).toEqual({ verdict: "go", isForced: false, leaves: [] });
  });

  it.each<[string, Partial<RemovalFacts>, string]>([
    ["a job says that it has something there", { placed: ["research/a"] }, "job research/a"],
    ["a job waits for its search, though nothing is there", { searching: ["research/a"] }, "job research/a"],
    ["the member shows objects", { found: new Map([["research/a", 3]]) }, "job research/a (3 objects)"],
    [
      "a member is away and a job may have something there",
      { suspected: ["research/a"], found: undefined },
      "cannot be looked at; the deletion waits for job research/a",
    ],
    [
      "another member's name is given as force",
      { placed: ["research/a"], member: aMember({ "tributary.dev/force-removal": "gcp" }) },
      "kubectl annotate mbr aws tributary.dev/force-removal=aws",
    ],
    [
      "many jobs are there",
      { placed: ["a", "b", "c", "d", "e", "f", "g"].map((name) => `x/${name}`) },
      "job x/e, 2 more",
    ],
  ])("waits when %s", (_what, changes, want) => {
    const removal = decideRemoval(facts(changes));
    expect(removal).toMatchObject({ verdict: "wait", waitsFor: expect.stringContaining(want) });
  });

  it("goes by force and says what it leaves", () => {
    const member = aMember({ "tributary.dev/force-removal": "aws" });
    expect(decideRemoval(facts({ member, placed: ["research/a"] }))).toEqual({
      verdict: "go",
      isForced: true,
      leaves: ["research/a"],
    });
  });

  it("by force says which namespaces must be mapped again for what is left to be removed", () => {
    expect(describeForcedRemoval("aws", ["research/a", "research/b"], ["jobs", "old"])).toBe(
      "MemberCluster aws goes by force and leaves what jobs research/a, research/b have there; what is left is removed when the jobs are gone and the cluster is registered again with a mapping to namespaces jobs, old",
    );
    expect(describeForcedRemoval("aws", [], ["old"])).toMatch(/leaves nothing that is known of; .* to namespace old$/u);
  });

  it("by force fits into an event, however much is left", () => {
    const many = Array.from({ length: 200 }, (_none, index) => `${"n".repeat(60)}${index}`);
    const note = describeForcedRemoval(
      "m".repeat(63),
      many.map((name) => `${name}/${name}`),
      many,
    );
    expect(note).toMatch(/namespaces n+0, .* and \d+ more$/u);
    expect(note.length).toBeLessThan(1_024);
  });
});
