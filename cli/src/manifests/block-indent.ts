/** Where the mappings and lists begin that are open outside brackets, as kubectl's library counts it. */
export interface BlockIndent {
  /** Their columns, the innermost last. */
  readonly columns: readonly number[];
  /** Column of what may be a key on this line. */
  readonly key: number;
}

/** A token outside brackets that is no blank. */
interface BlockToken {
  readonly type: string | null;
  readonly column: number;
  /** Whether a key or an entry may begin here. */
  readonly isFirst: boolean;
}

/** Nothing is open. */
export const noIndent: BlockIndent = { columns: [], key: 0 };

/** What is open after a token: `-`, `?` and the `:` of a key open something, and whatever stands further left closes it. */
export function indentAfter({ columns, key }: BlockIndent, { type, column, isFirst }: BlockToken): BlockIndent {
  const open = columns.filter((each) => each <= column);
  if (type === "seq-item-ind" || type === "explicit-key-ind") return { columns: opened(open, column), key };
  if (type === "map-value-ind") return { columns: opened(open, isFirst ? column : key), key };
  return { columns: open, key: isFirst ? column : key };
}

/** The column left of which a line does not belong to the innermost of what is open. */
export function leastColumn({ columns }: BlockIndent): number {
  return (columns.at(-1) ?? -1) + 1;
}

function opened(columns: readonly number[], column: number): readonly number[] {
  return (columns.at(-1) ?? -1) < column ? [...columns, column] : columns;
}
