import { Kinds, Label } from "@tributary/contracts";
import { TributaryError } from "@tributary/kit";
import { describe, expect, it } from "vitest";
import type { ApiClient, ListOptions } from "../../runtime/api/api-client.ts";
import { followMember } from "./follow-member.ts";

const forbidden = new TributaryError("FORBIDDEN", "may not list", { details: { reason: "Forbidden" } });

/** A member that refuses the hub in each of its namespaces. */
function aMember(present: readonly string[] | undefined): ApiClient {
  const refuse = async (): Promise<never> => {
    throw forbidden;
  };
  return {
    cluster: "aws",
    list: refuse,
    listPage: refuse,
    watch: refuse,
    async get(_kind: unknown, { name }: { name: string }) {
      if (present === undefined) throw forbidden;
      return present.includes(name) ? { metadata: { name } } : undefined;
    },
  } as unknown as ApiClient;
}

const options = {
  namespaces: ["jobs", "more"],
  origin: "hub",
  onChange: () => {},
  onHealth: () => {},
  watchReports: () => () => {},
  track: () => () => {},
  onError: () => {},
};

async function whenUsable(present: readonly string[] | undefined): Promise<void> {
  const { parts } = followMember(aMember(present), options);
  const stop = new AbortController();
  const running = parts.run(stop.signal);
  try {
    await parts.whenUsable(stop.signal);
  } finally {
    stop.abort();
    await running;
  }
}

describe("a member that refuses the hub in all of its namespaces", () => {
  it("can be used when they are gone: what was in them is gone too, and only the member can say so", async () => {
    await expect(whenUsable([])).resolves.toBeUndefined();
  });

  it.each([
    { what: "one is there", present: ["more"] },
    { what: "it does not say", present: undefined },
  ])("cannot be used when $what", async ({ present }) => {
    await expect(whenUsable(present)).rejects.toBe(forbidden);
  });
});

/** A member in whose namespace `jobs` the operator made an anchor, and somebody a copy of it under another participant. */
function aMemberWithCopy(): ApiClient {
  const anchor = (participant: string, manager: string) => ({
    metadata: {
      name: participant,
      namespace: "jobs",
      uid: participant,
      resourceVersion: "1",
      labels: { [Label.JobUid]: "uid", [Label.Participant]: participant },
      managedFields: [{ manager, fieldsV1: {} }],
    },
  });
  return {
    cluster: "aws",
    async listPage({ kind }: { kind: string }, { namespace, prepare = (one) => one }: ListOptions) {
      const isThere = kind === Kinds.ConfigMap.kind && namespace === "jobs";
      const items = isThere ? [anchor("aws", "tributary-operator"), anchor("copied", "kubectl")] : [];
      return { items: items.map(prepare), resourceVersion: "1" };
    },
    async *watch(_resource: unknown, { signal }: { signal: AbortSignal }) {
      await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
    },
  } as unknown as ApiClient;
}

describe("the places of a job that caches show", () => {
  it("are those that Tributary made, and no copy that somebody made with all labels", async () => {
    const { view, parts } = followMember(aMemberWithCopy(), options);
    const stop = new AbortController();
    const running = parts.run(stop.signal);
    await parts.whenUsable(stop.signal);
    expect(view.placesOf("uid")).toEqual([{ participant: "aws", namespace: "jobs", name: "aws" }]);
    stop.abort();
    await running;
  });
});
