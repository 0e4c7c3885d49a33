// Proves from copies of the audit alone that nothing in them was altered, removed, inserted or put into another order
// since it was sealed. Copies may overlap, repeat themselves and come in any order of files.
import { createPublicKey, type KeyObject, verify } from "node:crypto";
import { CopyCheck } from "./copy.ts";
import type { Fault, Finding, Tell } from "./finding.ts";
import { readLine, type SealLine } from "./line.ts";

/** A seal that somebody noted. */
export interface Noted {
  readonly number: number;
  readonly hash: string;
}

/** What is known from elsewhere. */
export interface Trust {
  /** The seal before the first one; without it the chain has to begin at its beginning. */
  readonly after?: Noted | undefined;
  /** Seals of the chain. */
  readonly heads?: readonly Noted[];
  /** PEM of Ed25519 keys. With some, the last seal must be signed by one. */
  readonly publicKeys?: readonly string[];
}

/** What a chain is, whatever is wrong with it. */
export interface Summary {
  /** The first and the last seal; undefined if there is none. */
  readonly first?: number;
  readonly last?: Noted & { readonly time: string };
  /** Records that are there and as they were sealed. */
  readonly records: number;
  /** The records of seals up to this one were removed because they were old enough; 0 if none were. */
  readonly forgotten: number;
  /** They were records of calls before this; empty if none were. */
  readonly horizon: string;
}

/** What is kept of a seal: some 200 bytes. */
type Known = Pick<SealLine, "hash" | "previous" | "time" | "forgotten" | "horizon"> & {
  readonly signed: boolean;
  /** The seal holds records, and none of its copies has them any more. */
  bare: boolean;
};

/** Checks a chain line by line. */
export class ChainCheck {
  readonly #trust: Trust;
  readonly #keys: readonly KeyObject[];
  readonly #tell: Tell;
  readonly #copy: CopyCheck;
  readonly #seals = new Map<number, Known>();
  /** Records that are not there, by seal. */
  readonly #absent = new Map<number, Set<string>>();
  #records = 0;

  /** Findings are told as they are found. Throws if a key is none. */
  constructor(trust: Trust, tell: (finding: Finding) => void) {
    this.#trust = trust;
    this.#keys = (trust.publicKeys ?? []).map((pem) => createPublicKey(pem));
    this.#tell = (fault: Fault, text: string) => tell({ fault, text });
    this.#copy = new CopyCheck(this.#tell);
  }

  /** Takes the next line; `place` names it. Empty lines are passed over. */
  line(text: string, place: string): void {
    if (text.trim() === "") return;
    const line = readLine(text);
    if (line === undefined) return this.#tell("unreadable", `${place} is no line of an export`);
    if (line.kind === "record") this.#copy.record(line);
    else this.#seal(line);
  }

  /** The end of a copy: another one has nothing to do with what came last. */
  endOfCopy(): void {
    this.#copy.end();
  }

  /** Looks at the chain as a whole, when all copies have been read. */
  end(): Summary {
    this.endOfCopy();
    const numbers = [...this.#seals.keys()].sort((a, b) => a - b);
    const [first, last] = [numbers[0], numbers.at(-1)];
    if (first === undefined || last === undefined) return this.#nothing();
    this.#checkBeginning(first);
    for (const [index, number] of numbers.entries()) this.#checkLink(number, numbers[index - 1]);
    this.#checkHeads(first, last);
    this.#checkSignatures(numbers);
    const { hash, time, forgotten, horizon } = this.#known(last);
    this.#checkAbsent(forgotten);
    return {
      first,
      last: { number: last, hash, time },
      records: this.#records,
      forgotten,
      horizon,
    };
  }

  #seal(seal: SealLine): void {
    const { number, hash, computed, previous, time, forgotten, horizon } = seal;
    if (hash !== computed)
      this.#tell("altered", `seal ${number} does not have the hash that it states`);
    const known = this.#seals.get(number);
    if (known !== undefined && known.hash !== hash)
      this.#tell("forked", `there are two seals ${number}`);
    const { whole, absent } = this.#copy.seal(seal);
    const isBare = seal.count > 0 && seal.leaves.length === 0;
    const kept = { hash, previous, time, forgotten, horizon, signed: this.#isSigned(seal) };
    this.#seals.set(number, { ...kept, bare: isBare && (known?.bare ?? true) });
    if (known === undefined || known.bare) this.#records += whole;
    for (const traceId of absent) this.#miss(number, traceId);
  }

  #miss(number: number, traceId: string): void {
    const absent = this.#absent.get(number) ?? new Set();
    this.#absent.set(number, absent.add(traceId));
  }

  #isSigned({ number, hash, signature }: SealLine): boolean {
    if (this.#keys.length === 0 || signature === "") return false;
    const [data, bytes] = [Buffer.from(hash), Buffer.from(signature, "base64")];
    const signed = this.#keys.some((key) => verify(null, data, key, bytes));
    if (!signed) this.#tell("unsigned", `seal ${number} has a signature of another key`);
    return signed;
  }

  #nothing(): Summary {
    this.#tell("truncated", "there is no seal");
    return { records: 0, forgotten: 0, horizon: "" };
  }

  #checkBeginning(first: number): void {
    const { after = { number: 0, hash: "" } } = this.#trust;
    const begins = `the chain begins with seal ${first}`;
    if (first > after.number + 1)
      return this.#tell("truncated", `${begins}, and not with seal ${after.number + 1}`);
    const itself = this.#seals.get(after.number)?.hash;
    const link = itself ?? this.#seals.get(after.number + 1)?.previous;
    if (link !== after.hash)
      this.#tell("broken", `${begins}, which does not follow what was there before it`);
  }

  #checkLink(number: number, before: number | undefined): void {
    if (before === undefined) return;
    if (before < number - 1)
      return this.#tell("missing", `${seals(before + 1, number - 1)} not there`);
    if (this.#known(number).previous !== this.#known(before).hash)
      this.#tell("broken", `seal ${number} does not follow the seal ${before} that is there`);
  }

  #checkHeads(first: number, last: number): void {
    for (const { number, hash } of this.#trust.heads ?? []) {
      if (number > last)
        this.#tell("truncated", `the chain ends with seal ${last}, and seal ${number} was noted`);
      else if (number < first)
        this.#tell(
          "truncated",
          `the chain begins with seal ${first}, and seal ${number} was noted`,
        );
      else if (this.#seals.has(number) && this.#known(number).hash !== hash)
        this.#tell("broken", `seal ${number} is not the one that was noted`);
    }
  }

  /** A signature vouches for all seals before it as well: only those after the last one are without. */
  #checkSignatures(numbers: readonly number[]): void {
    if (this.#keys.length === 0) return;
    const last = numbers.at(-1) ?? 0;
    const signed = numbers.findLast((number) => this.#known(number).signed) ?? 0;
    if (signed < last) this.#tell("unsigned", `nobody vouches for seals after seal ${signed}`);
  }

  #checkAbsent(forgotten: number): void {
    for (const [number, { bare }] of this.#seals)
      if (bare && number > forgotten)
        this.#tell("removed", `the records of seal ${number} are not there`);
    for (const [number, ids] of this.#absent)
      for (const id of number > forgotten ? ids : [])
        this.#tell("removed", `record ${id} of seal ${number} is not there`);
  }

  #known(number: number): Known {
    const known = this.#seals.get(number);
    if (known === undefined) throw new Error(`no seal ${number}`);
    return known;
  }
}

const seals = (first: number, last: number) =>
  first === last ? `seal ${first} is` : `seals ${first} to ${last} are`;
