const ellipsis = "…";

/** At most `maxLength` characters of a text; what was cut shows as an ellipsis, and no character is cut in half. */
export function cutText(text: string, maxLength: number): string {
  const characters = text.length <= maxLength ? undefined : [...text];
  if (characters === undefined || characters.length <= maxLength) return text;
  return characters.slice(0, maxLength - 1).join("") + ellipsis;
}
