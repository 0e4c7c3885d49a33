// The contract of what is handed out: free numbers, free blocks, the prefixes they belong to, and tallies. A pool is
// nothing but a name and what is free in it: what is given to it is free, what is taken from it is not, and to take all
// that was ever given is to prove that nothing of it is in use. Every call costs a few look-ups in an index, however
// much is in use. Numbers are 0 to 2^128-1.

/** Consecutive numbers, both ends included. */
export interface NumberRange {
  readonly first: bigint;
  readonly last: bigint;
}

/** 2 to the power of `bits` consecutive numbers; `first` is a multiple of that. */
export interface Block {
  readonly first: bigint;
  readonly bits: number;
}

/** A page, in ascending order. */
export interface NumberPage {
  /** Only what begins after this number. */
  readonly after?: bigint;
  /** At most so many, 1 or more. */
  readonly limit: number;
}

/** Reads pools of numbers. */
export interface FreeNumberReader {
  /** What is free, as few ranges as possible: none overlaps or touches another. */
  list(pool: string, page: NumberPage): Promise<NumberRange[]>;
}

/** Takes numbers from pools and gives them back. */
export interface FreeNumberWriter extends FreeNumberReader {
  /** Takes the lowest free number; undefined if none is free. */
  takeFirst(pool: string): Promise<bigint | undefined>;
  /** Takes all numbers of a range. Takes none and returns false unless all are free. */
  take(pool: string, range: NumberRange): Promise<boolean>;
  /** Must fail, and the transaction with it, if one of the numbers is free already. */
  give(pool: string, range: NumberRange): Promise<void>;
}

/** Reads pools of blocks. */
export interface FreeBlockReader {
  /** What is free, as few blocks as possible, by number. */
  list(pool: string, page: NumberPage): Promise<Block[]>;
}

/** A block that was taken, and the free block that it was carved from. */
export interface Carved {
  readonly block: Block;
  readonly from: Block;
}

/** Takes blocks from pools and gives them back. */
export interface FreeBlockWriter extends FreeBlockReader {
  /**
   * Takes a block of this size: the start of the smallest free block that is large enough, of the lowest one of several.
   * Undefined if none is large enough.
   */
  takeFit(pool: string, bits: number): Promise<Carved | undefined>;
  /** Takes this block; undefined unless all of it is free. */
  take(pool: string, block: Block): Promise<Carved | undefined>;
  /**
   * Gives a block back and returns the free block that it is, or is part of, now. Must fail, and the transaction with
   * it, if one of its numbers is free already.
   */
  give(pool: string, block: Block): Promise<Block>;
}

/** A prefix of a network, and how much of it is in use. */
export interface KeptPrefix extends NumberRange {
  /** Its canonical text. */
  readonly cidr: string;
  /** "IPv4" or "IPv6": numbers of different families have nothing to do with each other. */
  readonly family: string;
  readonly network: string;
  /** The prefix it was carved from; empty for one that was not. */
  readonly parent: string;
  /** Addresses that are handed out. */
  readonly addresses: number;
  /** Prefixes that are carved from it. */
  readonly children: number;
  /** Free blocks of four addresses, as far as its pool of blocks goes. */
  readonly quads: bigint;
}

/** Numbers of a family, below a parent. */
export interface Stretch extends NumberRange {
  readonly family: string;
  /** Empty for those that were not carved from another. */
  readonly parent: string;
}

/** Reads prefixes. */
export interface PrefixReader {
  get(cidr: string): Promise<KeptPrefix | undefined>;
  /** All prefixes of the networks, ordered by family and number. */
  ofNetworks(networks: readonly string[]): Promise<KeptPrefix[]>;
  /** One of those below the same parent that has a number in common; undefined if there is none. */
  overlapping(stretch: Stretch): Promise<KeptPrefix | undefined>;
}

/**
 * Keeps prefixes. Those below one parent must not overlap: the caller asks first. What makes a call fail may do so at the
 * end of the transaction only.
 */
export interface PrefixWriter extends PrefixReader {
  /** Must fail, and the transaction with it, if there is one of this text. */
  insert(prefix: KeptPrefix): Promise<void>;
  /** Adds to the count of addresses. Must fail, and the transaction with it, if there is none of this text. */
  addAddresses(cidr: string, change: number): Promise<void>;
  /** Replaces how much is in use. Must fail, and the transaction with it, if there is none of this text. */
  update(prefix: KeptPrefix): Promise<void>;
  /** Must fail, and the transaction with it, if there is none. */
  delete(cidr: string): Promise<void>;
}

/** Reads tallies. */
export interface TallyReader {
  /** 0 if nothing was ever counted under this name. */
  get(name: string): Promise<number>;
}

/** Counts, so that nobody has to count rows. */
export interface TallyWriter extends TallyReader {
  /** Returns the new count. Must fail, and the transaction with it, if it is negative. */
  add(name: string, change: number): Promise<number>;
}

/** What can be read of all this. */
export interface PoolSnapshot {
  readonly freeNumber: FreeNumberReader;
  readonly freeBlock: FreeBlockReader;
  readonly prefix: PrefixReader;
  readonly tally: TallyReader;
}

/** What can be changed of all this. */
export interface PoolTransaction extends PoolSnapshot {
  readonly freeNumber: FreeNumberWriter;
  readonly freeBlock: FreeBlockWriter;
  readonly prefix: PrefixWriter;
  readonly tally: TallyWriter;
}
