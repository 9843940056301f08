import { Pkcs10CertificateRequest } from "@peculiar/x509";
import { formatWorkerIdentity, type gateV1 } from "@tributary/contracts";
import { type Logger, type ServiceMethods, TributaryError } from "@tributary/kit";
import type { GateAuthority } from "../authority/gate-authority.ts";
import type { MemberApi } from "../cluster/member-api.ts";
import type { GateConfig } from "../config/gate-config.ts";
import { judgeToken, judgeWorker } from "./judge-worker.ts";

/** What enrolment uses. */
export interface EnrolmentDeps {
  readonly config: GateConfig;
  readonly api: MemberApi;
  readonly authority: GateAuthority;
  readonly log: Logger;
  readonly nowMs: () => number;
  /** Told how each enrolment ended: `accepted`, or the code of the refusal. */
  readonly observe: (outcome: string) => void;
}

const largestRequestBytes = 4096;

/** The gate's one duty so far: enrolling workers of the member. */
export function gateMethods(deps: EnrolmentDeps): ServiceMethods<typeof gateV1.GateService> {
  return {
    async enrol({ token, csrDer }, { signal }) {
      try {
        const answer = await enrol(deps, token, csrDer, signal);
        deps.observe("accepted");
        return answer;
      } catch (error) {
        deps.observe(error instanceof TributaryError ? error.code : "INVARIANT_BROKEN");
        throw error;
      }
    },
  };
}

async function enrol(deps: EnrolmentDeps, token: string, csrDer: Uint8Array, signal: AbortSignal) {
  const { config, api, authority, log } = deps;
  const request = await readRequest(csrDer);
  const bound = judgeToken(await api.reviewToken(token, signal), config);
  if ("accepted" in bound) throw refusal(bound);
  const verdict = judgeWorker(await api.readPod(bound.namespace, bound.name, signal), bound, config);
  if (!verdict.accepted) throw refusal(verdict);
  const uri = formatWorkerIdentity(verdict.identity);
  const certificate = await authority.issueWorker(request, uri, deps.nowMs(), config.certificateLifetimeMs);
  log.info({ worker: uri, pod: bound.name, serialNumber: certificate.serialNumber }, "worker is enrolled");
  return {
    chainDer: [new Uint8Array(certificate.rawData), authority.certificateDer],
    notAfterSeconds: BigInt(Math.floor(certificate.notAfter.getTime() / 1000)),
  };
}

/** The request, once its signature proved that the caller holds the key. */
async function readRequest(csrDer: Uint8Array): Promise<Pkcs10CertificateRequest> {
  if (csrDer.length > largestRequestBytes) throw new TributaryError("MESSAGE_INVALID", `csr_der has ${csrDer.length} bytes, must have at most ${largestRequestBytes}`);
  let request: Pkcs10CertificateRequest;
  try {
    request = new Pkcs10CertificateRequest(csrDer);
  } catch (cause) {
    throw new TributaryError("MESSAGE_INVALID", "csr_der is no PKCS#10 request", { cause });
  }
  if (request.publicKey.algorithm.name !== "Ed25519") throw new TributaryError("MESSAGE_INVALID", `csr_der holds a key of type ${request.publicKey.algorithm.name}, must be Ed25519`);
  if (!(await request.verify())) throw new TributaryError("MESSAGE_INVALID", "csr_der is not signed by its own key");
  return request;
}

function refusal(verdict: { readonly accepted: boolean }): TributaryError {
  const { code, message } = verdict as { readonly code: "TOKEN_REJECTED" | "ENROLMENT_REFUSED"; readonly message: string };
  return new TributaryError(code, message);
}
