// The identities of the store, as they are at the moment: a commit of this process or of another is noticed at once
// where the store tells of it, and by looking otherwise.
import { timestampDate } from "@bufbuild/protobuf/wkt";
import type { User } from "../../../gen/metal/store/v1/user_pb.ts";
import { Code, ConnectError } from "@connectrpc/connect";
import type { Sealer } from "../../secrets/sealer.ts";
import type { Role } from "../../rbac/role.ts";
import type { Procedure } from "../../rbac/rule.ts";
import type { Store } from "../../store/store.ts";
import { openKey } from "./key.ts";
import { proceduresOf } from "./limit.ts";

/** An identity as authentication needs it. */
export interface StoredUser {
  readonly name: string;
  readonly type: string;
  readonly role: Role;
  readonly component?: string;
  readonly procedures?: ReadonlySet<Procedure>;
  readonly keys: readonly {
    readonly id: string;
    readonly secret: string;
    readonly notAfter?: Date;
  }[];
}

/** What identities are followed with. */
export interface StoredUsersOptions {
  readonly store: Pick<Store, "read" | "changes">;
  /** Opens keys; nobody of the store can sign in without. */
  readonly sealer: Sealer | undefined;
  readonly log: { error(fields: object, message: string): void };
  /** Told of all identities, after each change and from time to time. */
  readonly onUsers: (users: readonly StoredUser[]) => void;
  /** How long after a commit of another process it is noticed at the latest, in milliseconds. */
  readonly pollMs?: number;
}

/** Identities that are followed. */
export interface StoredUsers {
  /** Looks now; resolves when what was committed before counts. Rejects if the store does not answer. */
  refresh(): Promise<void>;
  /** Waits for what is under way. */
  stop(): Promise<void>;
}

const defaultPollMs = 2_000;
/** So many changes or identities are read at a time. */
const pageSize = 500;

/** Follows the identities of a store. Resolves when they are known. */
export async function followUsers(options: StoredUsersOptions): Promise<StoredUsers> {
  const follower = new Follower(options);
  await follower.refresh();
  const look = () => follower.look();
  const stopListening = options.store.changes.onCommit(look);
  const timer = setInterval(look, options.pollMs ?? defaultPollMs).unref();
  return {
    refresh: () => follower.refresh(),
    async stop() {
      stopListening();
      clearInterval(timer);
      await follower.settled();
    },
  };
}

class Follower {
  readonly #options: StoredUsersOptions;
  /** The last change that was looked at; undefined as long as the identities have to be read anyway. */
  #seq: number | undefined;
  #users: readonly StoredUser[] = [];
  #running: Promise<void> = Promise.resolve();
  #waiting: Promise<void> | undefined;

  constructor(options: StoredUsersOptions) {
    this.#options = options;
  }

  look(): void {
    this.refresh().catch((error: unknown) =>
      this.#options.log.error({ err: error }, "changes of identities are not noticed"),
    );
  }

  /** One look at a time; those who ask while it runs share the next one. */
  refresh(): Promise<void> {
    this.#waiting ??= this.#running.then(() => {
      this.#waiting = undefined;
      const look = this.#look();
      this.#running = look.catch(() => {});
      return look;
    });
    return this.#waiting;
  }

  async settled(): Promise<void> {
    await this.#waiting?.catch(() => {});
    await this.#running;
  }

  async #look(): Promise<void> {
    if (await this.#isTouched()) {
      const head = await this.#options.store.changes.head();
      this.#seq = undefined; // Reading may fail: then it is to be done again.
      this.#users = await this.#read();
      this.#seq = head;
    }
    this.#options.onUsers(this.#users);
  }

  async #isTouched(): Promise<boolean> {
    while (this.#seq !== undefined) {
      const page = await this.#after(this.#seq);
      if (page === undefined || page.some(({ kind }) => kind === "user")) return true;
      this.#seq = page.at(-1)?.seq ?? this.#seq;
      if (page.length < pageSize) return false;
    }
    return true;
  }

  /** Undefined if changes were forgotten meanwhile. */
  async #after(seq: number) {
    try {
      return await this.#options.store.changes.after(seq, pageSize);
    } catch (error) {
      if (error instanceof ConnectError && error.code === Code.OutOfRange) return undefined;
      throw error;
    }
  }

  async #read(): Promise<StoredUser[]> {
    const { sealer, log, store } = this.#options;
    const users = await allUsers(store);
    if (sealer) return users.map((user) => this.#asStored(user, sealer));
    const message = "nobody of the store can sign in, because there is no setting secrets-key";
    if (users.length > 0) log.error({ users: users.length }, message);
    return [];
  }

  #asStored(user: User, sealer: Sealer): StoredUser {
    const { id: name, type, role, component } = user;
    const procedures = proceduresOf(user);
    return {
      name,
      type,
      role,
      keys: user.keys.flatMap((key) => this.#opened(name, key, sealer)),
      ...(component !== "" && { component }),
      ...(procedures !== undefined && { procedures }),
    };
  }

  #opened(name: string, key: User["keys"][number], sealer: Sealer): StoredUser["keys"] {
    const { id, notAfter } = key;
    try {
      const secret = openKey(name, key, sealer);
      return [{ id, secret, ...(notAfter && { notAfter: timestampDate(notAfter) }) }];
    } catch {
      const message = "a key was sealed with another secrets-key, and is not accepted";
      this.#options.log.error({ user: name, key: id }, message);
      return [];
    }
  }
}

async function allUsers({ read }: Pick<Store, "read">): Promise<User[]> {
  const all: User[] = [];
  for (;;) {
    const page = await read.user.list({ after: all.at(-1)?.id ?? "", limit: pageSize });
    all.push(...page);
    if (page.length < pageSize) return all;
  }
}
