/** Silver that arrived some days ago, for runs that list only some days of it. */

/** Noon of today (UTC), in milliseconds. */
export const noon = new Date().setUTCHours(12, 0, 0, 0);

/** The day some days ago, `yyyy-MM-dd`. */
export function dayOf(ago: number): string {
  return new Date(noon - ago * 86_400_000).toISOString().slice(0, 10);
}

/** The key of an object of readings that arrived some days ago. */
export function bronzeKeyOf(ago: number, number = 0): string {
  const [year, month, date] = dayOf(ago).split("-");
  const uuid = `00000000-0000-4000-8000-${String(number).padStart(12, "0")}`;
  return `readings/${year}/${month}/${date}/00/readings-1-${year}-${month}-${date}-00-00-00-${uuid}.gz`;
}
