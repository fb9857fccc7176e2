/** What cfgutils declares: parameters, functions, `$RANDOM` and RPC, under Kamailio's names. */
import { int, str } from '../../engine/spec.ts';

const anywhere = ['request', 'branch', 'onsend', 'reply', 'onreply', 'failure', 'branch_failure', 'event'] as const;
const percent = int({ min: 0, max: 100, doc: 'Percent.' });
const gflag = int({ min: 0, max: 31, doc: 'Number of the flag.' });
const key = str({ doc: 'Name of the lock.' });

/** Seconds that a route may sleep. */
export const MAX_SLEEP_SECONDS = 3_600;

export const declaration = {
  name: 'cfgutils',
  doc: 'Chance, waiting, locks and global flags for routes.',
  params: {
    initial_probability: int({ default: 10, min: 0, max: 100, doc: 'Percent that randEvent is true, at the start.' }),
    initial_gflags: int({ default: 0, min: 0, doc: 'Bits of the global flags, at the start.' }),
    lock_set_size: int({ default: 0, min: 0, doc: 'Accepted; every name has a lock of its own.' }),
    hash_file: str({ doc: 'Accepted; nothing is hashed.' }),
  },
  functions: {
    randEvent: {
      cfg: ['rand_event'],
      routes: anywhere,
      args: [],
      returns: 'boolean',
      doc: 'True with the probability that is set.',
    },
    randSetProb: {
      cfg: ['rand_set_prob'],
      routes: anywhere,
      args: [percent],
      returns: { set: 1 },
      doc: 'Sets the probability, for all messages.',
    },
    randResetProb: {
      cfg: ['rand_reset_prob'],
      routes: anywhere,
      args: [],
      returns: { reset: 1 },
      doc: 'Back to initial_probability.',
    },
    randGetProb: {
      cfg: ['rand_get_prob'],
      routes: anywhere,
      args: [],
      returns: 'number',
      doc: 'The probability that is set, in percent.',
    },
    sleep: {
      cfg: ['sleep'],
      routes: ['request', 'branch', 'reply', 'onreply', 'failure', 'branch_failure'],
      args: [int({ min: 0, max: MAX_SLEEP_SECONDS, doc: 'Seconds.' })],
      returns: { slept: 1, full: -1 },
      async: true,
      doc: 'Goes on after a while. Other messages are handled meanwhile.',
    },
    usleep: {
      cfg: ['usleep'],
      routes: ['request', 'branch', 'reply', 'onreply', 'failure', 'branch_failure'],
      args: [int({ min: 0, max: MAX_SLEEP_SECONDS * 1_000_000, doc: 'Microseconds; rounded up to milliseconds.' })],
      returns: { slept: 1, full: -1 },
      async: true,
      doc: 'The same, finer.',
    },
    lock: {
      cfg: ['lock'],
      routes: anywhere,
      args: [key],
      returns: { locked: 1, full: -1 },
      async: true,
      doc: 'Waits until no other route holds this lock. It ends with unlock, with the request route, or after 10 seconds.',
    },
    tryLock: {
      cfg: ['trylock'],
      routes: anywhere,
      args: [key],
      returns: 'boolean',
      doc: 'Takes the lock if nobody else holds it.',
    },
    unlock: {
      cfg: ['unlock'],
      routes: anywhere,
      args: [key],
      returns: { unlocked: 1, notHeld: -1 },
      doc: 'Gives the lock to the next.',
    },
    coreHash: {
      cfg: ['core_hash'],
      routes: anywhere,
      args: [
        str({ doc: 'A text.' }),
        str({ doc: 'Another one.' }),
        int({ min: 0, max: 31, doc: 'Bits of the hash; 0 is 1.' }),
      ],
      returns: 'number',
      doc: 'A number from 1 to 2 to the power of the bits that is always the same for these texts.',
    },
    setGflag: {
      cfg: ['set_gflag'],
      routes: anywhere,
      args: [gflag],
      returns: { set: 1 },
      doc: 'Sets a flag of all messages.',
    },
    resetGflag: {
      cfg: ['reset_gflag'],
      routes: anywhere,
      args: [gflag],
      returns: { reset: 1 },
      doc: 'Clears a flag of all messages.',
    },
    isGflag: {
      cfg: ['is_gflag'],
      routes: anywhere,
      args: [gflag],
      returns: 'boolean',
      doc: 'Whether a flag of all messages is set.',
    },
  },
  pvs: { RANDOM: { type: 'int', doc: 'A random number from 0 to 2147483647.' } },
  rpc: {
    'cfgutils.rand_set_prob': { doc: 'Sets the probability of rand_event: percent.' },
    'cfgutils.rand_reset_prob': { doc: 'Back to initial_probability.' },
    'cfgutils.rand_get_prob': { doc: 'The probability.' },
    'cfgutils.set_gflag': { doc: 'Sets a global flag: its number.' },
    'cfgutils.reset_gflag': { doc: 'Clears a global flag: its number.' },
    'cfgutils.is_gflag': { doc: 'TRUE or FALSE: its number.' },
    'cfgutils.get_gflags': { doc: 'All global flags as a hexadecimal number.' },
  },
} as const;
