const PREFIX = "tributary-member://";
/** As a worker's URI holds it. */
const MEMBER = /^[A-Za-z0-9][A-Za-z0-9._-]{0,252}$/;

/** `tributary-member://<cluster>`, by which an identity key names its member; RangeError for a name that cannot stand in it. */
export function formatMemberUri(member: string): string {
  if (!isMemberName(member)) throw new RangeError(`member ${JSON.stringify(member)} is a name that no URI can hold`);
  return `${PREFIX}${member}`;
}

/** The member that a URI names, or `undefined` when it is not exactly one. */
export function parseMemberUri(uri: string): string | undefined {
  const member = uri.startsWith(PREFIX) ? uri.slice(PREFIX.length) : "";
  return isMemberName(member) ? member : undefined;
}

/** Whether a member cluster's name can stand in the URIs of its certificates. */
export function isMemberName(name: string): boolean {
  return MEMBER.test(name);
}
