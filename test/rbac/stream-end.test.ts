// A running stream ends with the credential it was opened with: every kind, over every protocol, in both directions,
// and whatever its handler does.
import { getEventListeners } from "node:events";
import type {
  HandlerContext,
  StreamRequest,
  StreamResponse,
  UnaryRequest,
} from "@connectrpc/connect";
import { afterAll, afterEach, describe, expect, jest, test } from "@jest/globals";
import type { Principal } from "../../src/rbac/principal.ts";
import { Role } from "../../src/rbac/role.ts";
import { endWithCredential } from "../../src/rbac/stream-end.ts";
import { until } from "../world/until.ts";
import {
  always,
  collect,
  type Implementation,
  type Kind,
  kinds,
  type Library,
  pause,
  principal,
  protocols,
  type Running,
  start,
  verdict,
} from "./library.ts";
import { beginCall } from "./raw-call.ts";

// The adapter complains when a client is not there to take an answer.
const complaints = jest.spyOn(console, "error").mockImplementation(() => {});
afterAll(() => complaints.mockRestore());

let server: Running | undefined;
afterEach(() => server?.close());

/** A server whose only caller holds this credential. */
async function given(facts: Partial<Principal>, implementation?: Implementation) {
  const authenticate = always(principal("admin", { role: Role.ADMIN, ...facts }));
  server = await start({ authenticate, ...(implementation && { implementation }) });
  return server;
}

const forever = new Promise<never>(() => {});

async function* endless<T>(message: T): AsyncGenerator<T> {
  yield message;
  await forever;
}

/** Handlers that never come to an end, and do not listen. */
const blocked: Implementation = {
  async *watchLoans() {
    yield { isbn: "1" };
    await forever;
  },
  import: () => forever,
  async *scan() {
    yield { title: "a book" };
    await forever;
  },
};

type Streaming = Exclude<Kind, "unary">;
const openStreams: Readonly<Record<Streaming, (library: Library) => Promise<unknown>>> = {
  server_streaming: (library) => collect(library.watchLoans({})),
  client_streaming: (library) => library.import(endless({})),
  bidi_streaming: (library) => collect(library.scan(endless({ isbn: "1" }))),
};
const streamKinds: readonly Streaming[] = [
  "server_streaming",
  "client_streaming",
  "bidi_streaming",
];
const ways = streamKinds.flatMap((kind) => protocols.map((protocol) => ({ kind, protocol })));
const ended = "Unauthenticated CREDENTIAL_ENDED";

describe.each(ways)("a $kind call over $protocol with a blocked handler", ({ kind, protocol }) => {
  test("ends when the credential expires", async () => {
    const expiresAt = new Date(Date.now() + 100);
    const { client } = await given({ expiresAt }, blocked);
    expect(await verdict(openStreams[kind](client(protocol)))).toBe(ended);
    expect(Date.now()).toBeGreaterThanOrEqual(expiresAt.getTime());
  });

  test("ends when the credential is revoked", async () => {
    const revocation = new AbortController();
    const { client, decisions } = await given({ revoked: revocation.signal }, blocked);
    const call = verdict(openStreams[kind](client(protocol)));
    await until(() => decisions.length === 1);
    revocation.abort();
    expect(await call).toBe(ended);
  });
});

describe.each(streamKinds)("a %s call", (kind) => {
  test("that is opened with a credential that was revoked is refused", async () => {
    const { client } = await given({ revoked: AbortSignal.abort() });
    expect(await verdict(openStreams[kind](client()))).toBe(ended);
  });

  test("that is opened with a credential whose end is no date ends", async () => {
    const { client } = await given({ expiresAt: new Date(Number.NaN) }, blocked);
    expect(await verdict(openStreams[kind](client()))).toBe(ended);
  });

  test("that ends with its credential is told once more, as a refusal", async () => {
    const { client, decisions } = await given({ expiresAt: new Date(Date.now() + 50) }, blocked);
    await verdict(openStreams[kind](client()));
    expect(decisions).toMatchObject([
      { decision: { allowed: true } },
      { decision: { allowed: false, reason: "CREDENTIAL_ENDED" } },
    ]);
    expect(decisions[1]?.traceId).toBe(decisions[0]?.traceId);
  });

  test.each([30, 365, 100_000])("under a credential for %i days stays open", async (days) => {
    const expiresAt = new Date(Date.now() + days * 24 * 60 * 60 * 1000);
    const { client, decisions } = await given({ expiresAt }, blocked);
    const timers = jest.spyOn(globalThis, "setTimeout");
    const call = verdict(openStreams[kind](client()));
    await until(() => decisions.length === 1);
    expect(await Promise.race([call, pause(60).then(() => "open")])).toBe("open");
    const delays = timers.mock.calls.map(([, ms = 0]) => ms);
    timers.mockRestore();
    expect(decisions).toHaveLength(1);
    expect(delays.some((ms) => ms > 60_000)).toBe(true);
    expect(delays.filter((ms) => ms >= 2 ** 31)).toEqual([]); // what Node takes for 1 ms
  });
});

describe("when the credential ends", () => {
  const revocation = () => new AbortController();

  test("the handler's signal aborts", async () => {
    const { signal: revoked, abort } = bound(revocation());
    let context: HandlerContext | undefined;
    const { client } = await given(
      { revoked },
      {
        async *watchLoans(_, given) {
          context = given;
          yield {};
          await forever;
        },
      },
    );
    const call = verdict(collect(client().watchLoans({})));
    await until(() => context !== undefined);
    expect(context?.signal.aborted).toBe(false);
    abort();
    await call;
    expect(context?.signal.aborted).toBe(true);
  });

  test("the handler's signal aborts even if the client takes no more messages", async () => {
    const { signal: revoked, abort } = bound(revocation());
    let signal: AbortSignal | undefined;
    let sent = 0;
    const { url } = await given(
      { revoked },
      {
        async *watchLoans(_, context) {
          signal = context.signal;
          for (;;) {
            sent += 1;
            yield { isbn: "9".repeat(100_000) };
          }
        },
      },
    );
    const headers = { "content-type": "application/connect+json" };
    const call = beginCall(url, "/library.v1.LibraryService/WatchLoans", headers);
    call.hold();
    call.send("\0\0\0\0\u0002{}");
    await until(() => sent > 0);
    let before = -1;
    while (before !== sent) {
      before = sent;
      await pause(30);
    }
    expect(signal?.aborted).toBe(false);
    abort();
    expect(signal?.aborted).toBe(true);
    call.cancel();
  });

  test("a handler that waits for messages gets no more, and cleans up", async () => {
    const { signal: revoked, abort } = bound(revocation());
    const seen: string[] = [];
    const { client } = await given(
      { revoked },
      {
        async *scan(scans) {
          try {
            for await (const { isbn } of scans) {
              seen.push(isbn);
              yield { title: isbn };
            }
          } finally {
            seen.push("cleaned up");
          }
        },
      },
    );
    const call = verdict(collect(client().scan(endless({ isbn: "1" }))));
    await until(() => seen.length === 1);
    abort();
    expect(await call).toBe(ended);
    await until(() => seen.length === 2);
    expect(seen).toEqual(["1", "cleaned up"]);
  });

  test("a deadline that the handler ignores keeps no stream alive", async () => {
    const { url, decisions } = await given(
      { expiresAt: new Date(Date.now() + 150) },
      {
        async *watchLoans() {
          for (;;) {
            yield {};
            await pause(10);
          }
        },
      },
    );
    const headers = { "content-type": "application/connect+json", "connect-timeout-ms": "30" };
    const call = beginCall(url, "/library.v1.LibraryService/WatchLoans", headers);
    call.send("\0\0\0\0\u0002{}");
    expect((await call.answer).body).toContain("CREDENTIAL_ENDED");
    expect(decisions).toHaveLength(2);
  });
});

describe("when the stream ends first", () => {
  test.each(streamKinds)("nothing waits for the end of the credential: %s", async (kind) => {
    const { signal: revoked, abort } = bound(new AbortController());
    const expiresAt = new Date(Date.now() + 1000);
    const { client, decisions } = await given({ revoked, expiresAt });
    expect(await verdict(kinds[kind](client()))).toBe("allowed");
    expect(getEventListeners(revoked, "abort")).toHaveLength(0);
    await until(() => Date.now() > expiresAt.getTime() + 20);
    abort();
    expect(decisions).toHaveLength(1);
  });

  test.each(streamKinds)("not if it fails either: %s", async (kind) => {
    const { signal: revoked } = bound(new AbortController());
    const fail = () => {
      throw new Error("failed");
    };
    const { client } = await given(
      { revoked },
      {
        async *watchLoans() {
          yield {};
          fail();
        },
        import: fail,
        scan: fail,
      },
    );
    expect(await verdict(kinds[kind](client()))).toBe("Internal internal error");
    expect(getEventListeners(revoked, "abort")).toHaveLength(0);
  });

  test("not if the client leaves", async () => {
    const { signal: revoked } = bound(new AbortController());
    const { client } = await given(
      { revoked },
      {
        async *watchLoans() {
          for (;;) {
            yield {};
            await pause(1);
          }
        },
      },
    );
    const leave = new AbortController();
    const call = verdict(collect(client().watchLoans({}, { signal: leave.signal })));
    await until(() => getEventListeners(revoked, "abort").length === 1);
    leave.abort();
    await call;
    await until(() => getEventListeners(revoked, "abort").length === 0);
  });

  test("a unary call watches nothing", async () => {
    const { signal: revoked } = bound(new AbortController());
    const { client } = await given({ revoked });
    await client().lend({});
    expect(getEventListeners(revoked, "abort")).toHaveLength(0);
  });
});

describe("the end of a stream by hand", () => {
  const end = new Error("the end");
  const request = (message: AsyncIterable<object>) =>
    ({ stream: true, signal: new AbortController().signal, message }) as StreamRequest;
  const echo = async (given: StreamRequest | UnaryRequest) =>
    ({ ...given, header: new Headers(), trailer: new Headers() }) as unknown as StreamResponse;
  const run = (facts: Partial<Principal>, source: AsyncIterable<object>) => {
    const watched = { principal: principal("late", facts), onEnd: () => end };
    return endWithCredential(watched, request(source), echo as never);
  };

  test("comes at once if the credential was revoked in the last moment", async () => {
    await expect(run({ revoked: AbortSignal.abort() }, endless({}))).rejects.toBe(end);
  });

  test("comes at once if the end of the credential is no date", async () => {
    const response = await run({ expiresAt: new Date(Number.NaN) }, endless({}));
    await expect(collect(response.message as AsyncIterable<object>)).rejects.toBe(end);
  });

  test("comes with the consumer that stops: the source is closed and nothing watched", async () => {
    const { signal: revoked } = bound(new AbortController());
    let closed = false;
    const source = async function* () {
      try {
        for (;;) yield {};
      } finally {
        closed = true;
      }
    };
    const response = await run({ revoked }, source());
    for await (const _ of response.message as AsyncIterable<object>) break;
    expect(getEventListeners(revoked, "abort")).toHaveLength(0);
    await until(() => closed);
  });
});

test("a long stream leaves no trace per message", async () => {
  const { signal: revoked } = bound(new AbortController());
  let mostListeners = 0;
  const { client } = await given(
    { revoked, expiresAt: new Date(Date.now() + 60_000) },
    {
      async *watchLoans(_, { signal }) {
        for (let sent = 0; sent < 500; sent += 1) {
          yield {};
          mostListeners = Math.max(mostListeners, getEventListeners(signal, "abort").length);
        }
      },
    },
  );
  expect(await collect(client().watchLoans({}))).toHaveLength(500);
  expect(mostListeners).toBeLessThan(5);
});

function bound(controller: AbortController) {
  return { signal: controller.signal, abort: () => controller.abort() };
}
