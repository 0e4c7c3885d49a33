// What can be wrong with a chain.

/** In a word. */
export type Fault =
  /** A record, a list of records or a seal is not what was sealed. */
  | "altered"
  /** A record that was sealed is not there, and nothing says that it was old enough to be removed. */
  | "removed"
  /** A record is there that was not sealed where it stands. */
  | "inserted"
  /** Records are there in another order than they were sealed in. */
  | "reordered"
  /** A seal is not the one that the next seal, or somebody who noted it, knows. */
  | "broken"
  /** Seals between others are not there. */
  | "missing"
  /** The beginning or the end of the chain is not there. */
  | "truncated"
  /** There are two seals of one number. */
  | "forked"
  /** A seal has no signature of a key that is trusted. */
  | "unsigned"
  /** A line is no line of an export. */
  | "unreadable";

/** Something that is wrong. */
export interface Finding {
  readonly fault: Fault;
  /** Which seal or record, and what about it. */
  readonly text: string;
}

/** Takes what is found as it is found. */
export type Tell = (fault: Fault, text: string) => void;
