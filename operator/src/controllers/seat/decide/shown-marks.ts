import { Label } from "@tributary/contracts";

/** An object as far as it says which it is and whose. */
export interface MarkedObject {
  readonly metadata: Marks & { readonly uid?: string };
}

/** Labels and annotations that are to be put on an object of a seat. */
export interface Marks {
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
}

/**
 * Labels of a batch Job that say what it was made as and not whose it is: they stay, and a member refuses that runtime and data set
 * change. Where it matters that they differ, another batch Job is made.
 */
const lasting: readonly string[] = [Label.Runtime, Label.Dataset, Label.Terms];

/** Labels and annotations of ours that somebody changed of an object or took off it: without them caches do not show whose it is. */
export function missingMarks(live: MarkedObject, wanted: MarkedObject): Marks {
  const [is, marks] = [live.metadata, wanted.metadata];
  return {
    ...differing("labels", is.labels, marks.labels),
    ...differing("annotations", is.annotations, marks.annotations),
  };
}

function differing(field: keyof Marks, is: Marks["labels"] = {}, wanted: Marks["labels"] = {}): Marks {
  const entries = Object.entries(wanted).filter(([name, value]) => !lasting.includes(name) && is[name] !== value);
  return entries.length === 0 ? {} : { [field]: Object.fromEntries(entries) };
}
