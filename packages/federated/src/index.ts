export { ARGUMENT_INVALID, ArgumentError, isArgumentError, requireArgument, requireInteger } from "./errors.ts";
