import { create } from "@bufbuild/protobuf";
import { type AuditEvent, gateV1 } from "@tributary/contracts";
import { TributaryError } from "@tributary/kit";
import { beforeEach, describe, expect, it } from "vitest";
import type { StartSums } from "./gate-memory.ts";
import { recordSum } from "./record-method.ts";
import { digestOf, namesOf, seatName } from "./testing/seats.ts";

type Given = Parameters<typeof create<typeof gateV1.RecordRequestSchema>>[1];

const worker = { cluster: "aws", namespace: "jobs", jobUid: "0b9c", participant: "clinic", workerIndex: 1 };
const caller = { worker, dataName: seatName(1) };
const section = { section: "update", dataNames: namesOf([1, 2, 3]) };
const good = {
  line: 7,
  attempt: 1,
  startSha256: digestOf("start"),
  workSha256: digestOf("work"),
  sections: [section, { section: "evaluation", dataNames: namesOf([2, 3]) }],
  threshold: 2,
  sentBytes: 4096n,
};
let order: string[];
let asked: StartSums[];
let events: AuditEvent[];
beforeEach(() => {
  [order, asked, events] = [[], [], []];
});

interface Trouble {
  readonly memory?: TributaryError;
  readonly audit?: TributaryError;
}

function record(given: Given, trouble: Trouble = {}) {
  const deps = {
    memory: {
      record: async (sums: StartSums) => {
        order.push("memory");
        if (trouble.memory !== undefined) throw trouble.memory;
        asked.push(sums);
      },
    },
    audit: {
      write: async (event: AuditEvent) => {
        order.push("audit");
        if (trouble.audit !== undefined) throw trouble.audit;
        events.push(event);
      },
    },
  };
  return recordSum(deps, caller, create(gateV1.RecordRequestSchema, given), { repeatedStarts: "Refuse" });
}

describe("Record", () => {
  it("remembers, then writes down, then answers, of one whose report was summed and of one whose was not", async () => {
    expect(await record(good)).toEqual({ refusal: "" });
    expect(order).toEqual(["memory", "audit"]);
    expect(asked).toMatchObject([
      {
        seat: seatName(1),
        startSha256: digestOf("start"),
        sums: [
          { section: "update", workSha256: digestOf("work"), threshold: 2 },
          { section: "evaluation", dataNames: Buffer.concat(namesOf([2, 3])) },
        ],
      },
    ]);
    expect(events).toMatchObject([
      { kind: "Recorded", job: "0b9c", participant: "clinic", worker: 1, line: 7, attempt: 1, bytes: 4096 },
    ]);
    const { digests } = events[0]!;
    expect(Object.keys(digests)).toEqual(["start", "work", "seat", "survivors.update", "survivors.evaluation"]);
    expect(digests.start).toBe(Buffer.from(digestOf("start")).toString("hex"));
  });

  it("answers a difference with its words after writing it down, and answers nothing that it could not write down", async () => {
    const refusal = new TributaryError("DIFFERENCE_OF_JOBS", "too near", { details: { why: "Near" } });
    expect(await record(good, { memory: refusal })).toEqual({ refusal: "too near" });
    expect(events).toMatchObject([{ kind: "Refused", job: "0b9c", code: "DIFFERENCE_OF_JOBS", reason: "Near" }]);
    const full = new TributaryError("STORAGE_FULL", "the trail has no room");
    await expect(record(good, { audit: full })).rejects.toBe(full);
    await expect(record(good, { memory: refusal, audit: full })).rejects.toBe(full);
    await expect(record(good, { memory: full })).rejects.toBe(full);
    expect(events).toHaveLength(1);
  });

  it("writes down that it has no room for a seat before it says so", async () => {
    const room = new TributaryError("GATE_MEMORY_FULL", "the gate remembers 3 starts of this seat");
    await expect(record(good, { memory: room })).rejects.toBe(room);
    expect(events).toMatchObject([
      { kind: "Refused", job: "0b9c", line: 7, attempt: 1, code: "GATE_MEMORY_FULL", reason: room.message },
    ]);
    const full = new TributaryError("STORAGE_FULL", "the trail has no room");
    await expect(record(good, { memory: room, audit: full })).rejects.toBe(full);
  });

  const [first, second] = section.dataNames as [Uint8Array, Uint8Array];
  const of = (dataNames: readonly Uint8Array[], name = "update") => [{ section: name, dataNames: [...dataNames] }];
  it.each<[string, Partial<typeof good>, string]>([
    ["no digest of the start", { startSha256: new Uint8Array(0) }, "start_sha256 is 0 bytes, must be 32 bytes"],
    ["a long digest of the work", { workSha256: new Uint8Array(33) }, "work_sha256 is 33 bytes, must be 32 bytes"],
    ["no threshold", { threshold: 0 }, "threshold is 0, must be from 1 to 65536"],
    ["a threshold of more than all", { threshold: 65_537 }, "threshold is 65537, must be"],
    ["bytes that no pod sent", { sentBytes: 2n ** 60n }, "sent_bytes is 1152921504606846976, must be at most"],
    ["no section", { sections: [] }, "sections is a list of 0, must be of 1 to 16"],
    ["17 sections", { sections: Array(17).fill(section) }, "sections is a list of 17, must be of 1 to 16"],
    ["a section twice", { sections: [section, section] }, 'sections[1].section is "update", must be the only one'],
    ["a section without a name", { sections: of([first], "") }, 'sections[0].section is "", must be at most 48'],
    ["a section of other letters", { sections: of([first], "Up-date") }, 'sections[0].section is "Up-date", must be'],
    ["a long name of a section", { sections: of([first], "a".repeat(49)) }, "is a text of 49 characters, must be"],
    ["no survivor", { sections: of([]) }, "sections[0].data_names is an empty list, must be the survivors"],
    ["a short name", { sections: of([first.subarray(1)]) }, "sections[0].data_names[0] is 35 bytes, must be 36 bytes"],
    ["names that descend", { sections: of([second, first]) }, "sections[0].data_names[1] is not above the one before"],
    ["a name twice", { sections: of([first, first]) }, "sections[0].data_names[1] is not above the one before"],
    [
      "too many names",
      { sections: of(Array.from({ length: 65_537 }, () => first)) },
      "sections is a list with 65537 data names, must be with at most 65536",
    ],
  ])("refuses %s before it remembers or writes anything", async (_, change, says) => {
    await expect(record({ ...good, ...change })).rejects.toMatchObject({
      code: "MESSAGE_INVALID",
      message: expect.stringContaining(says),
    });
    expect(order).toEqual([]);
  });
});
