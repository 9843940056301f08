import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isParticipantName, jobNames, seatName, windowName } from "./names.ts";

const label = (max: number) => fc.stringMatching(new RegExp(`^[a-z][-a-z0-9]{0,${max - 2}}[a-z0-9]$`, "u"));
const seat = fc.record({ hubId: label(20), namespace: label(63), name: label(40), participant: label(20) });
type Seat = typeof seat extends fc.Arbitrary<infer T> ? T : never;

const jobOf = ({ name, namespace }: Pick<Seat, "name" | "namespace">) => ({ metadata: { name, namespace } });
const nameOf = (one: Seat): string => seatName(one.hubId, jobOf(one), one.participant);

describe("the name of a seat", () => {
  const notes: Seat = { hubId: "hub", namespace: "research", name: "notes", participant: "eu-aws" };

  it.each<[string, Partial<Seat>]>([
    ["whose job and participant run together the same way", { name: "notes-eu", participant: "aws" }],
    ["of a namesake in another namespace of the hub", { namespace: "clinic" }],
    ["of a namesake of another hub", { hubId: "hub-2" }],
    ["of another participant", { participant: "eu-gcp" }],
  ])("never meets that of a seat %s", (_which, changes) => {
    expect(nameOf({ ...notes, ...changes })).not.toBe(nameOf(notes));
  });

  it("is the same each time, so that a repeated create finds its own object", () => {
    expect(nameOf(notes)).toBe(nameOf({ ...notes }));
    expect(nameOf(notes)).toMatch(/^notes-eu-aws-[0-9a-z]{12}$/u);
  });

  it.each(["", "p".repeat(21), "p".repeat(63), "Aws", "1aws", "aws-", "eu.aws", "aws\n"])(
    "is refused for %j, by which no participant can be named",
    (participant) => {
      expect(isParticipantName(participant)).toBe(false);
      expect(() => nameOf({ ...notes, participant })).toThrow(RangeError);
    },
  );

  it("never meets that of another seat, however the same texts are divided", () => {
    const parts = fc
      .array(label(4), { minLength: 5, maxLength: 5 })
      .chain((words) => fc.tuple(fc.constant(words), fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 4 })));
    fc.assert(
      fc.property(parts, ([words, left, right]) => {
        const divide = (at: number): Seat => ({
          ...notes,
          name: words.slice(0, at).join("-"),
          participant: words.slice(at).join("-"),
        });
        expect(nameOf(divide(left)) === nameOf(divide(right))).toBe(left === right);
      }),
    );
  });

  it("is a DNS label, also with the largest index and the suffix that a batch Job appends for its pods", () => {
    fc.assert(
      fc.property(seat, (one) => {
        expect(`${nameOf(one)}-255-xxxxx`).toMatch(/^[a-z]([-a-z0-9]{0,61}[a-z0-9])$/u);
        expect(nameOf(one)).toContain(`-${one.participant}-`);
      }),
    );
  });
});

describe("the names of a job on the hub", () => {
  const windows = [
    [0, 1],
    [0, 2],
    [12, 1],
    [12, 13],
  ] as const;
  const namesOf = (name: string): string[] => {
    const job = jobOf({ name, namespace: "research" });
    const { caSecret, aggregator } = jobNames(job);
    return [caSecret, aggregator, ...windows.map(([from, attempt]) => windowName(job, from, attempt))];
  };

  it("never meet those of another job of the namespace, also when one name is made like the other's objects", () => {
    const tail = fc.constantFrom("", "-ca", "-aggregator", "-r0", "-r12", "-a2", "-r0-a2");
    const pair = fc.tuple(label(12), fc.array(tail, { maxLength: 3 }), fc.array(tail, { maxLength: 3 }));
    fc.assert(
      fc.property(pair, ([stem, left, right]) => {
        const [one, two] = [stem + left.join(""), stem + right.join("")];
        fc.pre(one !== two);
        expect(namesOf(one).filter((name) => namesOf(two).includes(name))).toEqual([]);
      }),
    );
  });
});
