// Calls of every kind that a client may send, good and bad, and who is to answer each: the fast path, or Connect.
import { create, toBinary, toJsonString } from "@bufbuild/protobuf";
import { Code } from "@connectrpc/connect";
import { encodeEnvelope } from "@connectrpc/connect/protocol";
import type { OutgoingHttpHeaders } from "node:http";
import { SearchRequestSchema } from "../../examples/own-server/gen/library/v1/library_pb.ts";
import type { Question } from "./wire.ts";

/** Content types of unary calls. */
export const dialects = [
  "application/proto",
  "application/json",
  "application/grpc",
  "application/grpc+json",
  "application/grpc-web+proto",
  "application/grpc-web+json",
] as const;
export type Dialect = (typeof dialects)[number];

/** A call, written in any dialect. */
export interface Case {
  readonly name: string;
  /** "fast" unless stated; undefined if it depends on the dialect. */
  readonly answeredBy?: "fast" | "connect" | undefined;
  readonly rpc?: string;
  readonly title?: string;
  readonly method?: string;
  readonly path?: string;
  readonly headers?: (dialect: Dialect) => OutgoingHttpHeaders;
  /** The pieces of the body, when it is not the message with `title`. */
  readonly body?: (dialect: Dialect) => readonly Uint8Array[];
  readonly unfinished?: boolean;
  /** Broken off while the body arrives, or while the handler waits. */
  readonly broken?: "arriving" | "waiting";
  /** Only in these dialects. */
  readonly only?: (dialect: Dialect) => boolean;
}

export const isEnveloped = (dialect: Dialect) => dialect.startsWith("application/grpc");
const isJson = (dialect: Dialect) => dialect.endsWith("json");
const protocolHeader =
  (connect: string, grpc: string) => (value: string) => (dialect: Dialect) => ({
    [isEnveloped(dialect) ? grpc : connect]: value,
  });
const encoding = protocolHeader("content-encoding", "grpc-encoding");
const accepting = protocolHeader("accept-encoding", "grpc-accept-encoding");
const timeout = (connect: string, grpc: string) => (dialect: Dialect) =>
  isEnveloped(dialect) ? { "grpc-timeout": grpc } : { "connect-timeout-ms": connect };

const text = (value: string) => new TextEncoder().encode(value);

/** A message that asks for `title`. */
function message(dialect: Dialect, title: string): Uint8Array {
  const asked = create(SearchRequestSchema, { title });
  return isJson(dialect)
    ? text(toJsonString(SearchRequestSchema, asked))
    : toBinary(SearchRequestSchema, asked);
}

const inBody = (dialect: Dialect, bytes: Uint8Array) =>
  isEnveloped(dialect) ? encodeEnvelope(0, bytes) : bytes;

const as =
  (caller: string, headers: OutgoingHttpHeaders = {}) =>
  () => ({
    "x-caller": caller,
    ...headers,
  });

const codes = Object.values(Code).filter((code) => typeof code === "number");

const errors: Case[] = [
  { name: "an error without details", title: "code:5" },
  ...codes.map((code) => ({ name: `${Code[code]} with details`, title: `details:${code}` })),
];

const answers: Case[] = [
  { name: "an empty message", title: "" },
  { name: "an ordinary message", title: "a book" },
  { name: "unicode", title: "ünïcødé 🦄 \u0000" },
  { name: "an answer without a book", title: "repeat:0" },
  { name: "a big answer", title: "repeat:20000" },
  { name: "headers and trailers", title: "headers" },
  { name: "headers and trailers before an error", title: "headers and fail" },
  { name: "an error with metadata that protocols keep for themselves", title: "reserved" },
  { name: "an error that nobody meant", title: "throw" },
  { name: "an answer that is no message", title: "wrong type" },
  { name: "another header and trailer than the handler's", headers: () => ({ "x-replaced": "1" }) },
  { name: "a signal that somebody keeps", headers: () => ({ "x-watched": "1" }) },
  {
    name: "a signal that somebody keeps, and an error",
    title: "code:5",
    headers: () => ({ "x-watched": "1" }),
  },
];

const refusals: Case[] = [
  { name: "no credential", rpc: "Lend" },
  { name: "a bad credential", rpc: "Lend", headers: as("stranger") },
  { name: "a bad credential on a public RPC", headers: as("stranger") },
  { name: "a role that is too low", rpc: "Lend", headers: as("viewer") },
  { name: "another component", rpc: "GiveBack", headers: as("editor") },
  { name: "an identity limited to other RPCs", rpc: "Lend", headers: as("limited") },
  { name: "a credential that ended", rpc: "Lend", headers: as("ended") },
  { name: "credentials that cannot be checked", rpc: "Lend", headers: as("puzzling") },
  { name: "a message under a credential for another", rpc: "Lend", headers: as("replaying") },
  { name: "too many calls", headers: () => ({ "x-hasty": "1" }) },
  { name: "no reason", rpc: "Discard", headers: as("admin") },
  { name: "a dry run", rpc: "Lend", headers: as("editor", { "metal-dry-run": "1" }) },
  {
    name: "a dry run that is refused",
    rpc: "Lend",
    headers: as("viewer", { "metal-dry-run": "" }),
  },
  { name: "a refused call whose body never ends", rpc: "Lend", unfinished: true },
  {
    name: "a refused call with much to send",
    rpc: "Lend",
    body: (dialect) => [inBody(dialect, new Uint8Array(300_000))],
    unfinished: true,
  },
];

const changes: Case[] = [
  { name: "a change that is recorded", rpc: "Lend", headers: as("editor") },
  { name: "a change that fails", rpc: "GiveBack", headers: as("box") },
  {
    name: "a change with a reason",
    rpc: "Discard",
    headers: as("admin"),
    body: (dialect) => [
      inBody(
        dialect,
        isJson(dialect)
          ? text('{"isbn":"1","reason":"it is falling apart"}')
          : Buffer.concat([text("\n\u00011\u0012\u0013"), text("it is falling apart")]),
      ),
    ],
  },
];

const limit = 4 * 1024 * 1024;

/** Large bodies take their time, and say little more in one dialect than in another. */
const fewer = (dialect: Dialect) => !dialect.endsWith("json") || dialect === "application/json";

/** A string field of this many bytes, in either encoding. */
function titled(dialect: Dialect, bytes: number): Uint8Array {
  const rest = bytes - (isJson(dialect) ? 12 : 5);
  return message(dialect, "repeat:0:".padEnd(rest, "x"));
}

const bodies: Case[] = [
  { name: "what cannot be read", body: (d) => [inBody(d, text(isJson(d) ? "{" : "\n\u0005"))] },
  { name: "what is no message", body: (d) => [inBody(d, text(isJson(d) ? "[]" : "\u0007\u0007"))] },
  { name: "no text", body: (d) => [inBody(d, new Uint8Array([0x0a, 2, 0xff, 0xfe]))] },
  {
    name: "unknown fields",
    body: (d) => [inBody(d, isJson(d) ? text('{"other":1}') : new Uint8Array([0x50, 1]))],
  },
  { name: "no body at all", body: () => [] },
  {
    name: "many pieces",
    body: (d) => Array.from(inBody(d, message(d, "a book")), (b) => new Uint8Array([b])),
  },
  {
    name: "the largest message",
    only: fewer,
    title: "x",
    body: (d) => [inBody(d, titled(d, limit - 100))],
  },
  {
    name: "too large, with its length",
    only: fewer,
    body: (d) => [inBody(d, titled(d, limit + 1000))],
    headers: (d) => ({ "content-length": `${inBody(d, titled(d, limit + 1000)).length}` }),
  },
  {
    name: "too large, without its length",
    only: fewer,
    body: (d) => [inBody(d, titled(d, limit + 70_000))],
  },
  {
    name: "a length that is announced",
    body: (d) => [inBody(d, message(d, "a book"))],
    headers: (d) => ({ "content-length": `${inBody(d, message(d, "a book")).length}` }),
  },
];

const flagged = (flags: number) => (dialect: Dialect) => [
  encodeEnvelope(flags, message(dialect, "a book")),
];

const enveloped: Case[] = [
  { name: "no envelope", body: () => [text("abc")] },
  { name: "a part of an envelope", body: () => [new Uint8Array([0, 0, 0, 0, 9, 1, 2])] },
  { name: "the head of an envelope", body: () => [new Uint8Array([0, 0, 0, 0, 9])] },
  { name: "two messages", body: (d) => [...flagged(0)(d), ...flagged(0)(d)] },
  {
    name: "two messages, and no end",
    body: (d) => [...flagged(0)(d), ...flagged(0)(d)],
    unfinished: true,
  },
  { name: "a message and a part", body: (d) => [Buffer.concat([...flagged(0)(d), text("ab")])] },
  { name: "a compressed message", body: flagged(1) },
  { name: "an unknown flag", body: flagged(64) },
  { name: "a trailer's flag", body: flagged(128) },
  { name: "an envelope that is too large", body: () => [new Uint8Array([0, 255, 255, 255, 255])] },
  {
    name: "an envelope that is too large, and no end",
    body: () => [new Uint8Array([0, 255, 255, 255, 255])],
    unfinished: true,
  },
  {
    name: "a message, then an envelope that is too large",
    body: (d) => [Buffer.concat([...flagged(0)(d), new Uint8Array([0, 255, 255, 255, 255])])],
  },
  {
    name: "what cannot be read, and no end",
    body: (d) => [encodeEnvelope(0, text(isJson(d) ? "{" : "\n\u0005"))],
    unfinished: true,
  },
];
const envelopes = enveloped.map((one) => ({ ...one, only: isEnveloped }));

const deadlines: Case[] = [
  { name: "a deadline that is kept", title: "a book", headers: timeout("30000", "30S") },
  {
    name: "a deadline in parts of milliseconds",
    title: "a book",
    headers: timeout("30000", "30000001u"),
  },
  { name: "a deadline that is missed", title: "wait", headers: timeout("40", "40m") },
  { name: "a deadline of nothing", answeredBy: "connect", headers: timeout("0", "0m") },
  { name: "a deadline that is no number", answeredBy: "connect", headers: timeout("soon", "soon") },
  { name: "a deadline too far away", answeredBy: "connect", headers: timeout("3600001", "2H") },
];

const compression: Case[] = [
  { name: "a request that is called not compressed", headers: encoding("identity") },
  { name: "a compressed request", answeredBy: "connect", headers: encoding("gzip") },
  { name: "a compression that nobody knows", answeredBy: "connect", headers: encoding("rot13") },
  {
    name: "a small answer to who takes compression",
    title: "a book",
    headers: accepting("gzip, br"),
  },
  {
    name: "a large answer to who takes compression",
    title: "repeat:400",
    headers: accepting("rot13,br,gzip"),
  },
  {
    name: "a large error to who takes compression",
    title: `code:5:${"x".repeat(2000)}`,
    headers: accepting("gzip"),
  },
  {
    name: "a large answer to who takes what nobody knows",
    title: "repeat:400",
    headers: accepting("rot13"),
  },
];

const breaks: Case[] = [
  {
    name: "broken off while its body arrives",
    broken: "arriving",
    unfinished: true,
    body: (d) => [inBody(d, message(d, "a book")).subarray(0, 4)],
  },
  { name: "broken off in its handler", title: "wait", broken: "waiting" },
];

const unusual: Case[] = [
  { name: "GET", method: "GET", answeredBy: "connect", body: () => [] },
  {
    name: "a GET with its message",
    method: "GET",
    path: "/library.v1.LibraryService/Search?connect=v1&encoding=json&message=%7B%7D",
    answeredBy: "connect",
    body: () => [],
  },
  { name: "HEAD", method: "HEAD", answeredBy: "connect", body: () => [] },
  { name: "PUT", method: "PUT", answeredBy: "connect" },
  { name: "an RPC that does not exist", rpc: "Burn", answeredBy: "connect" },
  { name: "a stream", rpc: "WatchLoans", answeredBy: "connect", headers: as("viewer") },
  { name: "a query", path: "/library.v1.LibraryService/Search?x=1", answeredBy: "connect" },
  {
    name: "capitals",
    answeredBy: "connect",
    headers: (d) => ({ "content-type": d.toUpperCase() }),
  },
  {
    name: "a charset",
    answeredBy: "connect",
    headers: (d) => ({ "content-type": `${d}; charset=utf-8` }),
  },
  {
    name: "another type",
    answeredBy: "connect",
    headers: () => ({ "content-type": "text/plain" }),
  },
  {
    name: "an expectation",
    answeredBy: "connect",
    headers: () => ({ expect: "100-continue" }),
    only: isEnveloped,
  },
  { name: "the version of the protocol", headers: () => ({ "connect-protocol-version": "1" }) },
  { name: "another version of the protocol", headers: () => ({ "connect-protocol-version": "7" }) },
  {
    name: "a header that came twice",
    headers: () => ({ "x-many": ["1", "2"], cookie: ["a=1", "b=2"] }),
  },
];

export const corpus: readonly Case[] = [
  ...answers,
  ...errors,
  ...refusals,
  ...changes,
  ...bodies,
  ...envelopes,
  ...deadlines,
  ...compression,
  ...breaks,
  ...unusual,
];

/** The request of a case in a dialect. */
export function questionOf(one: Case, dialect: Dialect): Question {
  const { method = "POST", rpc = "Search", title = "", unfinished = false } = one;
  const body = one.body ?? (() => [inBody(dialect, message(dialect, title))]);
  return {
    method,
    path: one.path ?? `/library.v1.LibraryService/${rpc}`,
    headers: { "content-type": dialect, ...one.headers?.(dialect) },
    pieces: body(dialect),
    unfinished,
  };
}
