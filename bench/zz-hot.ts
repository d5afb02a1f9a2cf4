import { chmod, mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startPostgres } from '../src/db/embedded.ts';
import { loadNewsroom } from './data.ts';
import { hotPaths } from './plan.ts';
import { startGenerator, startServer } from './servers.ts';

const folder = await mkdtemp(join(tmpdir(), 'zz-'));
await chmod(folder, 0o755);
const postgres = await startPostgres({ dataDir: join(folder, 'postgres') });
const newsroom = await loadNewsroom(postgres.url, 60);
const prof = process.argv[2];
const ours = await startServer({
  name: 'ours',
  file: '../src/main.ts',
  folder,
  env: (port) => ({
    PORT: String(port),
    HOST: '127.0.0.1',
    BASE_URL: `http://127.0.0.1:${port}`,
    DATABASE_URL: postgres.url,
    DATA_DIR: folder,
    DEMO: 'off',
    ADMIN_KEY: '',
  }),
  probe: '/health/ready',
  nodeOptions: [
    '--max-semi-space-size=8',
    '--heap-growing-percent=30',
    ...(prof ? ['--cpu-prof', `--cpu-prof-dir=${prof}`] : []),
  ],
});
const buffers = join(folder, 'b');
await mkdir(buffers);
for (const [n, p] of Object.entries(hotPaths(newsroom))) {
  const a = await fetch(`http://127.0.0.1:${ours.port}${p}`, { headers: { 'accept-encoding': 'identity' } });
  await writeFile(join(buffers, n), Buffer.from(await a.arrayBuffer()));
}
const bare = await startServer({
  name: 'buffer',
  file: './limits.ts',
  folder,
  args: (port) => ['buffer', String(port), buffers],
  probe: '/ready',
});
const gen = startGenerator();
for (let r = 0; r < 4; r += 1)
  for (const [n, p] of Object.entries(hotPaths(newsroom)))
    for (const [s, path] of [
      [bare, `/${n}`],
      [ours, p],
    ] as const) {
      const b = await s.usage();
      const load = {
        connections: 64,
        method: 'GET' as const,
        paths: [path],
        spread: 'even' as const,
        port: s.port,
        seconds: 2,
      };
      const round = await gen.run(load);
      const a = await s.usage();
      console.log(
        s.name,
        n,
        Math.round(round.answers / round.seconds),
        'per s',
        Math.round((a.cpu - b.cpu) / round.answers),
        'us',
      );
    }
await gen.stop();
await ours.stop();
await bare.stop();
await postgres.stop();
process.exit(0);
