// What was read since the last commit, for those who only look at it: until somebody commits, it is so still. For engines
// that know of every commit.
import type { Message } from "@bufbuild/protobuf";

/** So many entities are kept at most; a large one takes some tens of kilobytes. */
const most = 1000;

/** Entities as they were read. */
export class Recent {
  #known = new Map<string, Message>();

  /**
   * Forgets all. Must be called with each commit, before anybody hears of it. Reads that are under way remember what they
   * find where nobody looks any more.
   */
  readonly forget = (): void => {
    this.#known = new Map();
  };

  /** What `read` returned before; otherwise what it returns now, frozen with all that is in it. */
  get<M extends Message>(key: string, read: () => Promise<M | undefined>) {
    // What is kept under a key is of its kind.
    const known = this.#known.get(key) as M | undefined;
    return known ?? this.#read(key, read);
  }

  async #read<M extends Message>(
    key: string,
    read: () => Promise<M | undefined>,
  ): Promise<M | undefined> {
    const known = this.#known;
    const found = frozen(await read());
    // After a commit meanwhile this goes to what was forgotten.
    if (found !== undefined && known.size < most) known.set(key, found);
    return found;
  }
}

function frozen<T>(value: T): T {
  if (typeof value !== "object" || value === null || ArrayBuffer.isView(value)) return value;
  for (const inner of Object.values(value)) frozen(inner);
  return Object.freeze(value);
}
