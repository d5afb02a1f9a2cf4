// Entry: configuration, database, app, listen; on SIGTERM drain, close, and stop the database last. It holds no behaviour of the API.
import { once } from 'node:events';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { buildApp } from './app.ts';
import { prepareDatabase } from './commands/prepare.ts';
import { say } from './commands/saying.ts';
import { type Config, ConfigError, loadDotEnv, readConfig } from './config.ts';
import { type EmbeddedPostgres, startPostgres } from './db/embedded.ts';
import { explainRefusal } from './db/refusals.ts';
import { withoutValues } from './db/told.ts';
import { taken } from './log.ts';

/** Orchestrators kill after 10 s. Whoever is slower than this has their connection cut. */
const DRAIN_MS = 7_000;
const EXIT_MS = 9_500;
/** For whoever reads what was said last. */
const LAST_WORDS_MS = 300;

async function main(): Promise<void> {
  loadDotEnv();
  const config = readConfig();
  let starting: Promise<EmbeddedPostgres> | undefined;
  let stopping: Promise<void> | undefined;
  let app: Awaited<ReturnType<typeof buildApp>> | undefined;

  const stop = () => {
    stopping ??= (async () => {
      const cut = setTimeout(() => app?.server.closeAllConnections(), DRAIN_MS).unref();
      setTimeout(() => fail(new Error('Stopping took too long: what was unfinished is lost.')), EXIT_MS).unref();
      await app?.close();
      clearTimeout(cut);
      await (await starting?.catch(() => undefined))?.stop();
    })();
    return stopping;
  };
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
    process.on(signal, () => {
      // A second one must not end this before the database is stopped.
      if (stopping) return;
      say('Stopping: requests in flight are finished first.');
      stop().then(() => leave(0), fail);
    });
  }

  try {
    await tryListening(config);
    if (!config.databaseUrl)
      starting = startPostgres({ dataDir: join(config.dataDir, 'postgres'), onProgress: say, revive: true });
    const databaseUrl = config.databaseUrl ?? (await starting)?.url ?? '';
    const explain = (error: unknown) => {
      throw explainRefusal(error, databaseUrl) ?? error;
    };
    const { adminKey } = await prepareDatabase(databaseUrl, config, say).catch(explain);
    // At once: it cannot be had again, and what follows can fail, as where the port is taken.
    if (adminKey) say(`Administrator's key: ${adminKey}   (shown this once: keep it)`);
    if (stopping) return;
    app = await buildApp({ ...config, databaseUrl, mediaDir: join(config.dataDir, 'media') });
    // Here more connections are opened, which the database may not have.
    await Promise.resolve(app.ready()).catch(explain);
    await app.listen({ port: config.port, host: config.host });
    say('');
    say(`  Dateline answers at  ${config.baseUrl}`);
    say(`  Documentation        ${config.baseUrl}/docs`);
    say('');
  } catch (error) {
    // What breaks because a signal came is no fault; its handler ends the process.
    if (stopping) return;
    // What has not begun in order may not end in order, and why it could not begin is to be told all the same.
    await Promise.race([stop().catch(() => {}), sleep(DRAIN_MS)]);
    throw readable(error, config);
  }
}

/** Before a database is made or asked: where nothing can be answered, nothing is to be begun. */
async function tryListening({ host, port }: Pick<Config, 'host' | 'port'>): Promise<void> {
  const server = createServer().listen({ host, port });
  await once(server, 'listening');
  await once(server.close(), 'close');
}

function readable(error: unknown, { host, port }: Pick<Config, 'host' | 'port'>): unknown {
  const { code, syscall } = error as NodeJS.ErrnoException;
  if (code === 'EADDRNOTAVAIL' || (code === 'ENOTFOUND' && syscall === 'getaddrinfo'))
    return new ConfigError([`HOST ${host} is no address of this machine`]);
  if (code === 'EADDRINUSE')
    return new ConfigError([`PORT ${port} is taken by another program: set PORT to a free one`]);
  if (code === 'EACCES' && syscall === 'listen')
    return new ConfigError([`PORT ${port} may not be opened by this account: set PORT to one above 1023`]);
  return error;
}

/** A plain Error is written for whoever reads it here; a TypeError and its kin are faults, which need their stack. */
function fail(error: unknown): void {
  withoutValues(error);
  const told = error instanceof ConfigError || (error instanceof Error && error.constructor === Error);
  process.stderr.write(`${told ? error.message : error instanceof Error ? error.stack : String(error)}\n`);
  leave(1);
}

function leave(code: number): void {
  taken(LAST_WORDS_MS).then(() => process.exit(code));
}

main().catch(fail);
