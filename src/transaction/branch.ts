/**
 * The branch parameter of the Vias that we write. It names its owner, so that a reply which reaches another worker can
 * be passed on.
 * Form: `z9hG4bKvd.<node>.<worker>.<id>.<index>`, numbers in base 36, and `.s<seal>` where somebody has sealed something
 * into it. Holds no random source: uniqueness comes in.
 */
import { flat } from '../util/flat.ts';
import { MAGIC_COOKIE } from './keys.ts';

export interface BranchOwner {
  readonly node: number;
  readonly worker: number;
}

export interface OwnBranch extends BranchOwner {
  /** Shared by all branches of one server transaction: 1 to `MAX_ID_LENGTH` of A-Z a-z 0-9 _ -. */
  readonly id: string;
  /** Which branch of the fork. */
  readonly index: number;
  /** What only the one who wrote it can read: `MIN_SEAL_LENGTH` to `MAX_SEAL_LENGTH` of A-Z a-z 0-9 _ -. */
  readonly seal?: string;
}

/** The highest node, worker and branch index. */
export const MAX_BRANCH_NUMBER = 0xffff;
export const MAX_ID_LENGTH = 64;
export const MIN_SEAL_LENGTH = 22;
export const MAX_SEAL_LENGTH = 255;
/** 96 bits: neither a restart nor another node brings an id back. */
export const MIN_RANDOM_BYTES = 12;

const PREFIX = `${MAGIC_COOKIE}vd.`;
const NUMBER = '(0|[1-9a-z][0-9a-z]{0,3})';
const OWN_BRANCH = new RegExp(
  `^${MAGIC_COOKIE}vd\\.${NUMBER}\\.${NUMBER}\\.([A-Za-z0-9_-]{1,${MAX_ID_LENGTH}})\\.${NUMBER}` +
    `(?:\\.s([A-Za-z0-9_-]{${MIN_SEAL_LENGTH},${MAX_SEAL_LENGTH}}))?$`,
);

/** `undefined` for a branch that is not ours. Anyone can write one that looks like it: the owner's table decides. */
export function parseBranch(text: string): OwnBranch | undefined {
  const match = OWN_BRANCH.exec(text);
  if (match === null) return undefined;
  const [, nodeText = '', workerText = '', id = '', indexText = '', seal] = match;
  const node = Number.parseInt(nodeText, 36);
  const worker = Number.parseInt(workerText, 36);
  const index = Number.parseInt(indexText, 36);
  if (node > MAX_BRANCH_NUMBER || worker > MAX_BRANCH_NUMBER || index > MAX_BRANCH_NUMBER) return undefined;
  return seal === undefined ? { node, worker, id, index } : { node, worker, id, index, seal };
}

export function formatBranch({ node, worker, id, index, seal }: OwnBranch): string {
  const plain = `${PREFIX}${node.toString(36)}.${worker.toString(36)}.${id}.${index.toString(36)}`;
  return seal === undefined ? plain : sealedBranch(plain, seal);
}

export const sealedBranch = (plain: string, seal: string): string => `${plain}.s${seal}`;

/** The branch without its seal. */
export function plainBranch(branch: string): string {
  const seal = parseBranch(branch)?.seal;
  return seal === undefined ? branch : branch.slice(0, -sealedBranch('', seal).length);
}

/** Makes the branches of one worker. */
export class BranchFactory {
  readonly #head: string;
  readonly #prefix: string;
  #used = 0;

  /** `random`: at least `MIN_RANDOM_BYTES` fresh ones, so that no two factories ever make the same id. */
  constructor(owner: BranchOwner, random: Uint8Array) {
    if (!isBranchNumber(owner.node) || !isBranchNumber(owner.worker)) {
      throw new RangeError(`node and worker are integers from 0 to ${MAX_BRANCH_NUMBER}`);
    }
    if (random.length < MIN_RANDOM_BYTES) throw new RangeError(`a branch needs ${MIN_RANDOM_BYTES} random bytes`);
    this.#head = `${PREFIX}${owner.node.toString(36)}.${owner.worker.toString(36)}.`;
    // Of constant length, so that the counter after it needs no separator.
    this.#prefix = Buffer.from(random.subarray(0, MIN_RANDOM_BYTES)).toString('base64url');
  }

  /** Tells this factory from all others, also from those of other lives of this worker. */
  get life(): string {
    return this.#head.slice(PREFIX.length) + this.#prefix;
  }

  /** Whether it has made the branch. */
  made(branch: string): boolean {
    return branch.startsWith(this.#head) && branch.startsWith(this.#prefix, this.#head.length);
  }

  /**
   * The key of a client transaction of ours, by its branch and its method (RFC 3261 section 17.1.3): without what all
   * branches of this factory begin with, which makes it short. A branch of somebody else stands behind a space: who knows our
   * count but not our random bytes must not pass for us.
   */
  clientKey(branch: string, method: string): string {
    const tail = this.made(branch) ? branch.slice(this.#head.length + this.#prefix.length) : ` ${branch}`;
    return flat(`${tail} ${method}`);
  }

  /** A new id: one for each server transaction. */
  nextId(): string {
    this.#used += 1;
    return this.#prefix + this.#used.toString(36);
  }

  branch(id: string, index: number): string {
    return `${this.#head}${id}.${index.toString(36)}`;
  }
}

const isBranchNumber = (value: number): boolean => Number.isInteger(value) && value >= 0 && value <= MAX_BRANCH_NUMBER;
