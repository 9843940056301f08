import type { MessageInitShape } from "@bufbuild/protobuf";
import { controlV1, Kinds } from "@tributary/contracts";
import { addService, createEndpointTlsCredentials, createGrpcEndpoint, listenGrpc } from "@tributary/kit";
import type { ApiClient, KubeObject, Unstructured } from "@tributary/operator";
import { pauseSeconds } from "./bench-case.ts";

type State = MessageInitShape<typeof controlV1.AggregatorStateSchema>;
type Round = MessageInitShape<typeof controlV1.RoundRecordSchema>;

/** Speaks to the operator as a job's aggregator does, of workers that are told to it and of rounds in which nothing happens. */
export interface FakeAggregator {
  /** A worker joined. */
  join(participant: string, workerIndex: number): void;
  /** A worker went. */
  leave(participant: string, workerIndex: number): void;
  /** Rounds that it said are committed. */
  readonly rounds: number;
}

const stages = [
  controlV1.Stage.SELECTING,
  controlV1.Stage.TRAINING,
  controlV1.Stage.COLLECTING,
  controlV1.Stage.COMMITTING,
];
/** Seconds of one stage: a round takes ten. */
const stageSeconds = 2.5;

/**
 * Waits until the operator has made the Service and the certificates of a job, then answers behind the Service's node port. As
 * the real one it counts a revision for each change, so that while workers join each answer of the operator's long poll is followed by another.
 */
export async function startFakeAggregator(hub: ApiClient, jobName: string): Promise<FakeAggregator> {
  const name = `${jobName}-aggregator`;
  const parties = new Map<string, { participant: string; workerIndex: number; joinedMs: number }>();
  const rounds: Round[] = [];
  const waiting = new Set<() => void>();
  let revision = BigInt(Date.now());
  let window: State["window"];
  let stage: controlV1.Stage = controlV1.Stage.IDLE;

  function changed(): void {
    revision++;
    for (const wake of [...waiting]) wake();
  }

  async function runWindow(): Promise<void> {
    const startedMs = BigInt(Date.now());
    for (stage of stages) {
      changed();
      await pauseSeconds(stageSeconds);
    }
    const committedMs = BigInt(Date.now());
    const metrics = { training_loss: "1.5", validation_loss: "1.75" };
    const reports = parties.size;
    rounds.push({ round: rounds.length, attempt: 1, outcome: "Committed", reports, metrics, startedMs, committedMs });
    window = undefined;
    stage = controlV1.Stage.IDLE;
    changed();
  }

  function state(): { state: State } {
    return {
      state: {
        revision,
        stage,
        ...(window === undefined ? {} : { window }),
        round: rounds.length,
        attempt: 1,
        committedRounds: rounds.length,
        parties: [...parties.values()].map(({ participant, workerIndex, joinedMs }) => ({
          participant,
          workerIndex,
          heardAgoMs: BigInt((Date.now() - joinedMs) % 5_000),
          reported: stage === controlV1.Stage.COMMITTING,
          clockOffsetMs: 3n,
        })),
        sourceSha256: new Uint8Array(32),
      },
    };
  }

  function waitBeyond(known: bigint, waitMs: number): Promise<void> {
    if (revision !== known || waitMs === 0) return Promise.resolve();
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer);
        waiting.delete(done);
        resolve();
      };
      const timer = setTimeout(done, waitMs);
      waiting.add(done);
    });
  }

  const endpoint = createGrpcEndpoint();
  addService(
    endpoint,
    controlV1.AggregatorService,
    {
      async openWindow({ plan }) {
        if (window === undefined && plan !== undefined) {
          window = plan;
          void runWindow();
        }
        return state();
      },
      async getState({ afterRevision, waitMs }) {
        await waitBeyond(afterRevision, waitMs);
        return state();
      },
      listRounds: async ({ from, limit }) => ({ rounds: rounds.slice(from, from + limit) }),
      finishJob: async () => state(),
    },
    (error) => {
      throw error;
    },
  );
  await listenGrpc(endpoint, `127.0.0.1:${await nodePortOf(hub, name)}`, await credentialsOf(hub, name));
  const keyOf = (participant: string, workerIndex: number): string => `${participant}/${workerIndex}`;
  return {
    join(participant, workerIndex) {
      parties.set(keyOf(participant, workerIndex), { participant, workerIndex, joinedMs: Date.now() });
      changed();
    },
    leave(participant, workerIndex) {
      if (parties.delete(keyOf(participant, workerIndex))) changed();
    },
    get rounds() {
      return rounds.length;
    },
  };
}

async function nodePortOf(hub: ApiClient, name: string): Promise<number> {
  const service = (await untilThere(hub, Kinds.Service, name)) as { spec?: { ports?: readonly NodePort[] } };
  const port = service.spec?.ports?.find((one) => one.name === "control")?.nodePort;
  if (port === undefined) throw new Error(`Service ${name} has no node port`);
  return port;
}

interface NodePort {
  readonly name: string;
  readonly nodePort: number;
}

async function credentialsOf(hub: ApiClient, name: string) {
  const { data } = (await untilThere(hub, Kinds.Secret, name)) as { data?: Record<string, string> };
  const text = (field: string) => Buffer.from(data?.[field] ?? "", "base64").toString();
  return createEndpointTlsCredentials({
    caPem: text("ca.crt"),
    certificatePem: text("tls.crt"),
    keyPem: text("tls.key"),
  });
}

async function untilThere(
  hub: ApiClient,
  kind: typeof Kinds.Service | typeof Kinds.Secret,
  name: string,
): Promise<KubeObject> {
  for (;;) {
    const found = await hub.get<Unstructured>(kind, { namespace: "default", name });
    if (found !== undefined) return found;
    await pauseSeconds(0.2);
  }
}
