// What the fast path answers is what Connect would have answered, to the byte, and everything that watches calls sees
// the same. Two servers differ in nothing but the fast path; each gets every call of the corpus.
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { createCalls } from "../../src/fast/calls.ts";
import { type AdapterOptions, createAdapter } from "../../src/http/adapter.ts";
import type { CallListener } from "../../src/http/listener.ts";
import { until } from "../world/until.ts";
import { type Case, corpus, type Dialect, dialects, questionOf } from "./corpus.ts";
import { type Stack, startStack } from "./stack.ts";
import { openClient, type Version, versions, type WireAnswer } from "./wire.ts";

let fast: Stack;
let connect: Stack;
/** Calls that the fast path left to Connect. */
let left = 0;

beforeAll(async () => {
  const counted = (options: AdapterOptions): CallListener => {
    const adapter = createAdapter(options);
    return (request, response, values) => {
      left += 1;
      adapter(request, response, values);
    };
  };
  fast = await startStack((options) => createCalls(options, counted));
  connect = await startStack((options) => ({ listener: createAdapter(options) }));
});

afterAll(() => Promise.all([fast.close(), connect.close()]));

/** Everything that can be told of a call. */
async function outcome(stack: Stack, one: Case, dialect: Dialect, version: Version) {
  const begun = {
    arriving: () => new Promise<void>((resolve) => setTimeout(resolve, 30)),
    waiting: () => until(() => stack.waiting.count > 0),
  };
  const broken = one.broken && begun[one.broken];
  const question = { ...questionOf(one, dialect), ...(broken && { broken }) };
  const client = openClient(version, stack.port);
  const answer = await client.ask(question);
  client.close();
  return { answer: comparable(answer), noticed: await stack.take() };
}

/** Without what differs from call to call: the date, and the trace id wherever it stands, also in details in base64. */
function comparable(answer: WireAnswer): unknown {
  const found = /"trace-id":"([0-9a-f]{32})"/.exec(JSON.stringify(answer.headers));
  const whole = JSON.stringify(answer, (name, value: unknown) => (name === "date" ? "" : value));
  const opened = whole.replaceAll(/[\w+/]{40,}={0,2}/g, (text) =>
    /^[0-9a-f]+$/.test(text) ? text : Buffer.from(text, "base64").toString("latin1"),
  );
  return found?.[1] === undefined ? opened : opened.replaceAll(found[1], "(trace id)");
}

const ways = dialects.flatMap((dialect) => versions.map((version) => ({ dialect, version })));

describe.each(corpus)("$name", (one) => {
  const fitting = ways.filter(({ dialect }) => one.only?.(dialect) ?? true);
  test.each(fitting)("$dialect over $version", async ({ dialect, version }) => {
    const before = left;
    const both = [fast, connect].map((stack) => outcome(stack, one, dialect, version));
    const [ours, theirs] = await Promise.all(both);
    expect(left - before).toBe(one.answeredBy === "connect" ? 1 : 0);
    expect(ours).toEqual(theirs);
  });
});
