import { createHash, randomBytes } from "node:crypto";
import { segmentSizeBytes } from "@tributary/federated";
import type { SeededRandom } from "../../../support/chaos/seeded-random.ts";
import type { HostileLinks, TensorCall } from "./hostile-links.ts";
import type { HostileRound } from "./hostile-round.ts";

/** What an upload does wrong, or does not. */
const UPLOADS = [
  "whole",
  "crumbs",
  "empty",
  "long",
  "wrongDigest",
  "noDigest",
  "overlap",
  "ahead",
  "otherParty",
  "cut",
  "loris",
  "head",
] as const;

/** An upload of one kind; gives its name and what came of it. */
export async function hostileUpload(
  links: HostileLinks,
  round: HostileRound,
  jobUid: string,
  party: number,
  random: SeededRandom,
): Promise<[string, string]> {
  const kind = UPLOADS[random.below(UPLOADS.length)]!;
  const segments = round.setup?.segments ?? [];
  const segment = segments[random.below(Math.max(1, segments.length))];
  const total = segment === undefined ? 1_000 : segmentSizeBytes(segment);
  const bytes = randomBytes(total);
  const at = `/v1/jobs/${jobUid}/rounds/${round.round}/attempts/${round.attempt}`;
  const path = `${at}/segments/${segment?.id ?? 0}/parties/${kind === "otherParty" ? party - 1 : party}`;
  const [start, sent] = span(kind, total);
  const declared = kind === "long" ? total + 1_000 : total;
  const sha256 = kind === "wrongDigest" ? "0".repeat(64) : createHash("sha256").update(bytes).digest("hex");
  const call = links.tensor(kind === "head" ? "HEAD" : "PUT", path, {
    ...(kind !== "noDigest" && { "tributary-segment-sha256": sha256 }),
    ...(kind !== "head" && { "content-length": sent, "content-range": `bytes ${start}-${declared - 1}/${declared}` }),
  });
  return [`upload ${kind}`, await finish(kind, call, Buffer.concat([bytes, bytes]).subarray(0, sent))];
}

function span(kind: (typeof UPLOADS)[number], total: number): [number, number] {
  if (kind === "overlap") return [Math.floor(total / 2), total];
  if (kind === "ahead") return [total - 1, 1];
  if (kind === "head" || kind === "empty") return [0, 0];
  return [0, kind === "long" ? total + 1_000 : total];
}

async function finish(
  kind: (typeof UPLOADS)[number],
  { request, answer }: TensorCall,
  body: Uint8Array,
): Promise<string> {
  const isHalf = kind === "cut" || kind === "loris";
  if (kind === "crumbs") await writeCrumbs(request, body);
  else if (!isHalf) request.end(body);
  else request.write(body.subarray(0, Math.floor(body.length / 2)));
  if (kind === "cut") setTimeout(() => request.destroy(), 20);
  // The connection stays, and nothing more comes over it: the aggregator's to end.
  if (kind === "loris") return "left open";
  const { status, response } = await answer;
  response?.resume();
  return status;
}

/** Writes each byte once the one before is out: each is a TLS record, and a chunk of the body, of its own. */
async function writeCrumbs(request: TensorCall["request"], body: Uint8Array): Promise<void> {
  const closed = new Promise((resolve) => request.once("close", resolve));
  for (const byte of body) {
    if (request.destroyed) return;
    const written = new Promise((resolve) => request.write(Uint8Array.of(byte), resolve));
    // What is written to a connection that breaks is called back for by nobody.
    await Promise.race([written, closed]);
  }
  request.end();
}

/** A download that is read whole, never, or given up; gives its name and what came of it. */
export async function hostileDownload(
  links: HostileLinks,
  round: HostileRound,
  random: SeededRandom,
): Promise<[string, string]> {
  const kind = ["whole", "unread", "cut", "badRange", "unknown"][random.below(5)]!;
  const path = round.modelPath ?? "/v1/jobs/none/models/0";
  const headers: Record<string, string> = kind === "badRange" ? { range: "bytes=99999999999-" } : {};
  const { request, answer } = links.tensor(
    "GET",
    kind === "unknown" ? path.replace(/[0-9a-f]{8}$/, "00000000") : path,
    headers,
  );
  request.end();
  const { status, response } = await answer;
  if (kind === "unread") response?.pause();
  else if (kind === "cut") request.destroy();
  else response?.resume();
  return [`download ${kind}`, status];
}
