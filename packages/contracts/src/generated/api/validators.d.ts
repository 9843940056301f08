/** Generated from crds/ by scripts/generate.ts. Do not edit. */

/** One finding of a validator. */
export interface SchemaFinding { readonly instancePath: string; readonly keyword: string; readonly params: Readonly<Record<string, unknown>>; readonly message?: string }
/** A compiled schema: true when the value fits; fills in defaults; findings of the last call in `errors`. */
export interface SchemaValidator { (value: unknown): boolean; errors?: readonly SchemaFinding[] | null }
/** Validates a FederatedTrainingJob. */
export const validateFederatedTrainingJob: SchemaValidator;
/** Validates a MemberCluster. */
export const validateMemberCluster: SchemaValidator;
/** Validates a TrainingRound. */
export const validateTrainingRound: SchemaValidator;
