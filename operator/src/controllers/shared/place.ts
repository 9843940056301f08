/** A participant's place in a member cluster. */
export interface Place {
  readonly participant: string;
  readonly namespace: string;
}

/** A place in which objects say that they are of a job. Anybody may give an object of theirs our labels. */
export interface FoundPlace extends Place {
  /** Name of the anchor or batch Job; of a pod that of its batch Job. */
  readonly name: string;
}

/** Whether two places of one cluster are the same. */
export function isSamePlace(left: Place, right: Place): boolean {
  return left.participant === right.participant && left.namespace === right.namespace;
}
