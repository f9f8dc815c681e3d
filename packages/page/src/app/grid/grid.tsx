/** A grid of any number of rows, sorted and filtered by column. */
import type { JSX, TargetedKeyboardEvent } from "preact";
import { useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import type { FilterData, RowsPage, RowsRequest, SortData, Value } from "../../data.ts";
import { formatCountOf } from "../format.ts";
import { Failure, Loading } from "../parts/loading.tsx";
import { errorData } from "../source/source-error.ts";
import { columnWidth } from "./column-width.ts";
import { GridHead } from "./grid-head.tsx";
import { GridRow } from "./grid-row.tsx";
import { type Cell, moveCell } from "./move-cell.ts";
import { parseFilter } from "./parse-filter.ts";
import { RowCache } from "./row-cache.ts";
import { RowDialog } from "./row-dialog.tsx";
import { useVirtualRows } from "./use-virtual-rows.ts";

/** The grid. A cell is active: arrow keys move it, and Enter opens its row. */
export function Grid({
  title,
  load,
  onFilters,
}: {
  /** What the rows are, for screen readers. */
  readonly title: string;
  /** Must stay the same function for the same rows. */
  readonly load: (request: Omit<RowsRequest, "relation">) => Promise<RowsPage>;
  /** Called when the filters change. */
  readonly onFilters?: (filters: readonly FilterData[]) => void;
}): JSX.Element {
  const [sort, setSort] = useState<readonly SortData[]>([]);
  const [typed, setTyped] = useState<Readonly<Record<string, string>>>({});
  const [, draw] = useState(0);
  const head = useRef<RowsPage | null>(null);
  const filters = useMemo(
    () =>
      (head.current?.columns ?? []).flatMap((column) => {
        const filter = parseFilter(column, typed[column.name] ?? "");
        return filter === null ? [] : [filter];
      }),
    [typed],
  );
  // The reported filters are those of the rows, not of every keystroke.
  useEffect(() => onFilters?.(filters), [filters, onFilters]);
  const cache = useMemo(
    () =>
      new RowCache(
        (offset, limit) => load({ sort, filters, offset, limit }),
        () => draw((drawn) => drawn + 1),
      ),
    [load, sort, filters],
  );
  useEffect(() => cache.request(0, 1), [cache]);
  head.current = cache.first ?? head.current;
  const failure = cache.error === null ? null : <Failure error={errorData(cache.error)} />;
  if (head.current === null) {
    return failure ?? <Loading what="the rows" />;
  }
  return (
    <>
      {failure}
      {cache.isReplaced ? (
        <p class="notice warn">
          A gold run has replaced these rows. Sort again to read the new ones.
        </p>
      ) : null}
      <GridRows
        title={title}
        cache={cache}
        page={head.current}
        sort={sort}
        onSort={setSort}
        typed={typed}
        onType={setTyped}
      />
    </>
  );
}

function GridRows({
  title,
  cache,
  page,
  sort,
  onSort,
  typed,
  onType,
}: {
  readonly title: string;
  readonly cache: RowCache;
  readonly page: RowsPage;
  readonly sort: readonly SortData[];
  readonly onSort: (sort: readonly SortData[]) => void;
  readonly typed: Readonly<Record<string, string>>;
  readonly onType: (typed: Readonly<Record<string, string>>) => void;
}): JSX.Element {
  const place = useRef<HTMLDivElement>(null);
  const top = useRef<HTMLDivElement>(null);
  const [headHeight, setHeadHeight] = useState(0);
  const [active, setActive] = useState<Cell>({ row: 0, column: 0 });
  const [open, setOpen] = useState<readonly Value[] | null>(null);
  const { columns } = page;
  const total = cache.first?.total ?? 0;
  const { rows, height, perPage, show } = useVirtualRows(place, total, headHeight);
  useLayoutEffect(() => setHeadHeight(top.current?.offsetHeight ?? 0), []);
  const first = rows[0]?.index ?? 0;
  const last = rows.at(-1)?.index ?? -1;
  useEffect(() => cache.request(first, last + 1), [cache, first, last]);
  const widths = useMemo(
    () => columns.map((column, index) => columnWidth(column, index, page.rows)),
    [columns, page.rows],
  );
  const openRow = useCallback(
    (index: number) => setOpen((cache.row(index) ?? null) as readonly Value[] | null),
    [cache],
  );
  const onKeyDown = (event: TargetedKeyboardEvent<HTMLDivElement>) => {
    if (event.target !== event.currentTarget) {
      return;
    }
    if (event.key === "Enter") {
      openRow(active.row);
      return;
    }
    const moved = moveCell(active, event, { rows: total, columns: columns.length, perPage });
    if (moved !== null) {
      event.preventDefault();
      setActive(moved);
      show(moved.row);
      showColumn(place.current, widths, moved.column);
    }
  };
  return (
    <>
      <p class="grid-note" role="status">
        {cache.first === null ? "Reading…" : formatCountOf(total, "row")}
        {sort.length === 0
          ? ""
          : `, sorted by ${sort.map(({ column, descending }) => `${column}${descending ? " (descending)" : ""}`).join(", ")}`}
      </p>
      <div
        class="grid"
        role="grid"
        aria-label={title}
        aria-rowcount={total + 1}
        aria-colcount={columns.length}
        aria-activedescendant={total === 0 ? undefined : `cell-${active.row}-${active.column}`}
        tabIndex={0}
        ref={place}
        onKeyDown={onKeyDown}
      >
        <GridHead
          columns={columns}
          widths={widths}
          sort={sort}
          onSort={onSort}
          typed={typed}
          onType={onType}
          place={top}
        />
        <div class="grid-body" role="rowgroup" style={{ height: `${height}px` }}>
          {rows.map(({ index, top: offset }) => (
            <GridRow
              key={index}
              index={index}
              offset={offset}
              columns={columns}
              widths={widths}
              values={cache.row(index)}
              active={index === active.row ? active.column : null}
              onOpen={(column) => {
                setActive({ row: index, column });
                openRow(index);
              }}
            />
          ))}
        </div>
      </div>
      {total === 0 && cache.first !== null ? <p class="empty">No row passes the filters.</p> : null}
      <p class="grid-note">
        Filter by a part of a text, or compare: = &lt;&gt; &lt; &lt;= &gt; &gt;=, null, not null.
        Arrow keys move, Enter shows the whole row.
      </p>
      {open === null ? null : (
        <RowDialog columns={columns} values={open} onClose={() => setOpen(null)} />
      )}
    </>
  );
}

/** Scrolls sideways until the column is in view. */
function showColumn(place: HTMLElement | null, widths: readonly number[], column: number): void {
  if (place === null) {
    return;
  }
  const start = widths.slice(0, column).reduce((sum, width) => sum + width, 0);
  const end = start + (widths[column] ?? 0);
  if (start < place.scrollLeft) {
    place.scrollLeft = start;
  } else if (end > place.scrollLeft + place.clientWidth) {
    place.scrollLeft = end - place.clientWidth;
  }
}
