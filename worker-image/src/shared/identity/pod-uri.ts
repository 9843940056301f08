const PREFIX = "tributary-pod:";
/** An API server's uids are UUIDs; they are compared, never read. */
const UID = /^[A-Za-z0-9][A-Za-z0-9._-]{0,252}$/;

/** `tributary-pod:<uid>`, by which a worker's certificate says for whose pod it was made; RangeError for a uid that cannot stand in it. */
export function formatPodUri(uid: string): string {
  if (UID.test(uid)) return `${PREFIX}${uid}`;
  throw new RangeError(`pod uid ${JSON.stringify(uid)} is one that no URI can hold`);
}

/** The uid of the pod that a URI names, or `undefined` when it is not exactly one. */
export function parsePodUri(uri: string): string | undefined {
  const uid = uri.startsWith(PREFIX) ? uri.slice(PREFIX.length) : "";
  return UID.test(uid) ? uid : undefined;
}
