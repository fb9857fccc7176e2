/** Reads the PEM files that the flags name. */
import type { Files, TlsOptions } from '../world/world.ts';
import { ViaductError } from '../errors.ts';
import type { TlsFiles } from './run-options.ts';

export async function readTls(paths: TlsFiles, files: Files): Promise<TlsOptions | undefined> {
  const [cert, key, ca] = await Promise.all([
    readPem('--tls-cert', paths.cert, files),
    readPem('--tls-key', paths.key, files),
    readPem('--tls-ca', paths.ca, files),
  ]);
  if (cert === undefined && ca === undefined) return undefined;
  return {
    ...(cert !== undefined && { cert }),
    ...(key !== undefined && { key }),
    ...(ca !== undefined && { ca }),
    verify: ca !== undefined,
  };
}

async function readPem(flag: string, path: string | undefined, files: Files): Promise<string | undefined> {
  if (path === undefined) return undefined;
  const text = await files.readText(path).catch((error: unknown) => {
    const missing = error instanceof Error && 'code' in error && error.code === 'ENOENT';
    const why = missing ? 'there is no such file' : error instanceof Error ? error.message : String(error);
    throw new ViaductError('TLS_CERTIFICATE', `${flag} ${path}: ${why}. Give the path of a PEM file.`, {
      cause: error,
    });
  });
  if (text.includes('-----BEGIN ')) return text;
  throw new ViaductError('TLS_CERTIFICATE', `${flag} ${path}: this is not PEM text (it has no BEGIN line).`);
}
