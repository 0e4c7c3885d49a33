// Bodies of calls over HTTP/2 that come late or not at all.
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { createCalls } from "../../src/fast/calls.ts";
import { dialects, isEnveloped, questionOf } from "./corpus.ts";
import { type Stack, startStack } from "./stack.ts";
import { openClient } from "./wire.ts";

let stack: Stack;
beforeAll(async () => {
  stack = await startStack((options) => createCalls({ ...options, bodyMs: 50 }));
});
afterAll(() => stack.close());

describe("a body that does not arrive in time fails the call", () => {
  test.each(dialects)("%s", async (dialect) => {
    const client = openClient("HTTP/2", stack.port);
    const late = { name: "late", unfinished: true, body: () => [new Uint8Array([0])] };
    const answer = await client.ask(questionOf(late, dialect));
    client.close();
    expect(JSON.stringify(answer)).toMatch(/did(%20| )not(%20| )arrive(%20| )completely/);
    expect(answer.status).toBe(isEnveloped(dialect) ? 200 : 504);
    expect(answer.failure).toBe("");
    await stack.take();
  });
});

test("who leaves while nothing was read yet leaves nothing behind", async () => {
  const client = openClient("HTTP/2", stack.port);
  const gone = { name: "gone", unfinished: true, body: () => [] };
  const question = questionOf(gone, "application/proto");
  const answer = await client.ask({ ...question, broken: async () => {} });
  client.close();
  expect(answer.failure).toBe("reset 8");
  const noticed = await stack.take();
  expect(noticed.at(-1)).toMatchObject({ what: "ended", code: "invalid_argument" });
});
