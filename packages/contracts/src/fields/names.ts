import { accept, type Reading, refuse } from "./finding.ts";

/** Reads a DNS label of RFC 1123: small letters, digits and hyphens. */
export function readLabel(text: string, maxLength = 63): Reading<string> {
  if (text.length <= maxLength && /^[a-z0-9](?:[-a-z0-9]*[a-z0-9])?$/.test(text)) return accept(text);
  return refuse(`small letters, digits and hyphens, at most ${maxLength} characters, a letter or digit at both ends`);
}

/** Reads a DNS subdomain of RFC 1123, the name of most Kubernetes objects: labels with dots between them. */
export function readObjectName(text: string): Reading<string> {
  if (text.length <= 253 && /^[a-z0-9](?:[-a-z0-9]*[a-z0-9])?(?:\.[a-z0-9](?:[-a-z0-9]*[a-z0-9])?)*$/.test(text)) {
    return accept(text);
  }
  return refuse("the name of an object: small letters, digits, hyphens and dots, at most 253 characters");
}
