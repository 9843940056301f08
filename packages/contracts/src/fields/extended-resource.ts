import { accept, type Reading, refuse } from "./finding.ts";
import { readObjectName } from "./names.ts";

/** What a quota puts before the name of a resource, which must be a name of at most 253 characters before the `/` with it. */
const quotaPrefix = "requests.";
/** Names with this in them are Kubernetes' own: no device plugin may offer one. */
const nativeDomain = "kubernetes.io/";
const deviceName = /^[A-Za-z0-9](?:[-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/;
const resourceExpected =
  "an extended resource such as nvidia.com/gpu: a DNS name in small letters of at most 244 characters, not of kubernetes.io " +
  "and without requests. before it, a / and at most 63 letters, digits, -, _ and ., a letter or digit at both ends";

/** Reads the name of an extended resource that a container may ask for, as a device plugin offers it. */
export function readExtendedResource(text: string): Reading<string> {
  const [domain = "", name = "", ...more] = text.split("/");
  const isNamed = more.length === 0 && deviceName.test(name) && readObjectName(quotaPrefix + domain).ok;
  const isOfOthers = text.startsWith(quotaPrefix) || text.includes(nativeDomain);
  return isNamed && !isOfOthers ? accept(text) : refuse(resourceExpected);
}
