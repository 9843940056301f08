import { createHash } from "node:crypto";
import { formatAuditLine, readAuditLine } from "@tributary/contracts";
import { TributaryError } from "@tributary/kit";
import { expect, it } from "vitest";
import { parseWorkerUri } from "../../shared/identity/worker-uri.ts";
import { judgeTrust } from "../trust/trust.ts";
import { admitEvent, attestedEvent, enrolledEvent, trustEvent } from "./audit-events.ts";
import { ToldBytes } from "./told-bytes.ts";

const identity = parseWorkerUri("tributary://aws/jobs/0b9c/p/3")!;
const pod = { identity, podUid: "pod-1" };
const seat = { job: "0b9c", participant: "p", worker: 3 };
const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");
const answer = {
  worker: "tributary://aws/jobs/0b9c/p/3",
  jobUid: "0b9c",
  line: 7,
  attempt: 2,
  termsSha256: "a".repeat(64),
  startSha256: "b".repeat(64),
  policySha256: "c".repeat(64),
};
const own = { organisation: "Clinic", member: "aws", publicKeys: [new Uint8Array(32)] };
const trustOf = (policy: string, peers = '{"version":1,"peers":[]}') =>
  judgeTrust(own, { policy, peers, trustedPeers: undefined });

it.each([
  {
    event: enrolledEvent(pod, Uint8Array.of(1)),
    says: { kind: "Enrolled", ...seat, pod: "pod-1", digests: { certificate: sha256(Uint8Array.of(1)) } },
  },
  {
    event: attestedEvent(pod, new Uint8Array(36), 12n),
    says: { kind: "Attested", ...seat, pod: "pod-1", bytes: 12, digests: { seat: sha256(new Uint8Array(36)) } },
  },
  {
    event: admitEvent(identity, answer),
    says: {
      kind: "Admitted",
      ...seat,
      line: 7,
      attempt: 2,
      digests: { terms: "a".repeat(64), start: "b".repeat(64), policy: "c".repeat(64) },
    },
  },
  {
    event: admitEvent(identity, { ...answer, refusal: "PolicyRefuses: no" }),
    says: { kind: "Refused", code: "TERMS_REFUSED", reason: "PolicyRefuses: no", line: 7, attempt: 2 },
  },
  {
    event: trustEvent({ problem: new TributaryError("PEERS_INVALID", "policy.json is missing") }),
    says: { kind: "TrustChanged", digests: {} },
  },
])("$says.kind is a line that reads as it was written", ({ event, says }) => {
  const line = formatAuditLine(event, { n: 1, timeMs: 0, previous: "0".repeat(64) });
  expect(readAuditLine(line)).toMatchObject({ ok: true, line: says });
});

it("tells of every change of peers and of the policy by digests of their own", () => {
  const digestsOf = (policy: string, peers?: string) =>
    (trustEvent({ trust: trustOf(policy, peers) }) as { readonly digests: Record<string, string> }).digests;
  const plain = digestsOf('{"version":1}');
  const stricter = digestsOf('{"version":1,"withdrawn":true}');
  const key = Buffer.alloc(32, 9).toString("base64");
  const more = digestsOf(
    '{"version":1}',
    JSON.stringify({ version: 1, peers: [{ organisation: "Lab", member: "lab", publicKey: key }] }),
  );
  expect(stricter.peers).toBe(plain.peers);
  expect(stricter.policy).not.toBe(plain.policy);
  expect(more.policy).toBe(plain.policy);
  expect(more.peers).not.toBe(plain.peers);
});

it("refuses more bytes than a line can say, instead of cutting them", () => {
  expect(() => attestedEvent(pod, new Uint8Array(36), 2n ** 53n)).toThrow("sent_bytes is 9007199254740992");
});

it("tells of a pod's bytes first and whenever there are more", () => {
  const told = new ToldBytes();
  expect(told.isNews("a", 0n)).toBe(true);
  told.keep("a", 5n);
  expect([told.isNews("a", 5n), told.isNews("a", 4n), told.isNews("a", 6n), told.isNews("b", 0n)]).toEqual([
    false,
    false,
    true,
    true,
  ]);
});
