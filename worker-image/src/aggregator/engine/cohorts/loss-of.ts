import type { ErrorCode } from "@tributary/kit";
import { PartyLoss } from "../run/opening-outlook.ts";

/** Codes with which a worker says no for good; with others something keeps it from its work that somebody can put right. */
const REFUSALS: ReadonlySet<ErrorCode> = new Set(["TERMS_REFUSED", "PROTOCOL_REFUSED", "DIFFERENCE_OF_JOBS"]);

/** What a failure that a worker tells of means for the attempt that it is in. */
export function lossOf(code: ErrorCode): PartyLoss {
  return REFUSALS.has(code) ? PartyLoss.Refuses : PartyLoss.Silent;
}
