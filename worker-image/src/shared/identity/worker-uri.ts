/** Who a worker is, as its certificate says. */
export interface WorkerIdentity {
  /** Name of the member cluster, as the hub registers it. */
  readonly cluster: string;
  /** Namespace of the worker's pod in the member cluster. */
  readonly namespace: string;
  readonly jobUid: string;
  readonly participant: string;
  /** Index of the worker in its participant, from 0. */
  readonly workerIndex: number;
}

const SEGMENT = /^[A-Za-z0-9][A-Za-z0-9._-]{0,252}$/;
const INDEX = /^(0|[1-9][0-9]{0,5})$/;

/** `tributary://<cluster>/<namespace>/<jobUid>/<participant>/<workerIndex>`; RangeError when a part cannot stand in it. */
export function formatWorkerUri(identity: WorkerIdentity): string {
  const uri = `tributary://${identity.cluster}/${identity.namespace}/${identity.jobUid}/${identity.participant}/${identity.workerIndex}`;
  if (parseWorkerUri(uri) === undefined)
    throw new RangeError(`identity ${JSON.stringify(identity)} has a part that no URI can hold`);
  return uri;
}

/** The identity that a URI names, or `undefined` when it is not exactly one. */
export function parseWorkerUri(uri: string): WorkerIdentity | undefined {
  const match = /^tributary:\/\/([^/]+)\/([^/]+)\/([^/]+)\/([^/]+)\/([^/]+)$/.exec(uri);
  if (match === null) return undefined;
  const [cluster, namespace, jobUid, participant, index] = match.slice(1) as [string, string, string, string, string];
  if (![cluster, namespace, jobUid, participant].every((part) => SEGMENT.test(part)) || !INDEX.test(index))
    return undefined;
  return { cluster, namespace, jobUid, participant, workerIndex: Number(index) };
}
