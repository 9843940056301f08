export { type ChartRelease, hubValues, memberValues, type RenderedObject, renderChart } from "./charts.ts";
export { jobNamespace, type MemberApi, refusal, startMemberApi, untilRefused } from "./member-api.ts";
