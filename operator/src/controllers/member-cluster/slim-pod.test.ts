import { describe, expect, it } from "vitest";
import type { Unstructured } from "../../runtime/api/object.ts";
import { slimPod } from "./slim-pod.ts";

function aPod(name: string): Unstructured {
  const time = `2027-01-15T00:00:0${name.length % 10}Z`;
  const ended = { terminated: { exitCode: 70, message: "disk full" } };
  return {
    metadata: { name, uid: `uid-${name}`, labels: { job: "notes" }, annotations: { note: "x" }, managedFields: [] },
    spec: {
      nodeName: "node-1",
      containers: [{ name: "trainer", image: "trainer:1", resources: { requests: { "nvidia.com/gpu": "1" } } }],
    },
    status: {
      phase: "Running",
      podIP: "10.0.0.1",
      conditions: [
        {
          type: "PodScheduled",
          status: "False",
          reason: "Unschedulable",
          message: "no node",
          lastTransitionTime: time,
        },
      ],
      containerStatuses: [{ name: "trainer", image: "trainer:1", imageID: "sha256:1", ready: true, lastState: ended }],
    },
  } as unknown as Unstructured;
}

function many(entryOf: (at: number) => [string, string]): Record<string, string> {
  return Object.fromEntries(Array.from({ length: 9_999 }, (_none, at) => entryOf(at)));
}

describe("a pod in the cache", () => {
  it("has its identity, what its containers request and how it fares, and nothing else", () => {
    expect(slimPod(aPod("a"))).toEqual({
      metadata: { name: "a", uid: "uid-a", labels: { job: "notes" } },
      spec: { containers: [{ name: "trainer", resources: { requests: { "nvidia.com/gpu": "1" } } }] },
      status: {
        phase: "Running",
        conditions: [{ type: "PodScheduled", status: "False", reason: "Unschedulable", message: "no node" }],
        containerStatuses: [
          {
            name: "trainer",
            image: "trainer:1",
            ready: true,
            lastState: { terminated: { exitCode: 70, message: "disk full" } },
          },
        ],
      },
    });
  });

  it("shares with other pods what they repeat, though they changed at another time", () => {
    const [one, other] = [slimPod(aPod("a")), slimPod(aPod("bb"))] as unknown as {
      spec: { containers: object[] };
      status: { conditions: object[]; containerStatuses: object[] };
    }[];
    expect(one?.spec.containers[0]).toBe(other?.spec.containers[0]);
    expect(one?.status.conditions[0]).toBe(other?.status.conditions[0]);
    expect(one?.status.containerStatuses[0]).toBe(other?.status.containerStatuses[0]);
  });

  it("is kept when it has neither status nor containers yet", () => {
    const metadata = { name: "a", namespace: "jobs" };
    expect(slimPod({ metadata } as Unstructured)).toEqual({ metadata, spec: { containers: [] } });
  });

  it.each<[string, object]>([
    ["labels", { metadata: { name: "a", labels: many((at) => [`l${at}`, "v"]) } }],
    ["containers", { spec: { containers: Array.from({ length: 999 }, (_none, at) => ({ name: `c${at}` })) } }],
    [
      "kinds of devices",
      { spec: { containers: [{ name: "c", resources: { requests: many((at) => [`a.b/${at}`, "1"]) } }] } },
    ],
    ["text", { status: { message: "x".repeat(1024 * 1024) } }],
    [
      "text of its containers",
      {
        status: {
          containerStatuses: [{ name: "c", image: "x".repeat(1024 * 1024), state: { waiting: { reason: "r" } } }],
        },
      },
    ],
    ["conditions", { status: { conditions: Array.from({ length: 999 }, () => ({ type: "t", status: "True" })) } }],
  ])("is small when somebody made one with many %s", (_what, pod) => {
    const slim = slimPod({ metadata: { name: "a" }, ...pod } as unknown as Unstructured);
    expect(JSON.stringify(slim).length).toBeLessThan(5_000);
  });

  it("does not take a text for the value that is printed like it", () => {
    const name = '{"name":"trainer"}';
    const pod = { metadata: { name: "a", namespace: name }, spec: { containers: [{ name: "trainer" }] } };
    expect(slimPod(pod as unknown as Unstructured)).toMatchObject(pod);
  });
});
