import { formatAddress } from "@tributary/contracts/fields";
import { TributaryError } from "@tributary/kit";
import type { ApiClient } from "../../../runtime/api/api-client.ts";
import { readJobCertificates } from "../observe/certificates.ts";
import { aggregatorPorts } from "../render/aggregator.ts";
import { jobNames } from "../render/names.ts";
import type { AggregatorObservation, JobSnapshot, WindowPlan } from "../snapshot.ts";
import { AggregatorLink } from "./aggregator-link.ts";
import { issueOperatorCertificate } from "./certificates.ts";
import { renderWindowPlan } from "./window-plan.ts";

const certificateLifetimeMs = 24 * 60 * 60 * 1000;

/** What the directory needs. */
export interface AggregatorDirectoryDeps {
  readonly hub: ApiClient;
  /** Address of the Service of a job's aggregator as the operator reaches it; undefined until it has one. */
  readonly hostOf: (job: JobSnapshot["job"]) => { readonly host: string; readonly controlPort?: number } | undefined;
  /** Looks at a job again: at once when urgent, else soon. */
  readonly enqueue: (key: string, urgent: boolean) => void;
  readonly nowMs: () => number;
}

interface Entry {
  readonly uid: string;
  readonly link: AggregatorLink;
  /** Whether it was told that no round follows: nothing more is to be heard of it, and the link is closed. */
  isTold: boolean;
}

/** The links to the aggregators of all present jobs, one a job. */
export class AggregatorDirectory {
  readonly #deps: AggregatorDirectoryDeps;
  readonly #links = new Map<string, Entry>();

  constructor(deps: AggregatorDirectoryDeps) {
    this.#deps = deps;
  }

  /** What the aggregator of a job said last. */
  observationOf(uid: string): AggregatorObservation {
    const entry = this.#entryOf(uid);
    return entry === undefined || entry.isTold ? { state: "absent" } : entry.link.observation;
  }

  /** Makes, moves or ends the link of one job by what was seen of it. That of a job that ended lasts while its aggregator is to be told. */
  follow(key: string, seen: JobSnapshot | undefined): void {
    const present = this.#links.get(key);
    // A link that has its credentials outlives a look that may not read them.
    const isKnown =
      seen?.hub.caPem !== undefined || (seen?.hub.unread !== undefined && present?.uid === seen.job.metadata.uid);
    const isWanted =
      seen !== undefined &&
      seen.deletionMs === undefined &&
      (seen.completionMs === undefined || (seen.hub.replicas ?? 0) > 0) &&
      isKnown;
    const target = isWanted ? this.#addressOf(seen.job) : undefined;
    if (
      present !== undefined &&
      (target === undefined || present.uid !== seen?.job.metadata.uid || present.link.address !== target)
    ) {
      present.link.close();
      this.#links.delete(key);
    }
    if (target === undefined || seen === undefined || this.#links.has(key)) return;
    const link = this.#createLink(key, seen.job, target);
    this.#links.set(key, { uid: seen.job.metadata.uid ?? "", link, isTold: false });
    void link.run();
  }

  /** Opens a window of a job. Idempotent. */
  async openWindow(job: JobSnapshot["job"], window: WindowPlan, signal: AbortSignal): Promise<void> {
    await this.#require(job).link.openWindow(renderWindowPlan(job, window), signal);
  }

  /** Tells a job's aggregator that no round follows, and ends the link to it. Idempotent. */
  async finishJob(job: JobSnapshot["job"], outcome: "Complete" | "Failed", signal: AbortSignal): Promise<void> {
    const entry = this.#require(job);
    if (entry.isTold) return;
    await entry.link.finishJob(outcome, signal);
    entry.isTold = true;
    entry.link.close();
  }

  /** Ends every link. */
  close(): void {
    for (const { link } of this.#links.values()) link.close();
    this.#links.clear();
  }

  #entryOf(jobUid: string | undefined): Entry | undefined {
    for (const entry of this.#links.values()) if (entry.uid === jobUid) return entry;
    return undefined;
  }

  #require(job: JobSnapshot["job"]): Entry {
    const entry = this.#entryOf(job.metadata.uid);
    if (entry !== undefined) return entry;
    throw new TributaryError("AGGREGATOR_UNREACHABLE", `job ${job.metadata.name}: its aggregator is not reachable yet`);
  }

  #addressOf(job: JobSnapshot["job"]): string | undefined {
    const place = this.#deps.hostOf(job);
    return place === undefined ? undefined : formatAddress(place.host, place.controlPort ?? aggregatorPorts.control);
  }

  #createLink(key: string, job: JobSnapshot["job"], address: string): AggregatorLink {
    const credentials = async () => {
      const { ca, identity } = await readJobCertificates(this.#deps.hub, job, AbortSignal.timeout(10_000));
      if (ca === undefined || identity === undefined)
        throw new TributaryError(
          "AGGREGATOR_UNREACHABLE",
          `job ${job.metadata.name}: Secret ${ca === undefined ? jobNames(job).caSecret : jobNames(job).aggregator} is not there`,
        );
      const own = await issueOperatorCertificate(ca, this.#deps.nowMs(), certificateLifetimeMs);
      return { ...own, caPem: identity.serverCaPem };
    };
    const target = { jobUid: job.metadata.uid ?? "", address, serverName: jobNames(job).serverName, credentials };
    return new AggregatorLink(target, (urgent) => this.#deps.enqueue(key, urgent));
  }
}
