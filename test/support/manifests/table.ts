/** One manifest as a person may write it. */
export interface ManifestCase {
  /** What is special about it; unique. */
  readonly what: string;
  /** The file, byte for byte. */
  readonly text: string | Uint8Array;
  /** Ending of the file's name; `.yaml` when left out. */
  readonly ending?: string;
  /** Text that the findings hold; the manifest is valid when left out. */
  readonly finding?: string;
  /** Why Tributary refuses what the API server takes. */
  readonly stricter?: string;
}

const job = `apiVersion: tributary.dev/v1alpha1
kind: FederatedTrainingJob
metadata:
  name: notes
  namespace: default
spec:
  model: {source: {persistentVolumeClaim: {claimName: models, path: zeros.safetensors}}}
  trainer: {runtime: noop, task: noop}
  participants:
    - name: aws
      cluster: aws-1
      workers: 2
  schedule:
    synchronous:
      maxRounds: 5
      quorum: 1
  privacy: {secureAggregation: {protocol: None}}
  output: {persistentVolumeClaim: models}
`;

const member = `apiVersion: tributary.dev/v1alpha1
kind: MemberCluster
metadata: {name: aws-1}
spec:
  access: {kubeconfig: {secretName: member-aws-1}}
  namespaces:
    - {hub: research, member: jobs}
`;

const round = `apiVersion: tributary.dev/v1alpha1
kind: TrainingRound
metadata: {name: notes-1, namespace: default}
spec: {}
`;

/** The good job with parts of its text replaced. */
function jobWith(...edits: readonly (readonly [string, string])[]): string {
  return edits.reduce((text, [from, to]) => {
    if (!text.includes(from)) throw new Error(`the job has no ${from}`);
    return text.replace(from, () => to);
  }, job);
}

const specWith = (lines: string): string => `${job}${lines.replace(/^/gmu, "  ")}\n`;
const metadataWith = (lines: string): string =>
  jobWith(["  namespace: default", `  namespace: default\n${lines.replace(/^/gmu, "  ")}`]);
const asJson = `{"apiVersion":"tributary.dev/v1alpha1","kind":"FederatedTrainingJob","metadata":{"name":"notes","namespace":"default"},"spec":{"model":{"source":{"persistentVolumeClaim":{"claimName":"models","path":"zeros.safetensors"}}},"trainer":{"runtime":"noop","task":"noop"},"participants":[{"name":"aws","cluster":"aws-1","workers":2}],"schedule":{"synchronous":{"maxRounds":5,"quorum":1}},"privacy":{"secureAggregation":{"protocol":"None"}},"output":{"persistentVolumeClaim":"models"}}}`;
const utf16 = (text: string): Uint8Array => Buffer.from(`\ufeff${text}`, "utf16le");
const indented = (text: string): string => text.replace(/^/gmu, "    ").trimEnd();
const item = (text: string): string => `  - ${indented(text).trimStart()}`;

const aws = "    - name: aws\n      cluster: aws-1\n      workers: 2\n";
const good: readonly (readonly [string, ManifestCase["text"], string?])[] = [
  ["an unknown field that is null, which counts as absent", specWith("speed: null")],
  ["the plain job", job],
  ["a member", member],
  ["suspend: yes", specWith("suspend: yes")],
  ["suspend: y", specWith("suspend: y")],
  ["suspend: On", specWith("suspend: On")],
  ["suspend: NO", specWith("suspend: NO")],
  ["suspend: !!bool off", specWith("suspend: !!bool off")],
  ["a quoted word", jobWith(["cluster: aws-1", 'cluster: "on"'])],
  ["a text tag on a word", jobWith(["cluster: aws-1", "cluster: !!str on"])],
  ["a tag that nobody knows, which makes a text", jobWith(["cluster: aws-1", "cluster: !cloud on"])],
  ["a date as a name, which stays text", jobWith(["cluster: aws-1", "cluster: 2026-01-01"])],
  ["an octal number of YAML 1.1", jobWith(["maxRounds: 5", "maxRounds: 017"])],
  ["an octal number of YAML 1.2", jobWith(["maxRounds: 5", "maxRounds: 0o17"])],
  ["a hexadecimal number", jobWith(["maxRounds: 5", "maxRounds: 0xF"])],
  ["a binary number", jobWith(["maxRounds: 5", "maxRounds: 0b101"])],
  ["underscores in a number", jobWith(["maxRounds: 5", "maxRounds: 1_000"])],
  ["a sign before a number", jobWith(["maxRounds: 5", "maxRounds: +5"])],
  ["a number that starts as an octal one and is none", jobWith(["maxRounds: 5", "maxRounds: 089"])],
  ["a whole number written as a fraction", jobWith(["maxRounds: 5", "maxRounds: 5.0"])],
  ["a whole number with an exponent", jobWith(["maxRounds: 5", "maxRounds: 5e1"])],
  ["an integer tag on a text", jobWith(["maxRounds: 5", 'maxRounds: !!int "5"'])],
  ["a text that looks like a number where a text belongs", jobWith(["name: aws\n", 'name: "aws"\n'])],
  ["null for a field with a default", specWith("suspend: null")],
  ["null for a field without one", specWith("convergence: ~")],
  ["an empty value", specWith("ttlSecondsAfterFinished:")],
  [
    "an anchor and its alias",
    jobWith(
      ["claimName: models", "claimName: &claim models"],
      ["{persistentVolumeClaim: models}", "{persistentVolumeClaim: *claim}"],
    ),
  ],
  [
    "a merge key",
    specWith("").replace(
      "    - name: aws\n      cluster: aws-1\n      workers: 2\n",
      "    - &one {name: aws, cluster: aws-1, workers: 2}\n    - {<<: *one, name: gcp}\n",
    ),
  ],
  [
    "a merge of several",
    jobWith([
      "    - name: aws\n      cluster: aws-1\n      workers: 2\n",
      "    - &a {name: aws, cluster: aws-1, workers: 2}\n    - &b {name: gcp, cluster: gcp-1}\n    - {<<: [*a, *b], name: onprem}\n",
    ]),
  ],
  ["several documents", `---\n${job}---\n${member}--- # the end\n`],
  ["empty documents between", `---\n---\n# nothing\n---\n${job}---\nnull\n---\n`],
  ["a document's end mark", `${job}...\n`],
  ["a list", `apiVersion: v1\nkind: List\nitems:\n${item(job)}\n${item(member)}\n`],
  [
    "a list of its own kind, whose items need not say theirs",
    `apiVersion: tributary.dev/v1alpha1\nkind: MemberClusterList\nitems:\n${item(member.replace(/^.*\n.*\n/u, ""))}\n`,
  ],
  ["JSON", asJson, ".json"],
  ["JSON with tabs", JSON.stringify(JSON.parse(asJson), null, "\t"), ".json"],
  ["JSON in a YAML file", `${asJson}\n`],
  ["several JSON objects in a row", `${asJson}\n${asJson.replace('"notes"', '"other"')}`, ".json"],
  ["a byte order mark", `\ufeff${job}`],
  ["UTF-16 with its mark", utf16(job)],
  ["line ends of Windows", job.replaceAll("\n", "\r\n")],
  ["several documents with line ends of Windows", `${job}---\n${member}`.replaceAll("\n", "\r\n")],
  ["a document after an end mark, which kubectl leaves out", `${job}...\nkind: rubbish\n`],
  ["a comment before JSON", `# a job\n${asJson}\n`],
  [
    "a flow mapping below a comment",
    `# a job\n${job.replace("metadata:\n  name: notes\n  namespace: default", "metadata: {name: notes, namespace: default}")}`,
  ],
  ["YAML, then JSON", `${member}---\n${asJson}\n`],
  [
    "a member in a namespace, which counts for nothing",
    member.replace("{name: aws-1}", "{name: aws-1, namespace: default}"),
  ],
  ["a list with a field more", `apiVersion: v1\nkind: List\nmore: 1\nitems:\n${item(job)}\n`],
  [
    "labels and annotations",
    metadataWith('labels: {team: a, "app.kubernetes.io/name": notes}\nannotations: {note: "x y"}'),
  ],
  ["finalizers and owners left empty", metadataWith("finalizers: []\nownerReferences: []")],
  ["a status, which is left out", `${job}status: {phase: Training}\n`],
  ["a deadline in tenths", jobWith(["quorum: 1", "quorum: 1\n      deadline: 1.1h"])],
  ["a deadline with the micro sign", jobWith(["quorum: 1", "quorum: 1\n      deadline: 2000000µs"])],
  ["a hyperparameter as a number", jobWith(["task: noop}", "task: noop, hyperparameters: {simulateStepMs: 5}}"])],
  ["a hyperparameter as a text", jobWith(["task: noop}", 'task: noop, hyperparameters: {increment: "1e-3"}}'])],
  ["a strategy's parameter", specWith('strategy: {name: FedAdam, parameters: {serverLearningRate: "0.01"}}')],
  ["a convergence rule", specWith("convergence: {metric: validation_loss, patience: 3}")],
  ["a folded text", jobWith(["cluster: aws-1", "cluster: >-\n        aws-1"])],
  ["an escaped text", jobWith(["cluster: aws-1", 'cluster: "aws\\x2d1"'])],
  ["a key in quotes", jobWith(["      workers: 2", '      "workers": 2'])],
  ["an empty namespace, which is the default one", jobWith(["namespace: default", "namespace: ''"])],
  [
    "a namespace that is none, of a kind without namespaces",
    member.replace("{name: aws-1}", "{name: aws-1, namespace: A B}"),
  ],
  ["a comma before the fraction of a second", metadataWith("creationTimestamp: '2026-01-01T00:00:00,5Z'")],
  ["a merge key with its tag", jobWith([aws, "    - {!!merge <<: {name: aws}, cluster: aws-1}\n"])],
  ["a merge of an empty list", jobWith([aws, "    - {<<: [], name: aws, cluster: aws-1}\n"])],
  ["a tab before a comment", jobWith(["name: notes", "name: notes\t# c"])],
  ["tabs inside brackets", jobWith(["{runtime: noop, task: noop}", "{\n\truntime: noop,\n\ttask: noop\n  }"])],
  ["a tab at the start of a block that says its indentation", metadataWith("annotations:\n  a: |2\n    \tx")],
  ["a tab inside a text", metadataWith("annotations:\n  a: |\n    x\n    \ty")],
  ["a separator with a tab", `---\t\n${job}`],
  [
    "lines in brackets that are indented too little",
    `${jobWith(["{runtime: noop, task: noop}", "{runtime: noop, hyperparameters: {\n}, task: noop}"])}  suspend: yes\n`,
  ],
  ["an owner that is a job", metadataWith("ownerReferences: [{apiVersion: batch/v1, kind: Job, name: a, uid: b}]")],
  ["words as the names of labels", metadataWith("labels: {yes: a, 0x10: b, 1.5: c}")],
  ["a sexagesimal number as an annotation, which stays text", metadataWith("annotations: {a: 1:30}")],
  ["a complex key", jobWith(["      workers: 2", "      ? workers\n      : 2"])],
  ["a single quote escaped in double ones", metadataWith('annotations: {a: "it\\\'s"}')],
  ["a separator after a document with a comment glued to it", `${job}---#c\n${member}`],
  ["a comment on a separator with line ends of Windows", `${job}--- # c\n${member}`.replaceAll("\n", "\r\n")],
  ["a question mark in quotes in brackets", metadataWith('annotations: {doc: "https://wiki/x?id=1"}')],
  ["a question mark outside brackets", metadataWith("annotations:\n  doc: https://wiki/x?id=1")],
  ["colons in a text in brackets", metadataWith("annotations: {doc: https://wiki:443/x}")],
  ["a line separator in quotes", metadataWith('annotations: {a: "x\u2028y"}')],
  ["a paragraph separator in single quotes", metadataWith("annotations: {a: 'x\u2029y'}")],
];

const stricter: readonly (readonly [string, string, string, string, string?])[] = [
  [
    "a key twice",
    jobWith(["workers: 2", "workers: 2\n      workers: 3"]),
    "workers: is written twice",
    "kubectl keeps the last of two without a word",
  ],
  [
    "a key twice in JSON",
    asJson.replace('"workers":2', '"workers":2,"workers":3'),
    "workers: is written twice",
    "kubectl keeps the last of two without a word",
    ".json",
  ],
  [
    "a key twice, once as a number",
    metadataWith('labels: {1: a, "1": b}'),
    "labels.1: is written twice",
    "kubectl keeps one of two without a word",
  ],
  [
    "a gate's CA that is PEM of nothing",
    `${member}  gate: {caBundle: "-----BEGIN CERTIFICATE-----\\nAAAA\\n-----END CERTIFICATE-----\\n"}\n`,
    "caBundle",
    "the operator opens the certificates, which a rule of a CRD cannot",
  ],
];

const libraryAlone = "other readers of YAML take it for something else or not at all";
const ofLibrary: readonly (readonly [string, string, string, string])[] = [
  ["a question mark that starts a text in brackets", metadataWith("annotations: {?a: b}"), "in brackets", libraryAlone],
  ["a line separator in a comment", job.replace("spec:\n", "# see\u2028\nspec:\n"), "U+2028", libraryAlone],
  [
    "a line separator between lines of a block",
    metadataWith("annotations:\n  a: |\n    x\u2028    y"),
    "U+2028",
    libraryAlone,
  ],
  ["a next line in quotes", metadataWith("annotations: {a: 'x\u0085y'}"), "U+0085", libraryAlone],
  ["carriage returns alone", job.replaceAll("\n", "\r"), "U+000D", libraryAlone],
];

const olderKubectl = "kubectl before 1.33 reads a file that starts with { as JSON alone";
const afterBrace: readonly (readonly [string, string, string, string, string?])[] = [
  ["JSON with a comma too much", asJson.replace('"quorum":1', '"quorum":1,'), "JSON", olderKubectl, ".json"],
  ["a flow mapping that is no JSON", asJson.replace('"kind":', "kind: "), "JSON", olderKubectl],
  ["JSON, then a separator", `${asJson}\n---\n${asJson}\n`, "JSON", olderKubectl],
];

const certificateBlock = "-----BEGIN CERTIFICATE-----\\nAAAA\\n-----END CERTIFICATE-----\\n";
const keyBlock = certificateBlock.replaceAll("CERTIFICATE", "PRIVATE KEY");

const bad: readonly (readonly [string, ManifestCase["text"], string, string?])[] = [
  [
    "a merge of a list in a list",
    jobWith([aws, "    - &a {name: aws, cluster: aws-1}\n    - {<<: [[*a]], name: gcp}\n"]),
    "merge",
  ],
  ["the tag of a merge on another word", jobWith([aws, "    - {!!merge foo: {name: aws}, cluster: aws-1}\n"]), "foo"],
  ["a sexagesimal number", jobWith(["maxRounds: 5", "maxRounds: 1:30"]), "maxRounds"],
  ["a question mark in a text in brackets", metadataWith("annotations: {doc: https://wiki/x?id=1}"), "in brackets"],
  [
    "a question mark after lines in brackets that are indented too little",
    metadataWith("annotations: {a: {\n},\nb: c?d}"),
    "in brackets",
  ],
  ["a question mark in the path of a model", jobWith(["zeros.safetensors", "a?b.safetensors"]), "in brackets"],
  ["a colon that starts a text in brackets", metadataWith("annotations: {address: ::1}"), "in brackets"],
  ["a colon right before a comma in brackets", metadataWith("annotations: {note:, a: b}"), "write a blank"],
  ["a colon right before a bracket in brackets", metadataWith("annotations: {note:[a]}"), "write a blank"],
  ["a key of several lines in brackets", metadataWith("annotations: {a\n  b: c}"), "several lines"],
  ["a colon on another line than its key", jobWith(["spec:", "spec\n  :"]), "right after the key"],
  ["a tag right before a bracket", metadataWith("annotations: {a: !b}"), "blank after a tag"],
  ["a tab at the start of a block", metadataWith("annotations:\n  a: |\n    \tx"), "begins a block"],
  ["a tab after a dash", metadataWith("finalizers:\n  -\texample.com/done"), "tab after -"],
  ["a tab after a dash and a blank", metadataWith("finalizers:\n  - \texample.com/done"), "tab after -"],
  [
    "a tab after the mark of a complex key",
    jobWith(["      workers: 2", "      ?\tworkers\n      : 2"]),
    "tab after -",
  ],
  ["a tab after the mark of its value", jobWith(["      workers: 2", "      ? workers\n      :\t2"]), "tab after -"],
  ["a tab before the first field", `\t${job}`, "starts with a tab"],
  ["a field behind a line separator in a comment", job.replace("spec:\n", "# a\u2028kind: Pod\nspec:\n"), "U+2028"],
  ["a paragraph separator in a text", metadataWith("annotations:\n  a: x\u2029y"), "U+2029"],
  ["a next line in a text", metadataWith("annotations:\n  a: x\u0085y"), "U+0085"],
  ["a line separator in a block", metadataWith("annotations:\n  a: |\n    x\u2028y"), "U+2028"],
  ["a carriage return in a comment", job.replace("spec:\n", "# a\rkind: Pod\nspec:\n"), "U+000D"],
  ["two separators, with a comment glued to the second", `${job}---\n---#c\n${member}`, "separator"],
  ["an object as a name", jobWith(["name: notes", "name: {toString: a}"]), "metadata.name"],
  ["a key before the gate's CA", `${member}  gate: {caBundle: "${keyBlock}${certificateBlock}"}\n`, "caBundle"],
  ["a gate's CA that is too long", `${member}  gate: {caBundle: "${certificateBlock.repeat(300)}"}\n`, "16384"],
  ["a line of a tab alone", job.replace("spec:\n", "spec:\n\t\n"), "starts with a tab"],
  ["a comment behind a tab", job.replace("spec:\n", "\t# c\nspec:\n"), "starts with a tab"],
  ["a separator with a comment glued to it", `---#c\n${job}`, "separator"],
  ["a number beyond 63 bits as a key", metadataWith("labels: {9223372036854775808: a}"), "63 bits"],
  ["a million with an exponent as a key", metadataWith("labels: {1e6: a}"), "labels.1e+06"],
  [
    "annotations of more than 256 KiB",
    metadataWith(`annotations: {a: ${"x".repeat(262_144)}}`),
    "metadata.annotations",
  ],
  ["two finalizers that exclude each other", metadataWith("finalizers: [orphan, foregroundDeletion]"), "finalizers"],
  [
    "two owners that are the controller",
    metadataWith(
      "ownerReferences: [{apiVersion: v1, kind: A, name: a, uid: b, controller: true}, {apiVersion: v1, kind: A, name: c, uid: d, controller: true}]",
    ),
    "ownerReferences[1].controller",
  ],
  [
    "an event as the owner",
    metadataWith("ownerReferences: [{apiVersion: v1, kind: Event, name: a, uid: b}]"),
    "owns nothing",
  ],
  [
    "an owner with an empty name",
    metadataWith("ownerReferences: [{apiVersion: v1, kind: A, name: '', uid: b}]"),
    "[0].name",
  ],
  [
    "an owner with an empty uid",
    metadataWith("ownerReferences: [{apiVersion: v1, kind: A, name: a, uid: ''}]"),
    "[0].uid",
  ],
  [
    "an owner of a group without a version",
    metadataWith("ownerReferences: [{apiVersion: apps/, kind: A, name: a, uid: b}]"),
    "[0].apiVersion",
  ],
  ["a day that there is not", metadataWith("creationTimestamp: '2026-02-30T00:00:00Z'"), "metadata.creationTimestamp"],
  [
    "an hour that there is not",
    metadataWith("creationTimestamp: '2026-01-01T24:00:00Z'"),
    "metadata.creationTimestamp",
  ],
  ["a generation beyond 63 bits", metadataWith("generation: 1e30"), "metadata.generation"],
  ["an unknown field of who manages it", metadataWith("managedFields: [{manger: a}]"), "managedFields[0].manger"],
  ["a generated name that is none beside a name", metadataWith("generateName: Bad Name"), "metadata.generateName"],
  ["a List of another version", `apiVersion: v2\nkind: List\nitems:\n${item(job)}\n`, "apiVersion"],
  [
    "a member in a list of jobs",
    `apiVersion: tributary.dev/v1alpha1\nkind: FederatedTrainingJobList\nitems:\n${item(member)}\n`,
    "must be FederatedTrainingJob in a",
  ],
  ["a job in a list of pods", `apiVersion: v1\nkind: PodList\nitems:\n${item(job)}\n`, "PodList"],
  ["a list in small letters", `apiVersion: v1\nkind: list\nitems:\n${item(job)}\n`, "in a list;"],
  ["a merge of no mapping", specWith("<<: 5"), "merge"],
  ["a directive", `%YAML 1.1\n---\n${job}`, "YAML"],
  [
    "a list in a list",
    `apiVersion: v1\nkind: List\nitems:\n${item(`apiVersion: v1\nkind: List\nitems:\n${item(job)}`)}\n`,
    "list inside a list",
  ],
  [
    "a merge key after the key that it brings",
    specWith("").replace(
      "    - name: aws\n      cluster: aws-1\n      workers: 2\n",
      "    - &one {name: aws, cluster: aws-1, workers: 2}\n    - {name: gcp, <<: *one}\n",
    ),
    "participants[1].name",
  ],
  ["the word on as a name", jobWith(["cluster: aws-1", "cluster: on"]), "participants[0].cluster"],
  ["the country NO as a name", jobWith(["name: aws\n", "name: no\n"]), "participants[0].name"],
  ["off as a runtime", jobWith(["runtime: noop", "runtime: off"]), "trainer.runtime"],
  ["an octal number as a name", jobWith(["cluster: aws-1", "cluster: 0123"]), "participants[0].cluster"],
  ["a number with a leading zero that means 8", jobWith(["quorum: 1", "quorum: 010"]), "quorum"],
  ["an octal number that is none", jobWith(["maxRounds: 5", "maxRounds: 0o9"]), "maxRounds"],
  ["a number as a text", jobWith(["maxRounds: 5", 'maxRounds: "5"']), "maxRounds"],
  ["a fraction for a whole number", jobWith(["maxRounds: 5", "maxRounds: 5.5"]), "maxRounds"],
  ["a number beyond 63 bits", jobWith(["maxRounds: 5", "maxRounds: 9223372036854775808"]), "maxRounds"],
  ["a number beyond 64 bits", jobWith(["maxRounds: 5", "maxRounds: 1e30"]), "maxRounds"],
  ["infinity", jobWith(["maxRounds: 5", "maxRounds: .inf"]), "maxRounds"],
  ["not a number", jobWith(["maxRounds: 5", "maxRounds: .nan"]), "maxRounds"],
  ["minus twelve rounds", jobWith(["maxRounds: 5", "maxRounds: -12"]), "maxRounds"],
  [
    "minus twelve rounds in a list",
    `apiVersion: v1\nkind: List\nitems:\n${item(jobWith(["maxRounds: 5", "maxRounds: -12"]))}\n`,
    "maxRounds",
  ],
  ["null in a list", jobWith(["    - name: aws\n", "    - null\n    - name: aws\n"]), "participants[0]"],
  [
    "null for what is required",
    jobWith(["{persistentVolumeClaim: models}", "{persistentVolumeClaim: null}"]),
    "output",
  ],
  ["an unknown field", specWith("speed: fast"), "spec.speed"],
  ["an unknown field at depth", jobWith(["workers: 2", "workers: 2\n      gpus: 1"]), "participants[0].gpus"],
  ["an unknown field of the root", `${job}extra: 1\n`, "extra"],
  ["an unknown field of the metadata", metadataWith("lables: {a: b}"), "metadata.lables"],
  ["an unknown field of the status", `${job}status: {mood: good}\n`, "status.mood"],
  ["a list for an object", jobWith(["trainer: {runtime: noop, task: noop}", "trainer: [noop]"]), "spec.trainer"],
  [
    "a text for an object",
    jobWith(["privacy: {secureAggregation: {protocol: None}}", "privacy: None"]),
    "spec.privacy",
  ],
  [
    "an object for a list",
    jobWith([
      "  participants:\n    - name: aws\n      cluster: aws-1\n      workers: 2\n",
      "  participants: {aws: {workers: 2}}\n",
    ]),
    "participants",
  ],
  [
    "a text for the spec",
    "apiVersion: tributary.dev/v1alpha1\nkind: FederatedTrainingJob\nmetadata: {name: notes}\nspec: none\n",
    "spec",
  ],
  ["no spec", "apiVersion: tributary.dev/v1alpha1\nkind: FederatedTrainingJob\nmetadata: {name: notes}\n", "spec"],
  ["no metadata", jobWith(["metadata:\n  name: notes\n  namespace: default\n", ""]), "metadata.name"],
  [
    "metadata that is a text",
    jobWith(["metadata:\n  name: notes\n  namespace: default\n", "metadata: notes\n"]),
    "metadata",
  ],
  ["no name", jobWith(["  name: notes\n", ""]), "metadata.name"],
  ["a number as a name", jobWith(["name: notes", "name: 5"]), "metadata.name"],
  ["generateName", jobWith(["name: notes", "generateName: notes-"]), "metadata.generateName"],
  ["a name with capitals", jobWith(["name: notes", "name: Notes"]), "metadata.name"],
  ["a name of 41 characters", jobWith(["name: notes", `name: ${"n".repeat(41)}`]), "metadata.name"],
  ["a member's name with an underscore", member.replace("{name: aws-1}", "{name: aws_1}"), "metadata.name"],
  ["a number as a label", metadataWith("labels: {a: 1}"), "metadata.labels"],
  ["a label with a blank", metadataWith('labels: {a: "x y"}'), "metadata.labels"],
  ["a label's name with a blank", metadataWith('labels: {"a b": x}'), "metadata.labels"],
  ["a word as an annotation", metadataWith("annotations: {a: yes}"), "metadata.annotations"],
  ["a namespace with a dot", jobWith(["namespace: default", "namespace: a.b"]), "metadata.namespace"],
  ["a kind that does not exist", jobWith(["kind: FederatedTrainingJob", "kind: FederatedTrainigJob"]), "kind"],
  ["no kind", jobWith(["kind: FederatedTrainingJob\n", ""]), "kind"],
  ["no apiVersion", jobWith(["apiVersion: tributary.dev/v1alpha1\n", ""]), "apiVersion"],
  [
    "a version that is not served",
    jobWith(["v1alpha1", "v1alpha2"]),
    "tributary.dev/v1alpha2 is not served; write tributary.dev/v1alpha1",
  ],
  ["a group with a typo", jobWith(["tributary.dev", "tributary.io"]), "tributary.io"],
  ["a number as apiVersion", jobWith(["tributary.dev/v1alpha1", "1"]), "apiVersion"],
  [
    "a good job beside one of a group with a typo",
    `${job}---\n${jobWith(["tributary.dev", "tributary.io"])}`,
    "tributary.io",
  ],
  ["a document that is a list", "- a\n- b\n", ""],
  ["a document that is a text", "hello\n", ""],
  ["an empty file", "", "holds no object"],
  ["a file of comments", "# nothing\n---\n# nothing\n", "holds no object"],
  ["an empty list", "apiVersion: v1\nkind: List\nitems: []\n", "holds no object"],
  ["a list with a text in it", "apiVersion: v1\nkind: List\nitems: [a]\n", "must be an object"],
  ["tabs that indent", job.replace("  output", "\toutput"), "YAML"],
  ["an alias without its anchor", jobWith(["cluster: aws-1", "cluster: *cloud"]), "cloud"],
  ["an anchor that holds itself", specWith("convergence: &a {metric: *a}"), "itself"],
  ["a null as a key", specWith("~: 5"), "key"],
  ["a list as a key", specWith("? [a]\n: 5"), "key"],
  ["a quote without its end", jobWith(["cluster: aws-1", 'cluster: "aws-1']), "YAML"],
  ["a text after the separator", `${job}--- again\n${member}`, "separator"],
  ["JSON without its end", asJson.slice(0, -2), "", ".json"],
  ["a tag that its text does not fit", jobWith(["maxRounds: 5", "maxRounds: !!int five"]), "maxRounds"],
  ["a JSON list", `[${asJson}]`, "must be an object", ".json"],
  ["a list without items", "apiVersion: v1\nkind: List\n", "items"],
  ["a list whose items are a mapping", "apiVersion: v1\nkind: List\nitems: {a: 1}\n", "items"],
  ["a job that calls itself a list", `${job}items: []\n`, "holds no object"],
  ["metadata with a capital", jobWith(["metadata:", "Metadata:"]), "metadata.name"],
  ["a time of creation that is none", metadataWith("creationTimestamp: yesterday"), "metadata.creationTimestamp"],
  [
    "an owner without a uid",
    metadataWith("ownerReferences: [{apiVersion: v1, kind: ConfigMap, name: a}]"),
    "ownerReferences[0].uid",
  ],
  ["a finalizer with a blank", metadataWith('finalizers: ["a b"]'), "metadata.finalizers[0]"],
  ["an annotation's name with a blank", metadataWith('annotations: {"a b": x}'), "metadata.annotations"],
  ["infinity as a label", metadataWith("labels: {a: .inf}"), "metadata.labels.a"],
  ["a seed beyond 63 bits", jobWith(["task: noop}", "task: noop, seed: 9223372036854775808}"]), "seed"],
  ["a slash escaped in YAML", jobWith(["cluster: aws-1", 'cluster: "aws\\/1"']), "participants[0].cluster"],
  ["a control character", jobWith(["cluster: aws-1", "cluster: aws\u00071"]), "U+0007"],
  ["an anchor with a dot", jobWith(["claimName: models", "claimName: &a.b models"]), "anchor"],
  ["an integer tag on a fraction", jobWith(["maxRounds: 5", "maxRounds: !!int 5.0"]), "maxRounds"],
  ["a binary tag on what is no base64", jobWith(["cluster: aws-1", "cluster: !!binary aw"]), "participants[0].cluster"],
  ["HTML", "<html>sign in</html>\n", ""],
  ["a quorum above the workers", jobWith(["quorum: 1", "quorum: 3"]), "spec.schedule.synchronous.quorum"],
  [
    "a participant twice",
    jobWith(["workers: 2\n", "workers: 2\n    - {name: aws, cluster: b}\n"]),
    "participants[1].name",
  ],
  [
    "a target of an adapter twice",
    jobWith(
      ["zeros.safetensors}}}", "m.gguf}}, adapter: {type: LoRA, rank: 8, targets: [q_proj, q_proj]}}"],
      ["task: noop", "task: language-modeling"],
    ),
    "targets",
  ],
  ["no protocol", jobWith(["{protocol: None}", "{}"]), "protocol"],
  ["a protocol that is not there", jobWith(["protocol: None", "protocol: Masking"]), "protocol"],
  ["None quoted the Python way", jobWith(["protocol: None", "protocol: none"]), "protocol"],
  ["a model out of its claim", jobWith(["zeros.safetensors", "../zeros.safetensors"]), "path"],
  [
    "two members of a union",
    jobWith(["{source: {persistentVolumeClaim:", "{source: {uri: x, persistentVolumeClaim:"]),
    "uri",
  ],
  ["a deadline of a day and a bit", jobWith(["quorum: 1", "quorum: 1\n      deadline: 25h"]), "deadline"],
  ["a deadline of days", jobWith(["quorum: 1", "quorum: 1\n      deadline: 1d"]), "deadline"],
  ["a deadline as a number", jobWith(["quorum: 1", "quorum: 1\n      deadline: 600"]), "deadline"],
  ["a step that no aggregator has", specWith("communication: {initialStep: 2^99}"), "initialStep"],
  ["a decimal as a number", specWith("convergence: {metric: validation_loss, target: 1.8}"), "target"],
  ["a decimal that is none", specWith("convergence: {metric: validation_loss, target: low}"), "target"],
  ["a rule that never holds", specWith("convergence: {metric: validation_loss}"), "convergence"],
  ["a strategy that is not there", specWith("strategy: {name: Krum}"), "strategy.name"],
  [
    "a strategy's parameter as a number",
    specWith("strategy: {name: FedAdam, parameters: {serverLearningRate: 0.01}}"),
    "serverLearningRate",
  ],
  [
    "a strategy's parameter of another",
    specWith('strategy: {name: FedAvg, parameters: {momentum: "0.9"}}'),
    "momentum",
  ],
  [
    "a hyperparameter of another task",
    jobWith(["task: noop}", "task: noop, hyperparameters: {batchSize: 4}}"]),
    "hyperparameters",
  ],
  [
    "a hyperparameter as a fraction",
    jobWith(["task: noop}", "task: noop, hyperparameters: {increment: 0.5}}"]),
    "increment",
  ],
  [
    "a device count as a quantity",
    jobWith(["workers: 2", 'workers: 2\n      accelerator: {resource: nvidia.com/gpu, count: "1k"}']),
    "count",
  ],
  ["a member without a way in", member.replace("{kubeconfig: {secretName: member-aws-1}}", "{}"), "access"],
  ["a hub namespace twice", `${member}    - {hub: research, member: other}\n`, "namespaces[1].hub"],
  ["a gate's CA that is no PEM", `${member}  gate: {caBundle: abc}\n`, "caBundle"],
  ["a round without its terms", round, "spec"],
];

/** Manifests, of which kubectl against a real API server says whether they are right. */
export const manifestCases: readonly ManifestCase[] = [
  ...good.map(([what, text, ending]) => ({ what, text, ...(ending ? { ending } : {}) })),
  ...[...stricter, ...ofLibrary, ...afterBrace].map(([what, text, finding, why, ending]) => ({
    what,
    text,
    finding,
    stricter: why,
    ...(ending ? { ending } : {}),
  })),
  ...bad.map(([what, text, finding, ending]) => ({ what, text, finding, ...(ending ? { ending } : {}) })),
];
