import { describe, expect, it } from "vitest";
import { cloudNamed } from "./cloud.ts";
import { renderStatus } from "./render-status.ts";

describe("renderStatus", () => {
  const cloud = cloudNamed("aws-us-east-1");
  const node = { name: cloud.name, ready: true, kubeletVersion: "v1.34.4", gpus: 4 };
  const running = { name: "etcd", state: "running", pid: 7 } as const;

  it.each([
    {
      given: "a cloud that is well",
      status: { cloud, exists: true, components: [running], nodes: [node] },
      want: "aws-us-east-1 (member, a local stand-in): Ready, Kubernetes v1.34.4, 4 fake GPUs",
    },
    {
      given: "a cloud whose etcd has ended",
      status: {
        cloud,
        exists: true,
        components: [{ ...running, state: "not running" as const, pid: undefined }],
        nodes: [],
      },
      want: "aws-us-east-1 (member, a local stand-in): API server does not answer\n  etcd: not running",
    },
    {
      given: "a cloud nobody brought up",
      status: { cloud, exists: false, components: [], nodes: [] },
      want: "aws-us-east-1: not there",
    },
  ])("shows $given", ({ status, want }) => {
    expect(renderStatus([status])).toBe(want);
  });
});
