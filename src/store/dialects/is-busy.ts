const SQLITE_BUSY = 5;

/** Whether SQLite says that another connection, usually of another process, has the database locked. */
export function isBusy(error: unknown): boolean {
  const { code, errcode } = (error ?? {}) as { code?: unknown; errcode?: unknown };
  // The low byte is the kind of error, the rest says more about it (261 is SQLITE_BUSY_RECOVERY).
  return code === 'ERR_SQLITE_ERROR' && typeof errcode === 'number' && (errcode & 0xff) === SQLITE_BUSY;
}
