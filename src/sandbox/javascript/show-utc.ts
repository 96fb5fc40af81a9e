/**
 * Makes `Date` of this thread tell UTC as local time. QuickJS asks it for the time zone, and the clock of every sandbox
 * shows UTC, whatever the server's does.
 */
export function showUtc(date: Date): void {
  Object.assign(date, {
    getTimezoneOffset: () => 0,
    getFullYear: date.getUTCFullYear,
    getMonth: date.getUTCMonth,
    getDate: date.getUTCDate,
    getDay: date.getUTCDay,
    getHours: date.getUTCHours,
    getMinutes: date.getUTCMinutes,
    getSeconds: date.getUTCSeconds,
  });
}
