export { WireMembers } from "./members/wire-members.ts";
export { INITIAL_VALUE, WireJob } from "./wire-job.ts";
