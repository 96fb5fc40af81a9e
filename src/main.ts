import { serve } from './cli/serve.ts';
import { ConfigError } from './config/config-error.ts';

const [command = 'serve', ...argv] = process.argv.slice(2);

try {
  if (command === 'serve') await serve(argv);
} catch (error) {
  console.error(error instanceof ConfigError ? error.message : error);
  process.exitCode = 1;
}
