export {
  type CatalogueEntry,
  catalogue,
  Disposition,
  type ErrorCode,
  GrpcStatus,
  type GrpcStatusName,
  isErrorCode,
} from "./errors/catalogue.ts";
export {
  asTributaryError,
  type ErrorDetails,
  isTributaryError,
  TributaryError,
  type TributaryErrorOptions,
} from "./errors/tributary-error.ts";
