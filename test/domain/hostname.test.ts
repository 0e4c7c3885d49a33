// Which texts name a host.
import { describe, expect, test } from "@jest/globals";
import { defaultHostname, hostnameFault } from "../../src/domain/hostname.ts";

const long = "a".repeat(63);

test.each([
  defaultHostname,
  "a",
  "3com",
  "Node-1",
  "a--b",
  "node-1.example.com",
  "1.2.3.four",
  long,
  [long, long, long, "a".repeat(61)].join("."),
])("%s does", (text) => {
  expect(hostnameFault(text)).toBeUndefined();
});

describe.each([
  [
    "is no label",
    ["", ".", "a.", ".a", "a..b", "-a", "a-", "a_b", "a b", "ä", "a\n", `${long}a`, "a/b", "a:1"],
  ],
  ["is longer than 253", [[long, long, long, "a".repeat(62)].join(".")]],
  ["ends with a number", ["1", "10.0.0.1", "node.7"]],
])("what %s", (reason, texts) => {
  test.each(texts)("does not: %j", (text) => {
    expect(hostnameFault(text)).toContain(reason);
  });
});
