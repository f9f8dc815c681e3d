/** Moves the active cell of a grid by a key. */

/** The position of a cell, from 0. */
export interface Cell {
  readonly row: number;
  readonly column: number;
}

/** The size of a grid. */
export interface GridSize {
  readonly rows: number;
  readonly columns: number;
  /** Rows that a page key passes. */
  readonly perPage: number;
}

/** The cell that the key leads to; null if it is no key of the grid, or there is no row. */
export function moveCell(
  { row, column }: Cell,
  { key, ctrlKey, metaKey }: Pick<KeyboardEvent, "key" | "ctrlKey" | "metaKey">,
  { rows, columns, perPage }: GridSize,
): Cell | null {
  const far = ctrlKey || metaKey;
  const target = ((): Cell | null => {
    switch (key) {
      case "ArrowDown":
        return { row: far ? rows - 1 : row + 1, column };
      case "ArrowUp":
        return { row: far ? 0 : row - 1, column };
      case "ArrowRight":
        return { row, column: far ? columns - 1 : column + 1 };
      case "ArrowLeft":
        return { row, column: far ? 0 : column - 1 };
      case "PageDown":
        return { row: row + perPage, column };
      case "PageUp":
        return { row: row - perPage, column };
      case "Home":
        return { row: far ? 0 : row, column: 0 };
      case "End":
        return { row: far ? rows - 1 : row, column: columns - 1 };
      default:
        return null;
    }
  })();
  return target === null || rows === 0 || columns === 0
    ? null
    : { row: within(target.row, rows), column: within(target.column, columns) };
}

function within(index: number, count: number): number {
  return Math.max(0, Math.min(index, count - 1));
}
