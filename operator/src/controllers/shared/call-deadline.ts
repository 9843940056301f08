/** Time for one call to a member, in milliseconds: one that takes longer is tried again at a later look. */
export const callDeadlineMs = 10_000;
