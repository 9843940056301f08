import { cutText } from "@tributary/contracts";
import type { Unstructured } from "../../runtime/api/object.ts";
import type { Transform } from "../../runtime/cache/transform.ts";
import { keepMetadata } from "../shared/keep-metadata.ts";
import { messageLimit } from "./slim-pod.ts";

/** Longest identity or time of an event. */
const wordLimit = 64;

/** Keeps of an event what it regards, what it says and when: an event holds whatever its author wrote. */
export const slimEvent: Transform<Unstructured> = (object) => {
  const { message, lastTimestamp, eventTime, involvedObject, series } = object;
  const { uid } = (involvedObject ?? {}) as { uid?: unknown };
  const { lastObservedTime } = (series ?? {}) as { lastObservedTime?: unknown };
  return {
    metadata: keepMetadata(object),
    involvedObject: words({ uid }),
    message: cutText(String(message ?? ""), messageLimit),
    ...words({ lastTimestamp, eventTime }),
    series: words({ lastObservedTime }),
  };
};

function words(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const isWord = (value: unknown): boolean => typeof value === "string" && value.length <= wordLimit;
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => isWord(value)));
}
