export {
  type ChartApi,
  isAllowed,
  jobNamespace,
  type RunAs,
  refusal,
  startHubApi,
  startMemberApi,
  untilRefused,
} from "./chart-api.ts";
export { type ChartRelease, hubValues, memberValues, type RenderedObject, renderChart } from "./charts.ts";
export { type Connection, isConnectionAllowed, type NetworkEnd } from "./network-policy.ts";
