import { Annotation, cutText } from "@tributary/contracts";
import type { MarkedObject } from "./shown-marks.ts";

/** Most characters of a drift that are remembered: what can be changed of a batch Job has some 200. */
const driftLimit = 400;

/**
 * What the anchor of a place remembers of a batch Job that is about to be replaced, since it outlives both that and the operator's
 * process. It names the batch Job: one that is still there, because the process ended before it was removed, is not the next one.
 */
export function mendedDriftOf(uid: string, drift: string): Readonly<Record<string, string>> {
  return { [Annotation.MendedDrift]: `${uid} ${cutText(drift, driftLimit)}` };
}

/** Whether another batch Job of the place was replaced for the very drift that this one has. */
export function wasMended(anchor: MarkedObject | undefined, { metadata }: MarkedObject, drift: string): boolean {
  const remembered = anchor?.metadata.annotations?.[Annotation.MendedDrift];
  if (remembered === undefined) return false;
  const space = remembered.indexOf(" ");
  return remembered.slice(0, space) !== metadata.uid && remembered.slice(space + 1) === cutText(drift, driftLimit);
}
