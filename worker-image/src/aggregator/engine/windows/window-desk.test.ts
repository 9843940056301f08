import { create } from "@bufbuild/protobuf";
import { controlV1 } from "@tributary/contracts";
import { expect, it } from "vitest";
import { type JobWindows, noWindows } from "./job-windows.ts";
import { WindowDesk } from "./window-desk.ts";
import type { WindowsFile } from "./windows-file.ts";

const plan = create(controlV1.WindowPlanSchema, {
  jobUid: "j",
  from: 0,
  through: 2,
  attempt: 1,
  quorum: 1,
  deadlineMs: 1000n,
  localSteps: 1,
});

it("a volume that could not be read at first is read again: neither the loop nor the operator waits for another process", async () => {
  let failures = 2;
  let stored: JobWindows = noWindows;
  const file = {
    async load() {
      if (failures-- > 0) throw new Error("EIO");
      return stored;
    },
    async save(windows: JobWindows) {
      stored = windows;
    },
  } as unknown as WindowsFile;
  const desk = new WindowDesk(file, () => ({ rounds: 0, isEvaluated: false, stops: () => false }));
  await expect(desk.advance()).rejects.toThrow("EIO");
  await expect(desk.take(plan)).rejects.toThrow("EIO");
  expect(await desk.take(plan)).toBe("Open");
  expect([desk.open, stored.current]).toEqual([plan, plan]);
});
