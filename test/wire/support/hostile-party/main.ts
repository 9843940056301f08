import { createPrivateKey } from "node:crypto";
import { readFileSync } from "node:fs";
import { createSeededRandom } from "../../../support/chaos/seeded-random.ts";
import { HOSTILE_CONFIG_VARIABLE, type HostileConfig, type HostileReport, untried } from "./hostile-config.ts";
import { HostileLinks } from "./hostile-links.ts";
import { hostileMessage, SENT_TYPES } from "./hostile-messages.ts";
import { HostileRound } from "./hostile-round.ts";
import { hostileDownload, hostileUpload } from "./hostile-uploads.ts";

/** Steps in a round before the party says that it cannot report, so that the next one may open. */
const STEPS_OF_ROUND = { least: 30, more: 90 };
/** One round in so many is left without a word: it ends at its deadline. */
const SILENT_ROUNDS = 40;

const config = JSON.parse(readFileSync(process.env[HOSTILE_CONFIG_VARIABLE] ?? "", "utf8")) as HostileConfig;
const random = createSeededRandom(config.seed);
const identitySecret = new Uint8Array(
  Buffer.from(String(createPrivateKey(config.keyPem).export({ format: "jwk" }).d), "base64url"),
);
const round = new HostileRound({ jobUid: config.jobUid, identitySecret });
const links = new HostileLinks(config);
const report: HostileReport & { steps: number; rounds: number } = {
  steps: 0,
  rounds: 0,
  messages: {},
  kinds: {},
  answers: {},
};
let stream = new AbortController();
let stepsInRound = 0;
let budget = 0;
let seenRounds = 0;

function count(table: Record<string, number>, key: string): void {
  table[key] = (table[key] ?? 0) + 1;
}

/** The party's number, as its certificate's seat says: the last one of the test's job. */
const party = Number(process.env.TRIBUTARY_TEST_HOSTILE_PARTY);

async function sendMessage(type: number): Promise<void> {
  const bytes = hostileMessage(round, type, party, random);
  count(report.messages, `${type}/${round.stage}`);
  const isElsewhere = random.below(12) === 0;
  const [to, attempt] = isElsewhere ? [random.below(50), random.below(4)] : [round.round, round.attempt];
  count(report.answers, await links.send(to, attempt, { case: "secagg", value: bytes }));
}

/** What an honest party would have sent by now, and every type of message at once. */
async function greetStage(): Promise<void> {
  const all = SENT_TYPES.map((type) => sendMessage(type));
  await Promise.all(all);
  if (round.opened % SILENT_ROUNDS !== 1) await sendDue();
}

async function sendDue(): Promise<void> {
  const { round: number, attempt } = round;
  for (const value of [...round.due])
    count(report.answers, await links.send(number, attempt, { case: "secagg", value }));
}

async function listen(): Promise<void> {
  const { signal } = stream;
  try {
    for await (const message of links.receive(signal)) if (round.follow(message)) void greetStage();
  } catch {
    // The aggregator ended it, or a step did.
  }
}

function listenAgain(): void {
  stream.abort();
  stream = new AbortController();
  const { signal } = stream;
  void (async () => {
    while (!signal.aborted) {
      await listen();
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  })();
}

async function giveUpRound(): Promise<string> {
  const code = ["TRAINER_LOSS_NOT_FINITE", "NO_SUCH_CODE", ""][random.below(3)]!;
  const message = "x".repeat([10, 1_000, 6_000, 400_000][random.below(4)]!);
  const answer = await links.send(round.round, round.attempt, {
    case: "failure",
    value: { $typeName: "tributary.round.v1.PartyFailure", code, message },
  });
  if (answer !== "OK") return answer;
  budget = Number.POSITIVE_INFINITY;
  return answer;
}

const others: readonly (() => Promise<[string, string]>)[] = [
  () => hostileUpload(links, round, config.jobUid, party, random),
  () => hostileUpload(links, round, config.jobUid, party, random),
  () => hostileDownload(links, round, random),
  async () => ["empty request", await links.send(round.round, round.attempt, { case: undefined })],
  async () => [
    "garbage",
    await links.call(
      "/tributary.round.v1.PartyService/Send",
      new Uint8Array(random.below(500)).map(() => random.below(256)),
    ),
  ],
  async () => [
    "oversize",
    await links.call("/tributary.round.v1.PartyService/Send", new Uint8Array(random.below(20) * 2 ** 20)),
  ],
  async () => [
    "operator's call",
    await links.call("/tributary.round.v1.AggregatorService/FinishJob", new Uint8Array(random.below(100))),
  ],
  async () => ["unknown method", await links.call("/tributary.round.v1.PartyService/Nothing", new Uint8Array(5))],
  async () => ["join", await links.join(random.below(2) === 0)],
  async () => {
    const burst = Array.from({ length: 60 }, () => sendMessage(SENT_TYPES[random.below(SENT_TYPES.length)]!));
    await Promise.all(burst);
    return ["burst", "OK"];
  },
  async () => {
    listenAgain();
    return ["another stream", "OK"];
  },
  async () => {
    links.hangUp();
    await links.join(true);
    listenAgain();
    return ["hang up", "OK"];
  },
];

async function takeStep(): Promise<void> {
  if (round.opened !== seenRounds) {
    seenRounds = round.opened;
    stepsInRound = 0;
    budget = STEPS_OF_ROUND.least + random.below(STEPS_OF_ROUND.more);
  }
  stepsInRound++;
  if (stepsInRound > budget && round.opened % SILENT_ROUNDS !== 0) {
    const answer = await giveUpRound();
    count(report.kinds, "failure");
    return count(report.answers, answer);
  }
  if (random.next() < 0.7) return sendMessage(SENT_TYPES[random.below(SENT_TYPES.length)]!);
  const [kind, answer] = await others[random.below(others.length)]!();
  count(report.kinds, kind);
  count(report.answers, answer);
}

/** The stages after the inputs pass in a moment: in few rounds the party may be between two streams each time. */
function isDone(): boolean {
  return report.steps >= config.steps && (untried(report).length === 0 || report.steps >= 5 * config.steps);
}

async function walk(): Promise<void> {
  while (!isDone()) {
    report.steps++;
    await takeStep();
    await new Promise((resolve) => setTimeout(resolve, random.below(40)));
  }
}

while ((await links.join(true)) !== "OK") await new Promise((resolve) => setTimeout(resolve, 200));
listenAgain();
process.stdout.write(`${JSON.stringify({ msg: "hostile party has joined" })}\n`);
await Promise.all(Array.from({ length: config.parallel }, walk));
report.rounds = round.opened;
process.stdout.write(`${JSON.stringify({ msg: "hostile party is done", report })}\n`);
process.exit(0);
