/** The colors of several series in one chart. */

const colors = [
  "var(--accent)",
  "var(--bronze)",
  "var(--silver)",
  "var(--gold)",
  "var(--quarantine)",
];

/** The color of a series: one of five, then from the first again. */
export function seriesColor(index: number): string {
  return colors[index % colors.length] ?? "currentColor";
}
