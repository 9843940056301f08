import type { CryptoSuite } from "@tributary/federated";
import type { Clock, ErrorCode, Logger } from "@tributary/kit";
import type { CrashSimulator } from "../../shared/crash-point.ts";
import type { Ed25519Identity } from "../../shared/identity/certificates.ts";
import type { JobConfig } from "../config/job-config.ts";
import type { PartyDirectory } from "../party/party-directory.ts";
import type { RoundStore } from "../store/round-store.ts";
import type { JobModels } from "./job-models.ts";

/** What an engine works with. */
export interface EngineDeps {
  readonly config: JobConfig;
  readonly identity: Ed25519Identity;
  readonly crypto: CryptoSuite;
  readonly clock: Clock;
  readonly log: Logger;
  readonly crash: CrashSimulator;
  readonly parties: PartyDirectory;
  readonly store: RoundStore;
  readonly models: JobModels;
}

/** Why the round in work does not go on. */
export interface EngineProblem {
  readonly code: ErrorCode;
  readonly message: string;
  /** Whether it is the deadline that the workers of the attempt before could not meet. */
  readonly isDeadlineMissed?: boolean;
}
