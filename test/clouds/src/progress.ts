/** Receives one finished line of progress for a person to read. */
export type Progress = (line: string) => void;

/** Writes progress lines to standard error, so that standard output stays free for results. */
export const toStandardError: Progress = (line) => {
  process.stderr.write(`${line}\n`);
};

/** Drops progress lines. */
export const silent: Progress = () => {};
