// Preloaded before everything else: keeps the compiled code of this program between starts, and finds its files by the paths that imports
// spell. It changes nothing that the code does. JavaScript, since TypeScript would load the stripper of types before its results are kept.
// Keeping compiled code alone, a start took 4.4 s of CPU on a busy machine, and 2.1 s with both (medians of six starts each, in turn).
import module from 'node:module';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import manifest from '../package.json' with { type: 'json' };

// Taken from the module as a whole, since an older Node.js would say no more than that there is no such export.
const { enableCompileCache, registerHooks } = module;
if (!enableCompileCache || !registerHooks) {
  process.stderr.write(
    `Node.js ${manifest.engines.node} is needed, and this is ${process.version}. Where npm ci installs the development dependencies as well, Node.js 24 comes with them.\n`,
  );
  process.exit(1);
}

// Where the folder cannot be written, nothing is kept.
enableCompileCache(fileURLToPath(new URL('../node_modules/.cache/dateline', import.meta.url)));

const OURS = 'module-typescript';
/** Whose files are many, and all of one kind; other packages may hold files of both kinds under one extension. */
const LARGE = /\/node_modules\/drizzle-orm\//;
/** Of its files and of ours, by URL. */
const formats = new Map();
/** What our files import from packages, by its name: all of them see the same. */
const packages = new Map();

registerHooks({
  /** Node.js 24 parses the `exports` of package.json anew for each import: of the 179 KB of drizzle-orm's, a quarter of a start went there. */
  resolve(specifier, context, next) {
    const { parentURL = '', conditions } = context;
    const format = conditions.includes('import') ? formats.get(parentURL) : undefined;
    if (format !== undefined && specifier.startsWith('.') && extname(specifier) === extname(parentURL)) {
      const { href: url } = new URL(specifier, parentURL);
      formats.set(url, format);
      return { url, format, shortCircuit: true };
    }
    const isOfPackage = format === OURS && !specifier.startsWith('.');
    const known = isOfPackage ? packages.get(specifier) : undefined;
    if (known) return { ...known, shortCircuit: true };
    const found = next(specifier, context);
    if (found.format === OURS || (found.format === 'module' && LARGE.test(found.url)))
      formats.set(found.url, found.format);
    if (isOfPackage) packages.set(specifier, found);
    return found;
  },
});
