import { expect, it } from "vitest";
import { serveTrainerSocket } from "./trainer-socket.ts";

it("names the volume where no socket can be made", async () => {
  // No user may make a folder there, as in a volume that is not for this process.
  const closed = "/sys/kernel/tributary/trainer.sock";
  await expect(serveTrainerSocket(closed, undefined as never, () => {})).rejects.toMatchObject({
    code: "STORAGE_UNAVAILABLE",
    message: expect.stringContaining(closed),
  });
});
