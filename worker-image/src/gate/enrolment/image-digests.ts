const DIGEST = "sha256:[0-9a-f]{64}";
const IS_DIGEST = new RegExp(`^${DIGEST}$`);
/** A digest in a pod's spec follows an `@`; what follows a `:` is a tag, whatever it looks like. */
const PINNED = new RegExp(`@(${DIGEST})$`);
/** Runtimes report `name@digest`, or the digest alone for an image without a name, some behind a scheme. */
const RUNNING = new RegExp(`(?:^|@|://)(${DIGEST})$`);

/** Whether a text is a digest and nothing else. */
export function isDigest(text: string): boolean {
  return IS_DIGEST.test(text);
}

/** The digest that a reference names; `undefined` for a reference by tag. */
export function pinnedDigest(reference: string): string | undefined {
  return PINNED.exec(reference)?.[1];
}

/** The digest of a container's `imageID`. */
export function runningDigest(imageID: string): string | undefined {
  return RUNNING.exec(imageID)?.[1];
}
