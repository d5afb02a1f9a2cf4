// Loaded into each server under test beforehand: tells its parent what CPU and memory it used, and leaves with it. It changes no answer.

export interface Usage {
  /** CPU time so far, microseconds. */
  cpu: number;
  /** Bytes; the most that was seen. */
  rss: number;
}

let rss = 0;
// Not ru_maxrss: Linux hands the parent's peak down to a child that is started by vfork.
const look = () => {
  rss = Math.max(rss, process.memoryUsage.rss());
};
setInterval(look, 200).unref();
process.on('message', () => {
  look();
  const { user, system } = process.cpuUsage();
  process.send?.({ cpu: user + system, rss } satisfies Usage);
});
process.on('disconnect', () => process.kill(process.pid, 'SIGTERM'));
process.channel?.unref();
