/**
 * Exit codes of a trainer that no other try can better: its worker ends at once. Documented in docs/guides/trainers.md; a
 * test compares them with the error catalogue.
 */
export const permanentTrainerExitCodes: readonly number[] = [10, 11, 12, 13, 14, 16, 55];
