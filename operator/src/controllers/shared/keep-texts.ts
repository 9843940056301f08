/** What stands for a text that is too long to be kept: no text that is wanted reads so, and what shows it is looked at again. */
export const tooLong = "… (too long to be kept)";

/**
 * The texts of a ConfigMap as a cache keeps them: all of them up to `limit` characters together, else the named ones alone, each
 * only when it has no more than that.
 */
export function keepTexts(
  texts: Readonly<Record<string, string>>,
  names: readonly string[],
  limit: number,
): Readonly<Record<string, string>> {
  const entries = Object.entries(texts);
  const size = entries.reduce((sum, [name, text]) => sum + name.length + text.length, 0);
  if (size <= limit) return texts;
  const named = entries.filter(([name]) => names.includes(name));
  return Object.fromEntries(named.map(([name, text]) => [name, text.length <= limit ? text : tooLong]));
}
