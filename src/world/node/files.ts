/** Files from Node's file system. */
import { readFile } from 'node:fs/promises';
import type { Files } from '../world.ts';

export const nodeFiles = (): Files => ({ readText: (path) => readFile(path, 'utf8') });
