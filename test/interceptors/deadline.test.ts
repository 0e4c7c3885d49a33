// Calls that take too long although nobody set a deadline.
import { describe, expect, test } from "@jest/globals";
import { Code, ConnectError, createRouterTransport, createClient } from "@connectrpc/connect";
import { LibraryService } from "../../examples/own-server/gen/library/v1/library_pb.ts";
import { deadline } from "../../src/interceptors/deadline.ts";
import { type Implementation, implementation, pause, several, start } from "../rbac/library.ts";
import { beginCall, json } from "../rbac/raw-call.ts";

/** Soon for calls that take too long; calls that are in time get longer than a busy machine may sleep. */
const soonMs = 50;

function library(handlers: Implementation, ms = soonMs) {
  const interceptors = [deadline({ unaryMs: ms, uploadPauseMs: ms })];
  const transport = createRouterTransport(
    ({ service }) => void service(LibraryService, { ...implementation, ...handlers }),
    { router: { interceptors } },
  );
  return createClient(LibraryService, transport);
}

const late = (call: Promise<unknown>) =>
  call.then(
    () => "in time",
    (error: unknown) => {
      const { code, rawMessage } = ConnectError.from(error);
      return `${Code[code]}: ${rawMessage}`;
    },
  );

describe("a unary call", () => {
  test("that takes too long fails, and its handler is told", async () => {
    const { promise: told, resolve } = Promise.withResolvers<void>();
    const slow = library({
      lend: async (_, { signal }) => {
        signal.addEventListener("abort", () => resolve());
        await new Promise(() => {});
        return {};
      },
    });
    expect(await late(slow.lend({}))).toBe("DeadlineExceeded: took longer than 0.05 s");
    await told;
  });

  test("that is in time is answered", async () => {
    expect(await late(library({}, 20_000).lend({}))).toBe("in time");
  });

  test("whose client sets a deadline has that one", async () => {
    const slow = library({
      lend: async () => {
        await pause(150);
        return {};
      },
    });
    expect(await late(slow.lend({}, { timeoutMs: 20_000 }))).toBe("in time");
  });

  test("is answered when the deadline of its client is over, whatever the handler does", async () => {
    const server = await start({
      implementation: { lend: () => new Promise(() => {}) },
      interceptors: [deadline({ unaryMs: 60_000, uploadPauseMs: 60_000 })],
    });
    const { answer, send } = beginCall(server.url, "/library.v1.LibraryService/Lend", {
      ...json,
      "x-caller": "editor",
      "connect-timeout-ms": "50",
    });
    send("{}");
    expect(await answer).toMatchObject({ status: 504 });
    await server.close();
  });

  test("that fails in time fails as it does", async () => {
    const fail = () => {
      throw new ConnectError("lent", Code.FailedPrecondition);
    };
    const failing = library({ lend: fail }, 20_000);
    expect(await late(failing.lend({}))).toBe("FailedPrecondition: lent");
  });
});

describe("an upload", () => {
  async function* paused(ms: number, count: number) {
    for (let at = 0; at < count; at += 1) {
      await pause(ms);
      yield {};
    }
  }

  test("may last, as long as messages come", async () => {
    expect(await late(library({}, 1_000).import(paused(150, 8)))).toBe("in time");
  });

  test("that stops fails", async () => {
    expect(await late(library({}).import(paused(500, 1)))).toBe(
      "DeadlineExceeded: took longer than 0.05 s",
    );
  });
});

test("streams from the server may last", async () => {
  const slow = library({
    async *scan(scans) {
      for await (const _ of scans) await pause(80);
      yield {};
    },
    async *watchLoans() {
      await pause(120);
      yield {};
    },
  });
  const read = async (messages: AsyncIterable<unknown>) => {
    for await (const _ of messages);
  };
  expect(await late(read(slow.watchLoans({})))).toBe("in time");
  expect(await late(read(slow.scan(several([{}, {}]))))).toBe("in time");
});
