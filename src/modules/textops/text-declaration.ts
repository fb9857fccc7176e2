/** What textops declares about texts and bodies: searching, replacing, comparing, parts of bodies. */
import { choice, int, pv, str, substitution } from '../../engine/spec.ts';
import { anywhere, movingPattern, name, pattern, requests, which } from './declaration.ts';

const expression = substitution({
  doc: 'Flags: `g` all matches, `i` without regard to case, `s` not line by line. `\\1` is a group.',
});
const replacement = str({ doc: 'What stands there afterwards.' });
const text = str({ doc: 'A text.' });
const type = str({ doc: 'Content-Type of the part.' });
const mode = choice({ choices: { all: ['a'], first: ['f'] }, doc: 'Which ones.' });
const replaced = { replaced: 1, absent: -1 } as const;
/** Kamailio says the same whether there was something to replace or not. */
const replacedText = { replaced: 1, absent: 1 } as const;
const compared = { equal: 1, greater: -1, less: -2 } as const;

const searching = {
  search: {
    cfg: ['search'],
    routes: anywhere,
    args: [pattern],
    returns: 'boolean',
    doc: 'Whether the message, as it would leave now, matches.',
  },
  searchBody: {
    cfg: ['search_body'],
    routes: anywhere,
    args: [pattern],
    returns: 'boolean',
    doc: 'Whether the body matches.',
  },
  searchHf: {
    cfg: ['search_hf'],
    routes: anywhere,
    args: [name, pattern, which],
    returns: 'boolean',
    doc: 'Whether the value of a header matches.',
  },
  searchStr: {
    cfg: ['search_str'],
    routes: anywhere,
    args: [text, movingPattern],
    returns: 'boolean',
    doc: 'Whether a text matches.',
  },
  searchAppend: {
    cfg: ['search_append'],
    routes: anywhere,
    args: [pattern, str({ doc: 'What is added.' })],
    returns: { added: 1, absent: -1 },
    doc: 'Adds a text behind the first match in headers or body.',
  },
  searchAppendBody: {
    cfg: ['search_append_body'],
    routes: anywhere,
    args: [pattern, str({ doc: 'What is added.' })],
    returns: { added: 1, absent: -1 },
    doc: 'Adds a text behind the first match in the body.',
  },
  regexSubstring: {
    cfg: ['regex_substring'],
    routes: anywhere,
    args: [
      text,
      movingPattern,
      int({ min: 0, max: 9, doc: 'Which group; 0 is the whole match.' }),
      int({ min: 0, doc: 'How many groups there may be, the whole match included.' }),
      pv({ writable: true, doc: 'Gets the text of the group.' }),
    ],
    returns: { found: 1, absent: -2 },
    doc: 'Writes what a group of an expression holds into a variable.',
  },
} as const;

const replacing = {
  replace: {
    cfg: ['replace'],
    routes: anywhere,
    args: [pattern, replacement],
    returns: replaced,
    doc: 'Replaces the first match in headers or body.',
  },
  replaceAll: {
    cfg: ['replace_all'],
    routes: anywhere,
    args: [pattern, replacement],
    returns: replaced,
    doc: 'Replaces all matches in headers and body.',
  },
  replaceHdrs: {
    cfg: ['replace_hdrs'],
    routes: anywhere,
    args: [pattern, replacement],
    returns: replaced,
    doc: 'Replaces the first match in the headers.',
  },
  replaceBody: {
    cfg: ['replace_body'],
    routes: anywhere,
    args: [pattern, replacement],
    returns: replaced,
    doc: 'Replaces the first match in the body.',
  },
  replaceBodyAll: {
    cfg: ['replace_body_all'],
    routes: anywhere,
    args: [pattern, replacement],
    returns: replaced,
    doc: 'Replaces all matches in the body, line by line.',
  },
  replaceBodyAtonce: {
    cfg: ['replace_body_atonce'],
    routes: anywhere,
    args: [pattern, replacement],
    returns: replaced,
    doc: 'Replaces all matches in the body, which is one line.',
  },
  replaceStr: {
    cfg: ['replace_str'],
    routes: anywhere,
    args: [text, replacement, mode],
    returns: replacedText,
    doc: 'Replaces a text in headers and body.',
  },
  replaceHdrsStr: {
    cfg: ['replace_hdrs_str'],
    routes: anywhere,
    args: [text, replacement, mode],
    returns: replacedText,
    doc: 'Replaces a text in the headers.',
  },
  replaceBodyStr: {
    cfg: ['replace_body_str'],
    routes: anywhere,
    args: [text, replacement, mode],
    returns: replacedText,
    doc: 'Replaces a text in the body.',
  },
  subst: {
    cfg: ['subst'],
    routes: anywhere,
    args: [expression],
    returns: replaced,
    doc: 'Substitutes in headers and body.',
  },
  substBody: {
    cfg: ['subst_body'],
    routes: anywhere,
    args: [expression],
    returns: replaced,
    doc: 'Substitutes in the body.',
  },
  substHf: {
    cfg: ['subst_hf'],
    routes: anywhere,
    args: [name, expression, which],
    returns: replaced,
    doc: 'Substitutes in the value of a header.',
  },
  substUri: {
    cfg: ['subst_uri'],
    routes: ['request', 'failure', 'branch', 'branch_failure'],
    args: [expression],
    returns: replaced,
    doc: 'Substitutes in the Request-URI.',
  },
  substUser: {
    cfg: ['subst_user'],
    routes: ['request', 'failure', 'branch', 'branch_failure'],
    args: [expression],
    returns: replaced,
    doc: 'Substitutes in the user of the Request-URI.',
  },
} as const;

const comparing = {
  isMethod: {
    cfg: ['is_method'],
    routes: anywhere,
    args: [str({ doc: 'Methods, `INVITE|ACK`.' })],
    returns: 'boolean',
    doc: 'Whether the method, in replies that of CSeq, is one of these.',
  },
  compareStart: {
    cfg: ['starts_with'],
    routes: anywhere,
    args: [text, str({ doc: 'How it should begin.' })],
    returns: { equal: 1, shorter: -1, greater: -1, less: -2 },
    doc: 'Whether a text begins with another one, with regard to case, and if not, which one comes first.',
  },
  compareEnd: {
    cfg: ['ends_with'],
    routes: anywhere,
    args: [text, str({ doc: 'How it should end.' })],
    returns: { equal: 1, shorter: -1, greater: -1, less: -2 },
    doc: 'Whether a text ends with another one, with regard to case.',
  },
  cmpStr: { cfg: ['cmp_str'], routes: anywhere, args: [text, text], returns: compared, doc: 'Compares two texts.' },
  cmpIstr: {
    cfg: ['cmp_istr'],
    routes: anywhere,
    args: [text, text],
    returns: compared,
    doc: 'Compares two texts without regard to case.',
  },
  strFind: {
    cfg: ['str_find'],
    routes: anywhere,
    args: [text, str({ doc: 'What should stand in it.' })],
    returns: 'boolean',
    doc: 'Whether a text holds another one.',
  },
  strIfind: {
    cfg: ['str_ifind'],
    routes: anywhere,
    args: [text, str({ doc: 'What should stand in it.' })],
    returns: 'boolean',
    doc: 'The same without regard to case.',
  },
  inList: {
    cfg: ['in_list'],
    routes: anywhere,
    args: [text, str({ doc: 'A list.' }), str({ doc: 'The character between its elements.' })],
    returns: 'boolean',
    doc: 'Whether a text is an element of a list.',
  },
  inListPrefix: {
    cfg: ['in_list_prefix'],
    routes: anywhere,
    args: [text, str({ doc: 'A list.' }), str({ doc: 'The character between its elements.' })],
    returns: 'boolean',
    doc: 'Whether a text begins with an element of a list.',
  },
} as const;

const bodies = {
  hasBody: {
    cfg: ['has_body'],
    routes: anywhere,
    args: [str({ optional: true, doc: 'Its type; a body without Content-Type counts as application/sdp.' })],
    returns: 'boolean',
    doc: 'Whether there is a body (of this type).',
  },
  setBody: {
    cfg: ['set_body'],
    routes: [...requests, 'reply', 'onreply', 'event'],
    args: [str({ doc: 'The body.' }), str({ doc: 'Its type.' })],
    returns: { set: 1, empty: -1 },
    doc: 'Gives the message another body.',
  },
  filterBody: {
    cfg: ['filter_body'],
    routes: anywhere,
    args: [type],
    returns: { filtered: 1, absent: -1 },
    doc: 'Leaves of a body with several parts the content of the first of this type.',
  },
  isAudioOnHold: {
    cfg: ['is_audio_on_hold'],
    routes: anywhere,
    args: [],
    returns: { address: 1, direction: 2, no: -1 },
    doc: 'Whether the SDP puts audio on hold: by the address 0.0.0.0, or by a=sendonly or a=inactive.',
  },
  setBodyMultipart: {
    cfg: ['set_body_multipart'],
    routes: requests,
    args: [
      str({ optional: true, doc: 'The body; without it the one that is there.' }),
      str({ optional: true, doc: 'Its type.' }),
      str({ optional: true, doc: 'Boundary; `unique-boundary-1` unless told.' }),
    ],
    cfgForms: { 1: [{ is: undefined }, { is: undefined }, 0] },
    returns: { set: 1, refused: -1 },
    doc: 'Makes a body with several parts, this one the first.',
  },
  appendBodyPart: {
    cfg: ['append_body_part'],
    routes: requests,
    args: [str({ doc: 'The part.' }), type, str({ optional: true, doc: 'Content-Disposition of the part.' })],
    returns: { added: 1, refused: -1 },
    doc: 'Adds a part to a body with several.',
  },
  appendBodyPartHex: {
    cfg: ['append_body_part_hex'],
    routes: requests,
    args: [
      str({ doc: 'The part, two digits a byte; white space does not count.' }),
      type,
      str({ optional: true, doc: 'Content-Disposition of the part.' }),
    ],
    returns: { added: 1, refused: -1 },
    doc: 'Adds a part that is written in digits.',
  },
  getBodyPart: {
    cfg: ['get_body_part'],
    routes: ['request', 'branch', 'reply', 'onreply', 'failure', 'branch_failure'],
    args: [type, pv({ writable: true, doc: 'Gets the part.' })],
    returns: { found: 1, absent: -1 },
    doc: 'Writes the content of the first part of this type into a variable.',
  },
  getBodyPartRaw: {
    cfg: ['get_body_part_raw'],
    routes: ['request', 'branch', 'reply', 'onreply', 'failure', 'branch_failure'],
    args: [type, pv({ writable: true, doc: 'Gets the part.' })],
    returns: { found: 1, absent: -1 },
    doc: 'The same with its headers and the boundary behind it.',
  },
  removeBodyPart: {
    cfg: ['remove_body_part'],
    routes: requests,
    args: [type],
    returns: { removed: 1, absent: -1 },
    doc: 'Removes the first part of this type.',
  },
} as const;

export const textDeclarations = { ...comparing, ...searching, ...replacing, ...bodies } as const;
