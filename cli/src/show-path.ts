/** A path as messages show it. What is no path is often the content of the file that was meant, with its tokens and keys. */
export function showPath(path: string): string {
  return path.length > 255 || /[\r\n]/u.test(path) ? "a text that is no path" : path;
}
