import { Client, connectivityState, credentials } from "@grpc/grpc-js";
import { afterEach, describe, expect, it } from "vitest";
import { RenewedChannel } from "./renewed-channel.ts";

describe("RenewedChannel", () => {
  let made: Client[] = [];
  let nowMs = 0;

  function aChannel(state = connectivityState.CONNECTING): RenewedChannel {
    return new RenewedChannel(
      () => {
        const client = new Client("127.0.0.1:1", credentials.createInsecure(), { "grpc.use_local_subchannel_pool": 1 });
        client.getChannel().getConnectivityState = () => state;
        made.push(client);
        return client;
      },
      () => nowMs,
    );
  }

  afterEach(() => {
    for (const client of made) client.close();
    made = [];
    nowMs = 0;
  });

  it("gives an attempt three seconds before it is replaced", () => {
    const channel = aChannel();
    nowMs = 2_999;
    channel.noteUnreachable();
    expect(channel.client).toBe(made[0]);
    nowMs = 3_000;
    channel.noteUnreachable();
    expect(made).toHaveLength(2);
    expect(channel.client).toBe(made[1]);
  });

  it("keeps a channel that is connected", () => {
    const channel = aChannel(connectivityState.READY);
    nowMs = 60_000;
    channel.noteUnreachable();
    expect(made).toHaveLength(1);
  });

  it("is replaced when it does not connect in the time that a call has", async () => {
    const channel = aChannel();
    nowMs = 10_000;
    await expect(channel.connect(50)).rejects.toThrow("Failed to connect before the deadline");
    expect(made).toHaveLength(2);
  });

  it("waits for nothing when it is connected", async () => {
    await aChannel(connectivityState.READY).connect(1);
    expect(made).toHaveLength(1);
  });

  it("counts the three seconds from each replacement", () => {
    const channel = aChannel();
    nowMs = 5_000;
    channel.noteUnreachable();
    nowMs = 7_000;
    channel.noteUnreachable();
    expect(made).toHaveLength(2);
  });
});
