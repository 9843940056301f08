import { MessageType } from "@tributary/federated";

/** What a hostile party is given: a seat of its own and a seed. */
export interface HostileConfig {
  readonly jobUid: string;
  readonly controlAddress: string;
  readonly tensorAddress: string;
  readonly serverName: string;
  readonly caPem: string;
  readonly certificatePem: string;
  readonly keyPem: string;
  /** The same seed makes the same choices. */
  readonly seed: string;
  /** Steps to take; more, up to five times as many, until every type of message was sent in every stage. */
  readonly steps: number;
  /** Steps under way at a time. */
  readonly parallel: number;
}

/** Variable that holds the path of the configuration. */
export const HOSTILE_CONFIG_VARIABLE = "TRIBUTARY_TEST_HOSTILE_CONFIG";

/** Where a round stands, as a party sees it. */
export const SeenStage = {
  BetweenRounds: "BetweenRounds",
  Advertising: "Advertising",
  Sharing: "Sharing",
  Collecting: "Collecting",
  Signing: "Signing",
  Unmasking: "Unmasking",
} as const;
/** One of the values of {@link SeenStage}. */
export type SeenStage = (typeof SeenStage)[keyof typeof SeenStage];

/** How often each type of message was sent in each stage, and each step of another kind was taken. */
export interface HostileReport {
  readonly steps: number;
  readonly rounds: number;
  /** By `type/stage`. */
  readonly messages: Record<string, number>;
  /** By kind of step. */
  readonly kinds: Record<string, number>;
  /** What the aggregator answered, by code. */
  readonly answers: Record<string, number>;
}

/** Cells of the table of types and stages in which nothing was sent. */
export function untried({ messages }: Pick<HostileReport, "messages">): string[] {
  const cells = Object.entries(MessageType).flatMap(([name, type]) =>
    Object.values(SeenStage).map((stage) => ({ cell: `${name} in ${stage}`, key: `${type}/${stage}` })),
  );
  return cells.filter(({ key }) => messages[key] === undefined).map(({ cell }) => cell);
}
