/** A good job. */
export const job = `apiVersion: tributary.dev/v1alpha1
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

/** A good member. */
export const member = `apiVersion: tributary.dev/v1alpha1
kind: MemberCluster
metadata: {name: aws-1}
spec:
  access: {kubeconfig: {secretName: member-aws-1}}
  namespaces:
    - {hub: research, member: jobs}
`;

/** A round without its terms. */
export const round = `apiVersion: tributary.dev/v1alpha1
kind: TrainingRound
metadata: {name: notes-1, namespace: default}
spec: {}
`;

/** The good job with parts of its text replaced. */
export function jobWith(...edits: readonly (readonly [string, string])[]): string {
  return edits.reduce((text, [from, to]) => {
    if (!text.includes(from)) throw new Error(`the job has no ${from}`);
    return text.replace(from, () => to);
  }, job);
}

/** The good job with more fields of its spec. */
export const specWith = (lines: string): string => `${job}${lines.replace(/^/gmu, "  ")}\n`;
/** The good job with more fields of its metadata. */
export const metadataWith = (lines: string): string =>
  jobWith(["  namespace: default", `  namespace: default\n${lines.replace(/^/gmu, "  ")}`]);
/** The good job as JSON. */
export const asJson = `{"apiVersion":"tributary.dev/v1alpha1","kind":"FederatedTrainingJob","metadata":{"name":"notes","namespace":"default"},"spec":{"model":{"source":{"persistentVolumeClaim":{"claimName":"models","path":"zeros.safetensors"}}},"trainer":{"runtime":"noop","task":"noop"},"participants":[{"name":"aws","cluster":"aws-1","workers":2}],"schedule":{"synchronous":{"maxRounds":5,"quorum":1}},"privacy":{"secureAggregation":{"protocol":"None"}},"output":{"persistentVolumeClaim":"models"}}}`;
/** A text in UTF-16, with its mark. */
export const utf16 = (text: string): Uint8Array => Buffer.from(`\ufeff${text}`, "utf16le");
const indented = (text: string): string => text.replace(/^/gmu, "    ").trimEnd();
/** A manifest as an item of a list. */
export const item = (text: string): string => `  - ${indented(text).trimStart()}`;

/** The good member in a list. */
export const listOf = (apiVersion: string, kind: string): string =>
  `apiVersion: ${apiVersion}\nkind: ${kind}\nitems:\n${item(member)}\n`;

/** The only participant of the good job. */
export const aws = "    - name: aws\n      cluster: aws-1\n      workers: 2\n";
