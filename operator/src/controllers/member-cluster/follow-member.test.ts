import { TributaryError } from "@tributary/kit";
import { describe, expect, it } from "vitest";
import type { ApiClient } from "../../runtime/api/api-client.ts";
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

async function whenUsable(present: readonly string[] | undefined): Promise<void> {
  const { parts } = followMember(aMember(present), {
    namespaces: ["jobs", "more"],
    origin: "hub",
    onChange: () => {},
    onHealth: () => {},
    watchReports: () => () => {},
    track: () => () => {},
    onError: () => {},
  });
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
