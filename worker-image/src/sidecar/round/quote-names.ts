import { cutText } from "@tributary/contracts";

/** How many names a log line quotes, and of how many characters each. */
const QUOTED = { count: 8, length: 64 };

/** A trainer's own words for the member's log, where they stay: they may quote its data, and there may be many. */
export function quoteNames(names: readonly string[]): string[] {
  return names.slice(0, QUOTED.count).map((name) => cutText(name, QUOTED.length));
}
