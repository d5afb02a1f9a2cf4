// Shows how far a command has come: a bar on a terminal, else a line now and then. Both go to stderr.
import { Presets, SingleBar } from 'cli-progress';

const EVERY_MS = 5_000;

export interface Progress {
  /** @param more what else there is to tell */
  update(position: number, lines: number, more?: string): void;
  /** May be called twice. */
  stop(): void;
}

/** @param total in what the positions are, such as bytes */
export function showProgress(total: number, unit = 'lines'): Progress {
  const started = performance.now();
  const rate = (lines: number) => Math.round(lines / ((performance.now() - started) / 1000));
  if (process.stderr.isTTY) {
    const bar = new SingleBar(
      {
        format: `{bar} {percentage}% | {lines} ${unit} | {rate} a second | {eta_formatted} left{more}`,
        stream: process.stderr,
        clearOnComplete: true,
        hideCursor: true,
      },
      Presets.shades_classic,
    );
    bar.start(total, 0, { lines: 0, rate: 0, more: '' });
    return {
      update: (position, lines, more = '') =>
        bar.update(position, { lines, rate: rate(lines), more: more && ` | ${more}` }),
      stop: () => bar.stop(),
    };
  }
  let told = started;
  return {
    update(position, lines, more = '') {
      if (performance.now() - told < EVERY_MS) return;
      told = performance.now();
      process.stderr.write(
        `${Math.floor((position / total) * 100)} % | ${lines} ${unit} | ${rate(lines)} a second${more && ` | ${more}`}\n`,
      );
    },
    stop() {},
  };
}
