/** Why this machine cannot run the local clouds; undefined when it can. CI skips nothing: there it fails instead. */
export function whyNoClouds(): string | undefined {
  if (process.env.CI === "true" || process.env.KUBECONFIGS !== undefined) return undefined;
  if (process.platform !== "linux") return `skipped: local clouds need Linux, this is ${process.platform}`;
  if (process.getuid?.() !== 0) return "skipped: local clouds need root";
  return undefined;
}
