import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { credentials, ServerCredentials } from "@grpc/grpc-js";
import { partyV1, trainerV1 } from "@tributary/contracts";
import { afterEach, describe, expect, it, vi } from "vitest";
import { isTributaryError, TributaryError } from "../errors/tributary-error.ts";
import { createGrpcClient } from "./grpc-client.ts";
import { addService, closeGrpc, createGrpcEndpoint, listenGrpc, type ServiceMethods } from "./grpc-service.ts";

type Trainer = ServiceMethods<typeof trainerV1.TrainerService>;
type Party = ServiceMethods<typeof partyV1.PartyService>;

const unused = () => Promise.reject(new TributaryError("INVARIANT_BROKEN", "not called in this test"));
const cleanUps: (() => Promise<void> | void)[] = [];

afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

async function serve(methods: { trainer?: Partial<Trainer>; party?: Partial<Party> }) {
  const directory = await mkdtemp(join(tmpdir(), "kit-grpc-"));
  const address = `unix:${join(directory, "socket")}`;
  const endpoint = createGrpcEndpoint();
  const errors: unknown[] = [];
  const onError = (error: unknown) => void errors.push(error);
  const trainer = { register: unused, nextTask: unused, completeTask: unused, ...methods.trainer };
  addService(endpoint, trainerV1.TrainerService, trainer, onError);
  const party = { join: unused, receive: () => noMessages(), send: unused, ...methods.party };
  addService(endpoint, partyV1.PartyService, party, onError);
  await listenGrpc(endpoint, address, ServerCredentials.createInsecure());
  const options = {
    address,
    credentials: credentials.createInsecure(),
    unreachable: "AGGREGATOR_UNREACHABLE",
  } as const;
  const trainerCalls = createGrpcClient(trainerV1.TrainerService, options);
  const partyCalls = createGrpcClient(partyV1.PartyService, options);
  cleanUps.push(
    () => rm(directory, { recursive: true, force: true }),
    () => closeGrpc(endpoint, 100),
    () => trainerCalls.close(),
    () => partyCalls.close(),
  );
  return { trainer: trainerCalls, party: partyCalls, errors, endpoint };
}

async function* noMessages(): AsyncIterable<never> {}

describe("gRPC adapter", () => {
  it("takes a call whose connection is closed already for one of a caller that went away, not for a defect", async () => {
    const implementations: Record<string, (call: unknown, answer: (error: unknown) => void) => void>[] = [];
    const endpoint = {
      addService: (_service: unknown, made: (typeof implementations)[0]) => implementations.push(made),
    };
    const told: unknown[] = [];
    const trainer = { register: unused, nextTask: unused, completeTask: unused };
    addService(endpoint as never, trainerV1.TrainerService, trainer, (error) => void told.push(error));
    const closed = {
      once: () => {},
      off: () => {},
      getAuthContext: () => (null as unknown as { raw: Uint8Array }).raw,
    };
    const answered = await new Promise((resolve) => Object.values(implementations[0]!)[0]!(closed, resolve));
    expect(told).toMatchObject([{ code: "OPERATION_ABORTED" }]);
    expect(answered).toMatchObject({ details: "The call was given up." });
  });

  it("aborts the signal of a call that is given up, and not that of one that ended", async () => {
    const signals: AbortSignal[] = [];
    const { trainer } = await serve({
      trainer: {
        register: async (_request, { signal }) => {
          signals.push(signal);
          if (signals.length > 1) await once(signal, "abort", { signal: AbortSignal.timeout(10_000) });
          return { jobUid: "", hyperparameters: {}, seed: 0n };
        },
      },
    });
    await trainer.register({}, { timeoutMs: 10_000 });
    await expect(trainer.register({}, { timeoutMs: 500 })).rejects.toMatchObject({ code: "DEADLINE_EXCEEDED" });
    await vi.waitFor(() => expect(signals.map(({ aborted }) => aborted)).toEqual([false, true]));
  });

  it("carries messages both ways", async () => {
    const { trainer } = await serve({
      trainer: {
        register: async (request) => ({ jobUid: request.trainerName, hyperparameters: { a: "1" }, seed: 7n }),
      },
    });
    const answer = await trainer.register({ trainerName: "t", kinds: ["Train"] }, { timeoutMs: 10_000 });
    expect(answer).toMatchObject({ jobUid: "t", hyperparameters: { a: "1" }, seed: 7n });
  });

  it("shows a peer code and public message, and keeps the details for the log", async () => {
    const { trainer, errors } = await serve({
      trainer: { nextTask: () => Promise.reject(new TributaryError("ROUND_NOT_OPEN", "secret detail")) },
    });
    const error = await trainer.nextTask({}, { timeoutMs: 10_000 }).catch((caught: unknown) => caught);
    expect(isTributaryError(error, "ROUND_NOT_OPEN")).toBe(true);
    expect(String(error)).not.toContain("secret detail");
    expect(errors).toHaveLength(1);
  });

  it("calls a foreign error INVARIANT_BROKEN without its text", async () => {
    const { trainer } = await serve({ trainer: { nextTask: () => Promise.reject(new RangeError("stack and path")) } });
    const error = await trainer.nextTask({}, { timeoutMs: 10_000 }).catch((caught: unknown) => caught);
    expect(isTributaryError(error, "INVARIANT_BROKEN")).toBe(true);
    expect(String(error)).not.toContain("stack and path");
  });

  it("streams many messages in order and ends with the error of the stream", async () => {
    const { party } = await serve({
      party: {
        async *receive() {
          for (let sequence = 1; sequence <= 500; sequence++) {
            yield { sequence: BigInt(sequence), message: { case: "secagg" as const, value: new Uint8Array(10_000) } };
          }
          throw new TributaryError("OPERATION_ABORTED", "a newer stream took over");
        },
      },
    });
    const seen: bigint[] = [];
    const error = await (async () => {
      for await (const message of party.receive({}, { timeoutMs: 20_000 })) seen.push(message.sequence);
    })().catch((caught: unknown) => caught);
    expect(seen).toEqual(Array.from({ length: 500 }, (_, index) => BigInt(index + 1)));
    expect(isTributaryError(error, "OPERATION_ABORTED")).toBe(true);
  });

  it("tells a method that its caller went away", async () => {
    const gone = Promise.withResolvers<unknown>();
    const { trainer } = await serve({
      trainer: {
        nextTask: (_, { signal }) =>
          new Promise((_resolve, reject) => {
            signal.addEventListener("abort", () => {
              gone.resolve(signal.reason);
              reject(signal.reason);
            });
            controller.abort(new Error("enough"));
          }),
      },
    });
    const controller = new AbortController();
    const call = trainer.nextTask({}, { timeoutMs: 20_000, signal: controller.signal });
    await expect(call).rejects.toThrow("enough");
    expect(isTributaryError(await gone.promise, "OPERATION_ABORTED")).toBe(true);
  });

  it("names nobody answering by the code that its caller chose", async () => {
    const { trainer, endpoint } = await serve({});
    await closeGrpc(endpoint, 0);
    const error = await trainer.register({}, { timeoutMs: 10_000 }).catch((caught: unknown) => caught);
    expect(isTributaryError(error, "AGGREGATOR_UNREACHABLE")).toBe(true);
  });
});
