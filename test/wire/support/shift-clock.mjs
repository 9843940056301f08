/** Imported into a process before its program: its wall clock is off by TRIBUTARY_TEST_CLOCK_SHIFT_MS, as a badly set machine's is. */
const shiftMs = Number(process.env.TRIBUTARY_TEST_CLOCK_SHIFT_MS);
const SetDate = Date;

globalThis.Date = class ShiftedDate extends SetDate {
  constructor(...parts) {
    super(...(parts.length === 0 ? [SetDate.now() + shiftMs] : parts));
  }

  static now() {
    return SetDate.now() + shiftMs;
  }
};
