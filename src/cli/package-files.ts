/** Files that come with the package: found by its name, so that it does not matter where the code that asks was built to. */
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

/** The path of a file of the package, as in `samples/per-route-targets/routes.ts`. */
export function packageFile(path: string): string {
  return join(dirname(createRequire(import.meta.url).resolve('viaduct/package.json')), path);
}
