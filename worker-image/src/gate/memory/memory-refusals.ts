import { TributaryError } from "@tributary/kit";
import { type SumVerdict, TooClose } from "./decide-sum.ts";

type Refused = Extract<SumVerdict, { kind: "refused" }>;

const REMEDIES =
  "start from another model (base, adapter seed, `last`), or let the member's admin set policy.repeatedStarts: Allow";

/** The refusal of a sum that, with one that was signed before, would single somebody out; it says numbers of seats, never which. */
export function differenceOfJobs(section: string, { why, difference, least }: Refused): TributaryError {
  const { missing, added } = difference;
  const message = `section ${JSON.stringify(section)}: ${describe(why, missing, added, least)}; ${REMEDIES}`;
  return new TributaryError("DIFFERENCE_OF_JOBS", message, { details: { section, why, missing, added, least } });
}

function describe(why: TooClose, missing: number, added: number, least: number): string {
  const seats = `${missing} of its seats are missing now and ${added} are new`;
  switch (why) {
    case TooClose.Near:
      return `of a sum that this member signed on the same start ${seats}; the seats must be the same, or all of them others, at least ${least} in both`;
    case TooClose.Third:
      return `two sets of seats were signed on the same start, and of the nearer one ${seats}; the seats must be those of one of them`;
    case TooClose.OtherWork:
      return "the same seats signed a sum of other work on this start: what differs between seats, or a setting besides steps, learningRate and batchSize, must be as it was";
  }
}

/** The refusal of a start for which a seat has no room. */
export function memoryFull(starts: number, growth: number, startsPerSeat: number): TributaryError {
  const message = `the gate remembers ${starts} starts of this seat and ${growth} would be new, which is more than ${startsPerSeat} (gate.memory.startsPerSeat of the member chart); none is forgotten by itself: raise it, at some 40 bytes of memory and of the gate's volume each`;
  return new TributaryError("GATE_MEMORY_FULL", message, { details: { starts, growth, startsPerSeat } });
}

/** The refusal of sums that would take more of the volume than one seat may. */
export function memoryBytesFull(bytes: number, more: number, bytesPerSeat: number): TributaryError {
  const message = `the gate keeps ${bytes} bytes for this seat and up to ${more} would be new, which is more than ${bytesPerSeat} (gate.memory.bytesPerSeat of the member chart); nothing is forgotten by itself: raise it where the gate's volume has room, or see who lets the seat sign so many different sets of survivors`;
  return new TributaryError("GATE_MEMORY_FULL", message, { details: { bytes, more, bytesPerSeat } });
}
