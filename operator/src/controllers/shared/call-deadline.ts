/**
 * Time for one call to a member, in milliseconds: one that takes longer is tried again at a later look. It is well below that of
 * a look, so that a member that hangs is known by its calls and not by looks that were given up.
 */
export const callDeadlineMs = 10_000;
