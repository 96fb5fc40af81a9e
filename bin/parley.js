#!/usr/bin/env node
import module from 'node:module';
import { fileURLToPath } from 'node:url';

// npm scripts run the Node that comes with `npm install`; whoever calls this file runs their own.
if (Number(process.versions.node.split('.')[0]) < 24) {
  console.error(`Parley needs Node 24; this is ${process.version}. Use npm start, or npm run parley -- …`);
  process.exit(1);
}

// Plain JavaScript, so that even the first TypeScript file comes from the cache: a start with it takes half the time,
// and the process 30 MB less. The cache lies in our own folder, as the system's temporary one is everybody's.
module.enableCompileCache(fileURLToPath(new URL('../node_modules/.cache/parley', import.meta.url)));
await import('../src/main.ts');
