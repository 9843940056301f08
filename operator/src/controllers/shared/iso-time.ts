/** A time in milliseconds since 1970 as objects carry it. */
export function isoTime(ms: number): string {
  return new Date(ms).toISOString();
}
