import { closeSync, constants, openSync, writeSync } from "node:fs";
import { defaultTerminationMessagePath, formatTerminationMessage } from "@tributary/contracts";
import { catalogue, Disposition } from "../errors/catalogue.ts";
import type { TributaryError } from "../errors/tributary-error.ts";
import type { Environment } from "./environment.ts";

/** What is said of an error at the end of a program. */
export interface LastWords {
  readonly error: TributaryError;
  /** Whether the error's own text may leave the process: not where it may quote training data. */
  readonly isTextPublic: boolean;
}

/**
 * Leaves the cause of a program's end where the kubelet reads it: in the file of `TRIBUTARY_TERMINATION_LOG`, else in the default one,
 * which the kubelet mounts, also into a read-only root. Outside of a pod there is none, and none is made.
 */
export function leaveTerminationMessage(env: Environment, { error, isTextPublic }: LastWords): void {
  const named = env.TRIBUTARY_TERMINATION_LOG;
  const { reason, publicMessage } = catalogue[error.code];
  // The text of a defect is whatever some library said.
  const message = isTextPublic && error.disposition !== Disposition.Defect ? error.message : publicMessage;
  try {
    const create = named === undefined ? 0 : constants.O_CREAT;
    const file = openSync(
      named ?? defaultTerminationMessagePath,
      constants.O_WRONLY | constants.O_TRUNC | create,
      0o644,
    );
    try {
      writeSync(file, formatTerminationMessage({ code: error.code, reason, message }));
    } finally {
      closeSync(file);
    }
  } catch {
    // The log has the cause too, and a process that ends has nobody to tell.
  }
}
