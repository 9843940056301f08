import type { Recipe } from "./recipe.ts";

/** Verbs that a recipe asks of a role and a trainer does not do, in the recipe's order. */
export function missingKinds({ roles }: Pick<Recipe, "roles">, role: string, kinds: readonly string[]): string[] {
  const needed = roles.find((candidate) => candidate.role === role)?.kinds ?? [];
  return needed.filter((kind) => !kinds.includes(kind));
}
