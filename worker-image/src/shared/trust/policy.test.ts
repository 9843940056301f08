import { describe, expect, it } from "vitest";
import { canonicalJson } from "./canonical-json.ts";
import { parsePeerList } from "./peer-list.ts";
import { parsePolicy, policyJson, policySha256 } from "./policy.ts";

const parse = (lines: object) => parsePolicy("policy.json", JSON.stringify({ version: 1, ...lines }));
const digest = `sha256:${"a".repeat(64)}`;

describe("a policy", () => {
  it("that leaves everything out takes no round without masks, and restricts nothing else but what would single somebody out", () => {
    expect(parse({})).toEqual({
      version: 1,
      protocols: ["Masking"],
      minOrganisations: 2,
      disclosures: ["SumOnly"],
      trainerImages: "Any",
      runtimes: "Any",
      datasets: "Any",
      maxLocalSteps: "Any",
      baseModels: "Any",
      repeatedStarts: "Refuse",
      refusedJobs: [],
      withdrawn: false,
    });
  });

  it.each([
    { lines: { protocols: ["Masking"] }, least: 2 },
    { lines: { protocols: ["Masking"], minOrganisations: 1 }, least: 1 },
    { lines: { protocols: ["None"] }, least: 1 },
    { lines: { protocols: ["None", "Masking"], minOrganisations: 3 }, least: 3 },
  ])("of $lines asks for $least organisations", ({ lines, least }) => {
    expect(parse(lines).minOrganisations).toBe(least);
  });

  it.each([
    { lines: { protocols: [] }, says: "protocols is [], must be a list of at least one of None, Masking" },
    { lines: { protocols: ["Plain"] }, says: 'protocols is ["Plain"]' },
    { lines: { protocols: "Masking" }, says: 'protocols is "Masking"' },
    { lines: { protocols: ["None", "None"] }, says: "each once" },
    { lines: { minOrganisations: 0 }, says: "minOrganisations is 0, must be a whole number from 1 to 65535" },
    { lines: { minOrganisations: "2" }, says: 'minOrganisations is "2"' },
    { lines: { disclosures: ["Public"] }, says: "must be a list of at least one of SumOnly" },
    { lines: { trainerImages: ["tfjs:latest"] }, says: "must be Any, or a list of at most 4096 digests sha256:" },
    { lines: { trainerImages: "any" }, says: 'trainerImages is "any", must be Any' },
    { lines: { runtimes: ["TFJS"] }, says: "must be Any, or a list of at most 4096 small letters" },
    { lines: { datasets: ["notes/aws"] }, says: "datasets is" },
    { lines: { maxLocalSteps: 0 }, says: "maxLocalSteps is 0, must be Any, or a whole number from 1" },
    { lines: { maxLocalSteps: 1.5 }, says: "maxLocalSteps is 1.5" },
    { lines: { baseModels: ["AB".repeat(32)] }, says: "64 hexadecimal digits" },
    { lines: { repeatedStarts: "Warn" }, says: 'repeatedStarts is "Warn", must be one of Refuse, Allow' },
    { lines: { refusedJobs: [""] }, says: "uids of jobs" },
    { lines: { withdrawn: "false" }, says: 'withdrawn is "false", must be true or false' },
    { lines: { withdrawn: null }, says: "withdrawn is null, must be true or false" },
    { lines: { maxSteps: 100 }, says: "maxSteps is 100, must be absent: the line is not known, lines are protocols," },
    { lines: { version: 2 }, says: "version is 2, must be 1" },
    { lines: { withdrawn: 1, runtimes: 1 }, says: "(and 1 more)" },
  ])("with $lines is refused by line and value", ({ lines, says }) => {
    expect(() => parse(lines)).toThrow(expect.objectContaining({ code: "PEERS_INVALID" }));
    expect(() => parse(lines)).toThrow(says);
    expect(() => parse(lines)).toThrow("policy.json: ");
  });

  it.each([
    { given: "no JSON", text: "{", says: "policy.json is not JSON" },
    { given: "a list", text: "[]", says: "file is [], must be an object" },
    { given: "null", text: "null", says: "file is null" },
    { given: "a line twice", text: '{"version":1,"withdrawn":true,"withdrawn":false}', says: "withdrawn" },
  ])("that is $given is refused", ({ text, says }) => {
    expect(() => parsePolicy("policy.json", text)).toThrow(says);
  });

  it("has one text and one digest however it is written", () => {
    const written = { withdrawn: false, trainerImages: [digest], runtimes: ["b", "a"], protocols: ["None", "Masking"] };
    const other = {
      protocols: ["Masking", "None"],
      runtimes: ["a", "b"],
      trainerImages: [digest],
      maxLocalSteps: "Any",
    };
    const [json, same] = [policyJson(parse(written)), policyJson(parse(other))];
    expect(json).toBe(same);
    expect(json).toBe(
      '{"baseModels":"Any","datasets":"Any","disclosures":["SumOnly"],"maxLocalSteps":"Any","minOrganisations":1,' +
        '"protocols":["Masking","None"],"refusedJobs":[],"repeatedStarts":"Refuse","runtimes":["a","b"],' +
        `"trainerImages":["${digest}"],"version":1,"withdrawn":false}`,
    );
    expect(parsePolicy("policy.json", json)).toEqual(parse(written));
    expect(policySha256(json)).not.toEqual(policySha256(policyJson(parse({ ...written, withdrawn: true }))));
  });
});

describe("canonical JSON", () => {
  it("is that of RFC 8785", () => {
    // Section 3.2.3: names ascend by UTF-16 code units, not by code points.
    const sorted = { "\u20ac": 1, "\r": 2, "\ufb33": 3, "1": 4, "\ud83d\ude00": 5, "\u0080": 6, "\u00f6": 7 };
    expect(
      canonicalJson(sorted)
        .match(/(?<=:)\d/gu)
        ?.join(""),
    ).toBe("2467153");
    expect(
      canonicalJson({ numbers: [1e30, 4.5, 2e-3, 1e-27], literals: [null, true, false], text: '\u20ac$\u000f\nA"\\/' }),
    ).toBe('{"literals":[null,true,false],"numbers":[1e+30,4.5,0.002,1e-27],"text":"\u20ac$\\u000f\\nA\\"\\\\/"}');
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY, "\ud800"])("does not exist for %j", (value) => {
    expect(() => canonicalJson([value])).toThrow("has no canonical JSON");
  });
});

describe("a file of peers", () => {
  const key = Buffer.alloc(32, 1).toString("base64");

  it("gives its members", () => {
    const peers = [{ organisation: "Lab", member: "lab", publicKey: key }];
    expect(parsePeerList("peers.json", JSON.stringify({ version: 1, peers }))).toEqual(peers);
  });

  it.each([
    { text: "", says: "peers.json is not JSON" },
    { text: '{"version":1,"peers":[],"peers":[]}', says: "peers" },
    {
      text: '{"version":1,"peers":[{"organisation":"Lab","member":"lab"}]}',
      says: "peers.json: peers[0].publicKey is absent",
    },
  ])("$text is refused", ({ text, says }) => {
    expect(() => parsePeerList("peers.json", text)).toThrow(expect.objectContaining({ code: "PEERS_INVALID" }));
    expect(() => parsePeerList("peers.json", text)).toThrow(says);
  });
});
