import { describe, expect, it } from "vitest";
import { isQueueTaken, verdictRules } from "./policed-connections.ts";

describe("verdictRules", () => {
  const rules = verdictRules({ podCidr: "10.202.1.0/24" }).map((rule) => rule.join(" "));

  it("hand over what pods send, to their node too, and what others send to pods, and nothing that the node sends", () => {
    const packets = rules.map((rule) => rule.split(" -m ")[0]);
    expect(packets).toEqual(["INPUT -s 10.202.1.0/24", "FORWARD -s 10.202.1.0/24", "FORWARD -d 10.202.1.0/24"]);
  });

  it("let nothing new pass while nobody judges", () => {
    expect(rules.filter((rule) => rule.includes("bypass"))).toEqual([]);
    expect(rules.every((rule) => rule.includes("! --ctstate ESTABLISHED,RELATED -j NFQUEUE"))).toBe(true);
  });
});

describe("isQueueTaken", () => {
  it.each([
    { given: "no queue", queues: "", want: false },
    { given: "the queue", queues: "  100 123456     0 2   128     0     0       15  1\n", want: true },
    {
      given: "another queue whose port is 100",
      queues: "    7    100     0 2   128     0     0       15  1\n",
      want: false,
    },
  ])("is $want for $given", ({ queues, want }) => {
    expect(isQueueTaken(queues)).toBe(want);
  });
});
