// Preloaded before everything else: keeps the compiled code of this program between starts. It changes nothing that the code does.
// From start to ready took 2.04 s without it and 1.89 s with it (medians of six starts each, in turn, on two slow cores). Where the folder
// cannot be written, nothing is kept.
import { enableCompileCache } from 'node:module';
import { fileURLToPath } from 'node:url';

enableCompileCache(fileURLToPath(new URL('../node_modules/.cache/dateline', import.meta.url)));
