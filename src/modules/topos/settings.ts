/** The parameters of topos as the rest of the module reads them. */
import type { ParamsOf } from '../../engine/spec.ts';
import type { declaration } from './declaration.ts';

type Params = ParamsOf<(typeof declaration)['params']>;

export interface Settings {
  readonly onError: Params['on_error'];
  readonly redirects: Params['redirect_contacts'];
  readonly masksCallId: boolean;
  readonly updatesRoutes: boolean;
  readonly refreshesAddress: boolean;
  readonly context: string;
  readonly earlyMs: number;
  readonly dialogMs: number;
  readonly cleanMs: number;
  readonly maxDialogs: number;
  readonly eventMode: number;
  readonly folding: { readonly via: boolean; readonly recordRoute: boolean; readonly route: boolean };
  readonly noContact: ReadonlySet<string>;
  readonly noInitial: ReadonlySet<string>;
  /** Empty when every request keeps its dialog alive. */
  readonly refreshing: ReadonlySet<string>;
}

export function readSettings(params: Params): Settings {
  const folds = (bit: number): boolean => params.compat_fold === 1 && (params.header_mode & bit) === 0;
  return {
    onError: params.on_error,
    redirects: params.redirect_contacts,
    masksCallId: params.mask_callid === 1,
    updatesRoutes: params.rr_update === 1,
    refreshesAddress: params.sn_refresh_topology === 1,
    context: params.context,
    earlyMs: params.branch_expire * 1000,
    dialogMs: params.dialog_expire * 1000,
    cleanMs: params.clean_interval * 1000,
    maxDialogs: params.dialogs,
    eventMode: params.event_mode,
    folding: { via: folds(1), recordRoute: folds(2), route: folds(4) },
    noContact: methods(params.methods_nocontact),
    noInitial: methods(params.methods_noinitial),
    refreshing: methods(params.methods_update_time),
  };
}

/** Each entry may name several, separated by commas, as in kamailio.cfg. */
const methods = (entries: readonly string[]): ReadonlySet<string> =>
  new Set(entries.flatMap((entry) => entry.split(',').map((name) => name.trim().toUpperCase())));
