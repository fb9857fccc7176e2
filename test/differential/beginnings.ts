/** How the scripts of scenes begin: the modules that nearly all of them load, and how long tm waits in them. */

const USUAL = ['tm', 'tmx', 'sl', 'pv', 'textops', 'textopsx', 'siputils', 'kex'] as const;

/** Loads the usual modules and these. */
export const loading = (...more: readonly string[]): string =>
  [...USUAL, ...more].map((name) => `loadmodule "${name}.so"`).join('\n');

/** How long tm waits for a reply, and for the final one of an INVITE. */
export const waiting = (replyMs: number, inviteMs: number): string =>
  `modparam("tm", "fr_timer", ${replyMs})\nmodparam("tm", "fr_inv_timer", ${inviteMs})`;
