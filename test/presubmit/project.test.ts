/** House rules on the project around the source: modules, packages, licence, and what must not be committed. */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { isText, projectFiles, readText, root } from './source-tree.ts';

interface Package {
  readonly license: string;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
}

interface Lock {
  readonly packages: Readonly<
    Record<
      string,
      {
        readonly resolved?: string;
        readonly hasInstallScript?: boolean;
        readonly dev?: boolean;
        readonly devOptional?: boolean;
      }
    >
  >;
}

const files = projectFiles();
const manifest: Package = JSON.parse(readText('package.json'));
const lock: Lock = JSON.parse(readText('package-lock.json'));
const runtime = Object.entries(lock.packages).filter(
  ([path, entry]) => path !== '' && !entry.dev && !entry.devOptional,
);

describe('every module', () => {
  const names = [...new Set(files.flatMap((path) => /^src\/modules\/([^/]+)\//.exec(path)?.[1] ?? []))];

  it('has its declaration and its page', () => {
    const wanted = names.flatMap((name) => [`src/modules/${name}/${name}.ts`, `src/modules/${name}/README.md`]);
    expect(wanted.filter((path) => !files.includes(path))).toEqual([]);
  });

  it('lives in a folder of its own', () => {
    expect(files.filter((path) => /^src\/modules\/[^/]+$/.test(path))).toEqual([]);
  });
});

describe('every sample', () => {
  it('has its page', () => {
    const names = [...new Set(files.flatMap((path) => /^samples\/([^/]+)\//.exec(path)?.[1] ?? []))];
    expect(names.filter((name) => !files.includes(`samples/${name}/README.md`))).toEqual([]);
  });
});

describe('the packages', () => {
  it('are pinned to one version each', () => {
    const all = Object.entries({ ...manifest.dependencies, ...manifest.devDependencies });
    expect(all.filter(([, version]) => !/^\d+\.\d+\.\d+(?:-[\w.]+)?$/.test(version))).toEqual([]);
  });

  it('are locked without a download host', () => {
    const hosts = Object.entries(lock.packages).filter(([, { resolved }]) => resolved !== undefined);
    expect(hosts.map(([path]) => path)).toEqual([]);
  });

  it('run no script when they are installed for use', () => {
    expect(runtime.filter(([, { hasInstallScript }]) => hasInstallScript === true).map(([path]) => path)).toEqual([]);
  });

  it('contain no native code where they are installed for use', () => {
    const native = runtime
      .filter(([path]) => existsSync(join(root, path)))
      .flatMap(([path]) =>
        readdirSync(join(root, path), { recursive: true, encoding: 'utf8' }).map((file) => join(path, file)),
      )
      .filter((file) => file.endsWith('.node') || file.endsWith('binding.gyp'));
    expect(native).toEqual([]);
  });
});

describe('the licence', () => {
  it('is GPL-2.0-or-later in the manifest and the GPL version 2 in the file', () => {
    expect(manifest.license).toBe('GPL-2.0-or-later');
    expect(readText('LICENSE').replace(/\s+/g, ' ')).toContain('GNU GENERAL PUBLIC LICENSE Version 2, June 1991');
  });
});

describe('the committed files', () => {
  it('name no place of the machine on which they were written', () => {
    const places = ['work', 'root', 'home', 'Users'].join('|');
    const pattern = new RegExp(`(?:^|[\\s'"\`(=:,])/(?:${places})/`);
    const texts = files.filter((path) => path !== 'package-lock.json' && isText(path));
    const faults = texts.flatMap((path) =>
      readText(path)
        .split('\n')
        .flatMap((line, index) => (pattern.test(line) ? [`${path}:${index + 1}`] : [])),
    );
    expect(faults).toEqual([]);
  });

  it('are not built or downloaded', () => {
    expect(files.filter((path) => /^(?:dist|coverage|node_modules|\.cache)\//.test(path))).toEqual([]);
  });
});
