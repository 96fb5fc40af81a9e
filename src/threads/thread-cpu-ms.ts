/** Milliseconds that this thread has had on a processor: of two of these, what lies between took that long, on any machine. */
export function threadCpuMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1_000;
}
