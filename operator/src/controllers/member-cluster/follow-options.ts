import type { Informer } from "../../runtime/cache/informer.ts";
import type { ReflectorReport } from "../../runtime/cache/reflector.ts";
import type { MemberChange } from "./member-directory.ts";

/** What is followed in a member. */
export interface FollowOptions {
  /** Namespaces in the member that are followed from the start. */
  readonly namespaces: readonly string[];
  /** Id of this hub: only its own objects are cached. */
  readonly origin: string;
  /** Told of every change of an object of this hub. */
  readonly onChange: (change: MemberChange) => void;
  /** Told when a namespace becomes usable or is so no more. */
  readonly onHealth: (cluster: string) => void;
  /** Makes the listener of an informer's reports, for metrics. */
  readonly watchReports: (cluster: string, kind: string) => (report: ReflectorReport) => void;
  /** Counts the objects of a cache until the returned function is called. */
  readonly track: (informer: Informer<never>) => () => void;
  /** Told of errors that a listener threw. */
  readonly onError: (error: unknown, key: string) => void;
}
