import { Kinds, Label } from "@tributary/contracts";
import { TributaryError } from "@tributary/kit";
import { describe, expect, it } from "vitest";
import type { ApiClient } from "../../../runtime/api/api-client.ts";
import { searchMember } from "./search-member.ts";

const forbidden = new TributaryError("FORBIDDEN", "may not list", { details: { reason: "Forbidden" } });
const { signal } = new AbortController();

/** A member with one seat of the job in namespace `jobs` and a copy that somebody made; every other namespace refuses the hub. */
function aMember(present: readonly string[] | undefined): ApiClient {
  const labels = { [Label.Participant]: "aws" };
  return {
    async list(kind: unknown, { namespace }: { namespace: string }) {
      if (namespace !== "jobs") throw forbidden;
      const copy = { [Label.Participant]: "copy" };
      return kind === Kinds.Pod
        ? []
        : [
            { metadata: { name: "x", labels, managedFields: [{ manager: "tributary" }] } },
            { metadata: { name: "copy", labels: copy, managedFields: [{ manager: "kubectl" }] } },
          ];
    },
    async get(_kind: unknown, { name }: { name: string }) {
      if (present === undefined) throw forbidden;
      return present.includes(name) ? { metadata: { name } } : undefined;
    },
  } as unknown as ApiClient;
}

describe("searchMember", () => {
  it("finds nothing in a namespace that is gone, and goes on with the others", async () => {
    const found = await searchMember(aMember(["jobs"]), "hub", "uid", ["gone", "jobs"], signal);
    expect(found).toEqual([{ participant: "aws", namespace: "jobs" }]);
  });

  it.each([
    { what: "is there", present: ["jobs", "shut"] },
    { what: "may be there", present: undefined },
  ])("concludes nothing from a namespace that refuses the hub and $what", async ({ present }) => {
    await expect(searchMember(aMember(present), "hub", "uid", ["shut", "jobs"], signal)).rejects.toBe(forbidden);
  });
});
