import { expect, it } from "vitest";
import { pythonWith } from "../conformance/accounting/python-environment.ts";
import { aWideCasting, playCasting } from "../conformance/castings.ts";
import { PythonReference, referenceRequirements } from "../conformance/python-reference.ts";

it("257 parties, whose shares are in the 16-bit field, open their sum with one of them in Python", async () => {
  const python = new PythonReference(await pythonWith(referenceRequirements));
  try {
    const { refusals, opened, right } = await playCasting(python, aWideCasting());
    expect(refusals).toEqual([]);
    expect(opened).toEqual(right);
  } finally {
    python.close();
  }
});
