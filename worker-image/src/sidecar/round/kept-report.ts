import { join } from "node:path";
import { toHex } from "@tributary/federated";
import { writeFileDurably } from "@tributary/kit";
import { loadJson } from "./load-json.ts";
import type { ReportedSegment } from "./report-builder.ts";
import { forgetLeftOver, keepLeftOver } from "./settle-residuals.ts";

/** The newest report, whatever became of it. Digests are hexadecimal. */
export interface KeptReport {
  readonly planDigest: string;
  /** Digest of what its round started from. */
  readonly startSha256: string;
  readonly segments: ReportedSegment[];
}

/** Where a worker keeps what it remembers, and what trainer and sidecar share. */
interface Directories {
  readonly memoryDirectory: string;
  readonly volumeDirectory: string;
}

/** The round that a report is for. */
interface ReportedRound {
  readonly planDigest: Uint8Array;
  readonly round: { readonly startSha256: Uint8Array };
}

/** What a former process, or round, reported last. */
export async function loadReport(deps: Directories): Promise<KeptReport | undefined> {
  const kept = await loadJson<KeptReport & { segments: { sha256: unknown }[] }>(reportPath(deps));
  if (kept === undefined) return undefined;
  const segments = kept.segments.map((segment) => ({ ...segment, sha256: fromHex(String(segment.sha256)) }));
  return { ...kept, segments };
}

/** Keeps what is reported, durably. */
export async function saveReport(
  deps: Directories,
  { planDigest, round }: ReportedRound,
  segments: readonly ReportedSegment[],
): Promise<void> {
  const kept = {
    planDigest: toHex(planDigest),
    startSha256: toHex(round.startSha256),
    segments: segments.map((segment) => ({ ...segment, sha256: toHex(segment.sha256) })),
  };
  await writeFileDurably(reportPath(deps), JSON.stringify(kept), 0o600);
}

/**
 * The result of the report before was missed: what it left over is settled before another one is made. A model that did not change was not
 * stepped, so that its sum was not used. One that did may hold the report: what was sent is then never sent a second time.
 */
export async function settleMissed(
  { volumeDirectory }: Directories,
  { round }: ReportedRound,
  missed: KeptReport,
): Promise<void> {
  const settle = missed.startSha256 === toHex(round.startSha256) ? forgetLeftOver : keepLeftOver;
  const planDigest = fromHex(missed.planDigest);
  for (const { segment } of missed.segments) await settle({ volumeDirectory, planDigest, segment });
}

function reportPath({ memoryDirectory }: Directories): string {
  return join(memoryDirectory, "report.json");
}

function fromHex(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, "hex"));
}
