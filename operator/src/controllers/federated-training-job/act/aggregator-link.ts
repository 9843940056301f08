import { controlV1 } from "@tributary/contracts";
import {
  asTributaryError,
  createGrpcClient,
  createTlsCredentials,
  type GrpcClient,
  type TlsMaterial,
} from "@tributary/kit";
import type { AggregatorObservation, LedgerTotals, RoundReport } from "../snapshot.ts";
import { describeStage, toReport, toRoundReport } from "./aggregator-report.ts";
import type { renderWindowPlan } from "./window-plan.ts";

/** Where and as whom a job's aggregator is called. */
export interface AggregatorTarget {
  /** Uid of the job. */
  readonly jobUid: string;
  /** `host:port` of the control port, as the operator reaches it. */
  readonly address: string;
  /** DNS name in the aggregator's certificate. */
  readonly serverName: string;
  /** Makes fresh credentials; called for each connection. */
  readonly credentials: () => Promise<TlsMaterial>;
}

/** Longest time that one answer is waited for, in milliseconds. */
const longPollMs = 20_000;
/**
 * Largest answer that is taken, in bytes: 25,600 workers of which each has a problem, in a sentence of some hundred letters. gRPC's own
 * bound of 4 MiB would make an aggregator unreachable for as long as nearly all of its workers have one.
 */
const largestAnswerBytes = 32 * 2 ** 20;
/** Ledger entries that are kept of each job. */
const historyLimit = 100;
const noTotals: LedgerTotals = { bytesUp: 0, bytesDown: 0, initialMetrics: {} };

/** Follows one job's aggregator by long polls and remembers what it said last. */
export class AggregatorLink {
  readonly #target: AggregatorTarget;
  readonly #onChange: (urgent: boolean) => void;
  readonly #stop = new AbortController();
  #client: GrpcClient<typeof controlV1.AggregatorService> | undefined;
  #observation: AggregatorObservation = { state: "absent" };
  #history: RoundReport[] = [];
  #entries = 0;
  #totals: LedgerTotals = noTotals;

  constructor(target: AggregatorTarget, onChange: (urgent: boolean) => void) {
    this.#target = target;
    this.#onChange = onChange;
  }

  /** What the aggregator said last. */
  get observation(): AggregatorObservation {
    return this.#observation;
  }

  /** Where the link leads. */
  get address(): string {
    return this.#target.address;
  }

  /** Follows until {@link close}; failures are observations. Call once. */
  async run(): Promise<void> {
    let failures = 0;
    let revision = 0n;
    while (!this.#stop.signal.aborted) {
      try {
        revision = await this.#poll(revision);
        failures = 0;
        await this.#pause(restMs(this.#observation));
      } catch (error) {
        if (this.#stop.signal.aborted) return;
        failures += 1;
        revision = 0n;
        this.#disconnect();
        this.#fail(asTributaryError(error).message);
        await this.#pause(Math.min(5_000, 250 * 2 ** Math.min(failures, 5)));
      }
    }
  }

  /** Opens a window. Idempotent: the same plan again answers with the same state. */
  async openWindow(plan: ReturnType<typeof renderWindowPlan>, signal: AbortSignal): Promise<void> {
    const client = await this.#connect();
    await client.openWindow({ plan }, { timeoutMs: 10_000, signal });
  }

  /** Tells the aggregator that no round follows. Idempotent. */
  async finishJob(outcome: "Complete" | "Failed", signal: AbortSignal): Promise<void> {
    const client = await this.#connect();
    await client.finishJob({ jobUid: this.#target.jobUid, outcome }, { timeoutMs: 10_000, signal });
  }

  /** Ends the link; what was said last stays readable. */
  close(): void {
    this.#stop.abort(new Error("the link is closed"));
    this.#disconnect();
  }

  async #poll(afterRevision: bigint): Promise<bigint> {
    const client = await this.#connect();
    const { signal } = this.#stop;
    const { state } = await client.getState(
      { afterRevision, waitMs: afterRevision === 0n ? 0 : longPollMs },
      { timeoutMs: longPollMs + 10_000, signal },
    );
    if (state === undefined) return afterRevision;
    await this.#readHistory(client);
    const before = this.#observation;
    this.#observation = { state: "heard", heardMs: Date.now(), report: toReport(state, this.#history, this.#totals) };
    const isNews = before.state !== "heard" || state.revision !== afterRevision;
    if (isNews) this.#onChange(before.state !== "heard" || describeStage(state.stage) === "Idle");
    return state.revision;
  }

  async #readHistory(client: GrpcClient<typeof controlV1.AggregatorService>): Promise<void> {
    for (;;) {
      const { rounds } = await client.listRounds(
        { from: this.#entries, limit: 500 },
        { timeoutMs: 10_000, signal: this.#stop.signal },
      );
      this.#entries += rounds.length;
      const reports = rounds.map(toRoundReport);
      this.#totals = addTotals(this.#totals, reports);
      this.#history = [...this.#history, ...reports].slice(-historyLimit);
      if (rounds.length < 500) return;
    }
  }

  async #connect(): Promise<GrpcClient<typeof controlV1.AggregatorService>> {
    this.#client ??= createGrpcClient(controlV1.AggregatorService, {
      address: this.#target.address,
      credentials: createTlsCredentials(await this.#target.credentials()),
      unreachable: "AGGREGATOR_UNREACHABLE",
      channel: {
        "grpc.max_receive_message_length": largestAnswerBytes,
        "grpc.ssl_target_name_override": this.#target.serverName,
        "grpc.default_authority": this.#target.serverName,
      },
    });
    return this.#client;
  }

  #disconnect(): void {
    this.#client?.close();
    this.#client = undefined;
  }

  #fail(message: string): void {
    const isNews = this.#observation.state !== "unreachable";
    this.#observation = { state: "unreachable", message };
    this.#entries = 0;
    this.#history = [];
    this.#totals = noTotals;
    if (isNews) this.#onChange(false);
  }

  #pause(ms: number): Promise<void> {
    if (ms === 0) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#stop.signal.addEventListener(
        "abort",
        () => {
          clearTimeout(timer);
          resolve();
        },
        { once: true },
      );
    });
  }
}

/**
 * Time until the aggregator is asked again, in milliseconds: each worker that joins is news, and an answer that names 25,600 of
 * them takes the event loop for tens of milliseconds. Few workers are asked for at once, since a round may be waiting.
 */
export function restMs(said: AggregatorObservation): number {
  return said.state === "heard" ? Math.floor(said.report.parties.length / 50) : 0;
}

function addTotals(totals: LedgerTotals, reports: readonly RoundReport[]): LedgerTotals {
  const first = reports.find((report) => report.round === 0);
  return {
    bytesUp: reports.reduce((sum, report) => sum + report.bytesUp, totals.bytesUp),
    bytesDown: reports.reduce((sum, report) => sum + report.bytesDown, totals.bytesDown),
    initialMetrics: first?.metrics ?? totals.initialMetrics,
  };
}
