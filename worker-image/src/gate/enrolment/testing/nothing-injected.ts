import { type Injected, injectedLists } from "../injected.ts";

/** A member without webhooks that touch its workers. */
export const nothingInjected = Object.fromEntries(injectedLists.map((list) => [list, []])) as unknown as Injected;
