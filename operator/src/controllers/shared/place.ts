/** A participant's place in a member cluster. */
export interface Place {
  readonly participant: string;
  readonly namespace: string;
}

/** Whether two places of one cluster are the same. */
export function isSamePlace(left: Place, right: Place): boolean {
  return left.participant === right.participant && left.namespace === right.namespace;
}
