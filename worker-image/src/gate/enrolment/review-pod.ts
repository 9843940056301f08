import { gateTokenAudience } from "@tributary/contracts";
import { isTributaryError, TributaryError } from "@tributary/kit";
import { formatWorkerUri, type WorkerIdentity } from "../../shared/identity/worker-uri.ts";
import type { ApiServer } from "../kubernetes/api-server.ts";
import type { PodTemplateView } from "../kubernetes/pod-shape.ts";
import { BoundedCalls } from "./bounded-calls.ts";
import { type BoundPod, boundPodOf, type EnrolmentPolicy } from "./identify-worker.ts";
import { knowWorker, type WorkerReader } from "./know-worker.ts";
import { requireClaims } from "./require-claims.ts";

/** Whoever calls may ask for a token to be reviewed: the API server is asked this often at once, and no more wait for it. */
const REVIEWS_AT_ONCE = 8;
const REVIEWS_WAITING = 256;

/** What a review asks, and by which policy it judges. */
export interface PodReviewDeps {
  readonly policy: EnrolmentPolicy;
  readonly api: Pick<ApiServer, "reviewToken"> & WorkerReader;
  /** Told whose token it is before its pod is looked at; may throw. */
  readonly onBound?: (bound: BoundPod) => void;
  /** Told that the pod of a token is none of the member's own, before the caller is. */
  readonly onRefused?: (bound: BoundPod, refusal: TributaryError) => Promise<void>;
}

/** A pod that is there and may be a worker. */
export interface ReviewedPod {
  readonly identity: WorkerIdentity;
  /** The identity as its certificate holds it. */
  readonly uri: string;
  readonly bound: BoundPod;
  /** The member's runtime of which the pod is, field by field. */
  readonly runtime: PodTemplateView;
}

/** Says which worker the pod behind a token is. Throws TOKEN_REJECTED, ENROLMENT_REFUSED, QUEUE_FULL, API_UNAVAILABLE. */
export type PodReview = (token: string, signal: AbortSignal) => Promise<ReviewedPod>;

/** A review with a queue of its own: callers of one kind never wait for those of another. The token is never logged. */
export function createPodReview({ policy, api, onBound, onRefused }: PodReviewDeps): PodReview {
  const reviews = new BoundedCalls({ atOnce: REVIEWS_AT_ONCE, waiting: REVIEWS_WAITING });
  return async (token, signal) => {
    if (token === "") throw new TributaryError("TOKEN_REJECTED", "the request holds no token");
    requireClaims(token, policy);
    const review = await reviews.run(() => api.reviewToken(token, gateTokenAudience, signal), signal);
    const bound = boundPodOf(review, policy);
    onBound?.(bound);
    const known = knowWorker(api, bound, policy, signal).catch(async (cause: unknown) => {
      if (isTributaryError(cause, "ENROLMENT_REFUSED")) await onRefused?.(bound, cause);
      throw cause;
    });
    const { identity, runtime } = await known;
    return { identity, uri: formatWorkerUri(identity), bound, runtime };
  };
}
