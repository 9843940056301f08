import { type AuditEvent, formatAuditLine, readAuditLine } from "@tributary/contracts";
import { TributaryError } from "@tributary/kit";
import { expect, it } from "vitest";
import { parseWorkerUri } from "../../shared/identity/worker-uri.ts";
import { ToldRefusals } from "./told-refusals.ts";

const identity = parseWorkerUri("tributary://aws/jobs/0b9c/p/3")!;
const refused = (why: string) => new TributaryError("ENROLMENT_REFUSED", why);

it("tells of a refused pod once for each cause, of others too, and again of what the trail did not take", async () => {
  const events: AuditEvent[] = [];
  let full: TributaryError | undefined;
  const refusals = new ToldRefusals({
    write: async (event) => {
      if (full !== undefined) throw full;
      events.push(event);
    },
  });
  await refusals.tell({ podUid: "a" }, refused("image"));
  await refusals.tell({ podUid: "a" }, refused("image"));
  await refusals.tell({ podUid: "b", identity }, refused("image"));
  full = new TributaryError("STORAGE_FULL", "full");
  await expect(refusals.tell({ podUid: "a" }, refused("is gone"))).rejects.toBe(full);
  full = undefined;
  await refusals.tell({ podUid: "a" }, refused("is gone"));
  expect(events).toEqual([
    { kind: "Refused", pod: "a", code: "ENROLMENT_REFUSED", reason: "image", digests: {} },
    {
      ...{ kind: "Refused", job: "0b9c", participant: "p", worker: 3, pod: "b" },
      ...{ code: "ENROLMENT_REFUSED", reason: "image", digests: {} },
    },
    { kind: "Refused", pod: "a", code: "ENROLMENT_REFUSED", reason: "is gone", digests: {} },
  ]);
  const [first] = events;
  const line = formatAuditLine(first!, { n: 1, timeMs: 0, previous: "0".repeat(64) });
  expect(readAuditLine(line)).toMatchObject({ ok: true, line: first });
});
