/** What pv declares about its functions: questions about pseudo-variables, structured AVPs, the static branch. */
import { choice, int, pv, str } from '../../engine/spec.ts';

const anywhere = ['request', 'branch', 'onsend', 'reply', 'onreply', 'failure', 'branch_failure', 'event'] as const;
const requests = ['request', 'branch', 'failure', 'branch_failure'] as const;
const name = str({ doc: 'Name of the structured AVP.' });
const field = str({ doc: 'Name of the field.' });
const any = pv({ doc: 'A pseudo-variable.' });
const params = str({ doc: 'Parameters, `a=1;b=2`.' });
const target = pv({ writable: true, doc: 'Gets the text.' });

const places = {
  isSet: {
    cfg: ['pv_isset'],
    routes: anywhere,
    args: [any],
    returns: 'boolean',
    doc: 'Whether a pseudo-variable is there: it is not null.',
  },
  unset: {
    cfg: ['pv_unset'],
    routes: anywhere,
    args: [pv({ writable: true, doc: 'A pseudo-variable.' })],
    returns: { unset: 1 },
    doc: 'Writes null: the value goes.',
  },
  isInt: {
    cfg: ['is_int'],
    routes: anywhere,
    args: [any],
    returns: 'boolean',
    doc: 'Whether it is a number; a text of digits is none.',
  },
  typeOf: {
    cfg: ['typeof'],
    routes: anywhere,
    args: [any, choice({ choices: { number: ['int'], text: ['str'], null: ['null'] }, doc: 'What it should be.' })],
    returns: 'boolean',
    doc: 'Whether it is of a type.',
  },
  notEmpty: {
    cfg: ['not_empty'],
    routes: anywhere,
    args: [any],
    returns: 'boolean',
    doc: 'Whether it is a text that is not empty.',
  },
} as const;

const records = {
  explodeParams: {
    cfg: ['xavp_params_explode'],
    routes: anywhere,
    args: [params, name],
    returns: { exploded: 1, empty: -1 },
    doc: 'Makes a record with these parameters as its fields.',
  },
  explodeParamsXavu: {
    cfg: ['xavu_params_explode'],
    routes: anywhere,
    args: [params, name],
    returns: { exploded: 1, empty: -1 },
    doc: 'The same for `$xavu`.',
  },
  implodeParams: {
    cfg: ['xavp_params_implode'],
    routes: anywhere,
    args: [name, target],
    returns: { imploded: 1, absent: -1 },
    doc: 'Writes the fields of the newest record as parameters into a variable.',
  },
  implodeParamsXavu: {
    cfg: ['xavu_params_implode'],
    routes: anywhere,
    args: [name, target],
    returns: { imploded: 1, absent: -1 },
    doc: 'The same for `$xavu`.',
  },
  explodeList: {
    cfg: ['xavp_slist_explode'],
    routes: anywhere,
    args: {
      options: {
        list: str({ doc: 'A list.' }),
        separator: str({ doc: 'What stands between its parts.' }),
        mode: str({ doc: '`t` trims them.' }),
        name,
      },
    },
    cfgArity: [4],
    returns: { exploded: 1, empty: -1 },
    doc: 'Makes a value of each part of a list, the first on top.',
  },
  copyXavp: {
    cfg: ['xavp_copy'],
    routes: anywhere,
    args: [
      name,
      int({ min: 0, doc: 'Its index.' }),
      str({ doc: 'Name of the copy.' }),
      int({ min: 0, optional: true, doc: 'Index of what it replaces.' }),
    ],
    returns: { copied: 1, absent: -1 },
    doc: 'Puts a copy of one record under another name, or in the place of another record.',
  },
  varToXavp: {
    cfg: ['pv_var_to_xavp'],
    routes: anywhere,
    args: [str({ doc: 'Name of a `$var`, or `*` for all.' }), name],
    returns: { copied: 1, absent: -1 },
    doc: 'Copies variables into the fields of a record, which replaces what has that name.',
  },
  xavpToVar: {
    cfg: ['pv_xavp_to_var'],
    routes: anywhere,
    args: [name],
    returns: { copied: 1, absent: -1 },
    doc: 'Copies the fields of the newest record into variables.',
  },
} as const;

const children = {
  setChildText: {
    cfg: ['xavp_child_sets'],
    routes: anywhere,
    args: [name, field, str({ doc: 'Its value.' })],
    returns: { set: 1 },
    doc: 'Sets a field of the newest record to a text, and makes the record where there is none.',
  },
  setChildNumber: {
    cfg: ['xavp_child_seti'],
    routes: anywhere,
    args: [name, field, int({ doc: 'Its value.' })],
    returns: { set: 1 },
    doc: 'Sets a field of the newest record to a number, and makes the record where there is none.',
  },
  setChildTextXavi: {
    cfg: ['xavi_child_sets'],
    routes: anywhere,
    args: [name, field, str({ doc: 'Its value.' })],
    returns: { set: 1 },
    doc: 'The same for `$xavi`.',
  },
  setChildNumberXavi: {
    cfg: ['xavi_child_seti'],
    routes: anywhere,
    args: [name, field, int({ doc: 'Its value.' })],
    returns: { set: 1 },
    doc: 'The same for `$xavi`.',
  },
  removeXavp: {
    cfg: ['xavp_rm'],
    routes: anywhere,
    args: [name],
    returns: { removed: 1, absent: 1 },
    doc: 'Removes all values and records of this name.',
  },
  removeXavi: {
    cfg: ['xavi_rm'],
    routes: anywhere,
    args: [name],
    returns: { removed: 1, absent: 1 },
    doc: 'The same for `$xavi`.',
  },
  removeChild: {
    cfg: ['xavp_child_rm'],
    routes: anywhere,
    args: [name, field],
    returns: { removed: 1, absent: 1 },
    doc: 'Removes a field of the newest record.',
  },
  removeChildXavi: {
    cfg: ['xavi_child_rm'],
    routes: anywhere,
    args: [name, field],
    returns: { removed: 1, absent: 1 },
    doc: 'The same for `$xavi`.',
  },
} as const;

const branches = {
  resetStaticBranch: {
    cfg: ['sbranch_reset'],
    routes: requests,
    args: [],
    returns: { reset: 1 },
    doc: 'Forgets what `$sbranch` describes.',
  },
  appendStaticBranch: {
    cfg: ['sbranch_append'],
    routes: requests,
    args: [],
    returns: { appended: 1, absent: -1 },
    doc: 'Adds the branch that `$sbranch` describes.',
  },
  takeStaticBranch: {
    cfg: ['sbranch_set_ruri'],
    routes: requests,
    args: [],
    returns: { taken: 1, absent: -1 },
    doc: 'Sends the request where `$sbranch` says: Request-URI, destination, Path, socket and flags.',
  },
} as const;

export const functions = { ...places, ...records, ...children, ...branches } as const;
