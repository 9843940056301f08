import { controlV1 } from "@tributary/contracts";
import {
  addService,
  closeGrpc,
  createEndpointTlsCredentials,
  createGrpcEndpoint,
  listenGrpc,
  type TlsMaterial,
} from "@tributary/kit";
import { describe, expect, it } from "vitest";
import { aReport } from "../testing/a-snapshot.ts";
import { AggregatorLink, restMs } from "./aggregator-link.ts";
import { issueAggregatorCertificate, issueJobCa, issueOperatorCertificate } from "./certificates.ts";

const serverName = "notes.research.aggregator.tributary";

/** An aggregator that says the same whenever it is asked, and how a link reaches it. */
async function serveState(state: { parties: { participant: string; workerIndex: number; problemMessage: string }[] }) {
  const ca = await issueJobCa("notes", Date.now());
  const own = await issueAggregatorCertificate(ca, serverName, Date.now());
  const endpoint = createGrpcEndpoint();
  const answer = async () => ({ state: { ...state, revision: 1n } });
  addService(
    endpoint,
    controlV1.AggregatorService,
    { getState: answer, openWindow: answer, finishJob: answer, listRounds: async () => ({ rounds: [] }) },
    () => {},
  );
  const port = await listenGrpc(
    endpoint,
    "127.0.0.1:0",
    createEndpointTlsCredentials({ ...own, caPem: ca.certificatePem }),
  );
  const credentials = async (): Promise<TlsMaterial> => ({
    ...(await issueOperatorCertificate(ca, Date.now(), 3_600_000)),
    caPem: ca.certificatePem,
  });
  return { endpoint, target: { jobUid: "job-uid", address: `127.0.0.1:${port}`, serverName, credentials } };
}

describe("the link to an aggregator", () => {
  it("hears of as many workers as a job may have, each with a problem", async () => {
    const parties = Array.from({ length: 25_600 }, (_, index) => ({
      participant: `hospital-${Math.floor(index / 256)}`,
      workerIndex: index % 256,
      problemCode: "LOSS_NOT_FINITE",
      problemMessage: `${"the loss is not finite; ".repeat(10)}lower the learning rate`,
    }));
    const { endpoint, target } = await serveState({ parties });
    let told = (): void => {};
    const heard = new Promise<void>((resolve) => (told = resolve));
    const link = new AggregatorLink(target, told);
    const running = link.run();
    await heard;
    expect(link.observation.state === "heard" ? link.observation.report.parties.length : link.observation).toBe(25_600);
    link.close();
    await running;
    await closeGrpc(endpoint, 100);
  });

  it.each([
    [0, 0],
    [4, 0],
    [100, 2],
    [25_600, 512],
  ])("lets the event loop rest after an answer of %i workers for %i ms", (count, wanted) => {
    const party = { participant: "aws", workerIndex: 0, heardAgoMs: 0, clockOffsetMs: 0 };
    const report = aReport({ parties: Array.from({ length: count }, () => party) });
    expect(restMs({ state: "heard", heardMs: 0, report })).toBe(wanted);
  });

  it("asks again by its back-off alone while nobody answers", () => {
    expect(restMs({ state: "unreachable", message: "nobody answers" })).toBe(0);
  });
});
