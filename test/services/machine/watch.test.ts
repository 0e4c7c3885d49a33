import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { Code, ConnectError } from "@connectrpc/connect";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import {
  MachineChangeKind,
  MachineSchema,
  type MachineServiceWatchRequestSchema,
  type MachineServiceWatchResponse as Response,
} from "../../../gen/metal/v1/machine_pb.ts";
import { recordEvent } from "../../../src/domain/machine-history.ts";
import type { Principal } from "../../../src/rbac/principal.ts";
import { openSqliteStore } from "../../../src/store/sqlite.ts";
import type { Store } from "../../../src/store/store.ts";
import { newFolder, removeFoldersAfterAll } from "../../store/folder.ts";
import { machineClient } from "../../world/machine-part.ts";
import { machineId } from "../../world/machines.ts";
import { openTestStore } from "../../world/store.ts";

removeFoldersAfterAll();
let store: Store;
const watchers: Watcher[] = [];
beforeEach(async () => {
  store = await openTestStore();
});
afterEach(async () => {
  await Promise.all(watchers.splice(0).map((watcher) => watcher.leave()));
  await store.close();
});

const words = Object.keys(MachineChangeKind);

/** One who watches, and remembers the last token. */
class Watcher {
  readonly #abort = new AbortController();
  readonly #stream: AsyncIterator<Response>;
  token = "";

  constructor(
    request: MessageInitShape<typeof MachineServiceWatchRequestSchema> = {},
    facts: Partial<Principal> = {},
  ) {
    const client = machineClient(store, facts);
    const stream = client.watch(request, { signal: this.#abort.signal });
    this.#stream = stream[Symbol.asyncIterator]();
    watchers.push(this);
  }

  /** The next change, as "ADDED 1 rack-1". */
  async next(): Promise<string> {
    const { value, done } = await this.#stream.next();
    if (done) return "ended";
    const { kind, machine, resumeToken } = value;
    this.token = resumeToken;
    const number = machine && Number(machine.id.slice(-12));
    return [words[kind], number, machine?.rackId].filter(Boolean).join(" ");
  }

  async several(count: number): Promise<string[]> {
    const lines: string[] = [];
    while (lines.length < count) lines.push(await this.next());
    return lines;
  }

  async leave(): Promise<void> {
    this.#abort.abort();
    await this.#stream.next().catch(() => undefined);
  }
}

const keep = (n: number, rackId = "", target = store) =>
  target.transaction((tx) =>
    tx.machine.insert(create(MachineSchema, { id: machineId(n), rackId })),
  );
const move = (n: number, rackId: string, target = store) =>
  target.transaction(async (tx) => {
    const known = await tx.machine.get(machineId(n));
    if (known) await tx.machine.update({ ...known, rackId });
  });
const remove = (n: number, target = store) =>
  target.transaction((tx) => tx.machine.delete(machineId(n)));
const happen = (n: number) =>
  store.transaction((tx) =>
    recordEvent(tx, machineId(n), { event: "Planned Reboot", message: "", time: 1 }),
  );

describe("from the beginning", () => {
  test("all machines come, then the word that these are all, then what changes", async () => {
    await keep(1, "a");
    await keep(2, "b");
    const watcher = new Watcher();
    expect(await watcher.several(3)).toEqual(["ADDED 1 a", "ADDED 2 b", "SYNCED"]);
    await move(1, "c");
    expect(await watcher.next()).toBe("CHANGED 1 c");
    await keep(3);
    expect(await watcher.next()).toBe("ADDED 3");
    await remove(2);
    expect(await watcher.next()).toBe("REMOVED 2 b");
    await happen(1);
    expect(await watcher.next()).toBe("CHANGED 1 c");
  });

  test("only machines that fulfil the filters come, when they begin to and when they cease to", async () => {
    await keep(1, "a");
    await keep(2, "b");
    const watcher = new Watcher({ rackId: "a" });
    expect(await watcher.several(2)).toEqual(["ADDED 1 a", "SYNCED"]);
    await keep(3, "b");
    await move(2, "a");
    expect(await watcher.next()).toBe("ADDED 2 a");
    await happen(3);
    await move(1, "b");
    expect(await watcher.next()).toBe("REMOVED 1 b");
    await remove(1);
    await remove(2);
    expect(await watcher.next()).toBe("REMOVED 2 a");
  });
});

describe("with a token", () => {
  test("the stream goes on behind it, and misses nothing that happened in between", async () => {
    for (const n of [1, 2, 3]) await keep(n, "a");
    const first = new Watcher({ rackId: "a" });
    expect(await first.several(4)).toEqual(["ADDED 1 a", "ADDED 2 a", "ADDED 3 a", "SYNCED"]);
    await first.leave();
    await move(1, "b");
    await happen(2);
    await remove(3);
    await keep(4, "a");
    await keep(5, "b");
    const second = new Watcher({ rackId: "a", resumeToken: first.token });
    expect(await second.several(5)).toEqual([
      "REMOVED 1 b",
      "CHANGED 2 a",
      "REMOVED 3 a",
      "ADDED 4 a",
      "SYNCED",
    ]);
  });

  test("a machine that came and went in between is not told of", async () => {
    const first = new Watcher();
    await first.next();
    await first.leave();
    await keep(1);
    await remove(1);
    await keep(2);
    const second = new Watcher({ resumeToken: first.token });
    expect(await second.next()).toBe("ADDED 2");
  });

  test("from amidst the beginning, the rest of the beginning comes, and what changed of it", async () => {
    for (const n of [1, 2, 3]) await keep(n, "a");
    const first = new Watcher();
    expect(await first.several(2)).toEqual(["ADDED 1 a", "ADDED 2 a"]);
    await first.leave();
    await move(1, "b");
    await remove(2);
    const second = new Watcher({ resumeToken: first.token });
    expect(await second.several(4)).toEqual(["ADDED 3 a", "CHANGED 1 b", "REMOVED 2 a", "SYNCED"]);
  });

  test("of any change all comes that was not told before it, and perhaps more", async () => {
    const watcher = new Watcher();
    await watcher.next();
    const { token } = watcher;
    for (const n of [1, 2, 3]) await keep(n);
    await happen(1);
    const all = new Watcher({ resumeToken: token });
    const untold = new Set(["ADDED 1", "ADDED 2", "ADDED 3"]);
    while (untold.size > 0) {
      untold.delete(await all.next());
      const rest = new Watcher({ resumeToken: all.token });
      const seen: string[] = [];
      while (seen.at(-1) !== "SYNCED") seen.push(await rest.next());
      expect(seen).toEqual(expect.arrayContaining([...untold]));
    }
  });

  test("nothing is missed across restarts of the server, on the same data", async () => {
    const folder = newFolder();
    await store.close();
    store = await openSqliteStore(folder);
    await keep(1);
    const first = new Watcher();
    expect(await first.several(2)).toEqual(["ADDED 1", "SYNCED"]);
    await keep(2);
    await first.leave();
    await store.close();
    store = await openSqliteStore(folder);
    await move(1, "a");
    await store.close();
    store = await openSqliteStore(folder);
    const second = new Watcher({ resumeToken: first.token });
    expect(await second.several(3)).toEqual(["ADDED 2", "CHANGED 1 a", "SYNCED"]);
  });

  const refused = async (watcher: Watcher) =>
    watcher.next().then(
      () => "no failure",
      (error: unknown) =>
        `${Code[ConnectError.from(error).code]}: ${ConnectError.from(error).rawMessage}`,
    );

  test("one that is too old is out of range", async () => {
    const first = new Watcher();
    await first.next();
    await first.leave();
    await keep(1);
    await store.changes.forget({ beforeMs: Number.POSITIVE_INFINITY, keep: 0 });
    expect(await refused(new Watcher({ resumeToken: first.token }))).toMatch(/^OutOfRange: /);
  });

  test("one of other filters or that was made up is refused", async () => {
    const first = new Watcher({ rackId: "a" });
    await first.next();
    expect(await refused(new Watcher({ resumeToken: first.token }))).toBe(
      "InvalidArgument: resume_token: belongs to a stream with other filters",
    );
    expect(await refused(new Watcher({ resumeToken: "?" }))).toBe(
      "InvalidArgument: resume_token: is not one that a stream returned",
    );
  });
});

test("a stream ends as unauthenticated with its credential", async () => {
  const revoked = new AbortController();
  const watcher = new Watcher({}, { revoked: revoked.signal });
  await watcher.next();
  const ended = watcher.next();
  revoked.abort();
  await expect(ended).rejects.toMatchObject({ code: Code.Unauthenticated });
});

test("under many changes at once, whoever follows ends with what there is", async () => {
  const numbers = Array.from({ length: 30 }, (_, index) => index + 1);
  const known = new Map<string, string>();
  const watcher = new Watcher({ rackId: "a" });
  await watcher.next();
  const changes = Promise.all(
    numbers.map(async (n) => {
      await keep(n, n % 2 ? "a" : "b");
      await move(n, n % 3 ? "a" : "b");
      await happen(n);
    }),
  );
  const wanted = numbers.filter((n) => n % 3).map(String);
  const follow = async () => {
    const [kind, number = ""] = (await watcher.next()).split(" ");
    if (kind === "REMOVED") known.delete(number);
    if (kind === "ADDED" || kind === "CHANGED") known.set(number, kind);
  };
  await changes;
  await keep(99, "a");
  while (!known.has("99")) await follow();
  known.delete("99");
  expect([...known.keys()].toSorted()).toEqual(wanted.toSorted());
});
