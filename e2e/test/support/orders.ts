/** Orders to send. */

/** Lines of new orders, of 17 customers in the first half of 2025. */
export function newOrders(count: number, firstId: number): string[] {
  return Array.from({ length: count }, (_, index) => {
    const day = new Date(Date.UTC(2025, 0, 1 + (index % 180))).toISOString().slice(0, 10);
    const cents = String((index * 37) % 100).padStart(2, "0");
    return `{"order_id":${firstId + index},"customer_id":${1 + (index % 17)},"amount":${1 + (index % 250)}.${cents},"order_date":"${day}"}`;
  });
}

/** Whether a line is a whole object. Its end is clear, so it needs no separator. */
export function isObject(line: string): boolean {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === "object" && value !== null && !Array.isArray(value);
  } catch {
    return false;
  }
}
