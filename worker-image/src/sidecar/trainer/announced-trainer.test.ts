import { create } from "@bufbuild/protobuf";
import { trainerV1 } from "@tributary/contracts";
import { expect, it } from "vitest";
import { announced } from "./announced-trainer.ts";

const capabilityOf = (said: object) => create(trainerV1.CapabilitySchema, said);

it("tells the verbs that a recipe asks for, and what a trainer runs on in round numbers", () => {
  const capability = capabilityOf({ backend: "pytorch", dtypes: ["U8", "F32"], memoryBytes: 2n ** 34n + 12_345n });
  const told = announced({ kinds: ["Train", "Evaluate"], capability });
  expect(told.kinds).toEqual(["Train", "Evaluate"]);
  expect(told.capability).toMatchObject({ backend: "pytorch", dtypes: ["F32", "U8"], memoryBytes: 2n ** 34n });
});

it("tells no word and no figure that a trainer may have made of its data", () => {
  const capability = capabilityOf({
    backend: "alice.smith",
    memoryBytes: 411n,
    flops: 4_111_111.1,
    probe: { "patient.alice": 1 },
  });
  const told = announced({ kinds: ["Evaluate", "Alice", "Diagnosis"], capability });
  expect(told.kinds).toEqual(["Evaluate"]);
  expect(told.capability).toEqual(capabilityOf({}));
  expect(announced({ kinds: ["Alice"], capability: undefined })).toEqual({ kinds: [], capability: capabilityOf({}) });
});
