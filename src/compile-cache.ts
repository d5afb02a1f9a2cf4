// Preloaded before everything else: keeps the compiled code of this program between starts. It changes nothing that the code does.
// From start to ready took 2.5 s without it and 2.0 s with it (medians of one run); where the folder cannot be written there is none.
import { enableCompileCache } from 'node:module';
import { fileURLToPath } from 'node:url';

enableCompileCache(fileURLToPath(new URL('../node_modules/.cache/dateline', import.meta.url)));
