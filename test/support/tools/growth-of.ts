/** By how many megabytes the process grows, at most, while something goes on. */
export async function growthOf(work: () => Promise<unknown>): Promise<number> {
  const before = process.memoryUsage.rss();
  let peak = before;
  const look = setInterval(() => {
    peak = Math.max(peak, process.memoryUsage.rss());
  }, 2);
  try {
    await work();
  } finally {
    clearInterval(look);
  }
  return (Math.max(peak, process.memoryUsage.rss()) - before) / 1024 ** 2;
}
