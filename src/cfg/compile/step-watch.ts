/** Puts the modules that follow a script in front of its steps; without such a module code stays as it is. */
import type { ScriptPlace, ScriptWatch } from '../../engine/script-watch.ts';
import type { CallCode } from './call-compiler.ts';
import type { Step } from './run.ts';
import type { Scene } from './scene.ts';
import type { Sources, Span } from '../source.ts';
import type { Standing } from './standing.ts';

export class StepWatch {
  readonly #watch: ScriptWatch | undefined;
  readonly #sources: Sources;
  readonly #standing: Pick<Standing, 'route'>;

  constructor({ watch, sources, standing }: Pick<Scene, 'watch' | 'sources' | 'standing'>) {
    this.#watch = watch;
    this.#sources = sources;
    this.#standing = standing;
  }

  step(action: string, span: Span, step: Step): Step {
    const watch = this.#watch;
    if (watch === undefined) return step;
    const place = this.#place(action, span);
    return (run) => {
      watch(place, run.ctx);
      return step(run);
    };
  }

  call(action: string, span: Span, code: CallCode): CallCode {
    const watch = this.#watch;
    if (watch === undefined) return code;
    const place = this.#place(action, span);
    return {
      ...code,
      eval(run) {
        watch(place, run.ctx);
        return code.eval(run);
      },
    };
  }

  #place(action: string, { file, start }: Span): ScriptPlace {
    return { route: this.#standing.route, file, line: this.#sources.place(file, start).line, action };
  }
}
