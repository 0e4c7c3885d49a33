// What counts as a JSON object from outsiders.
import { expect, test } from "@jest/globals";
import { maximumDepth, member, parseObject } from "../../../src/auth/oidc/json.ts";

const bytes = (text: string) => Buffer.from(text);
const nested = (depth: number) => `{"a":${"[".repeat(depth - 1)}${"]".repeat(depth - 1)}}`;

test.each([
  `{}`,
  ` { "a" : [ 1 , { "a" : 2 } ] , "b" : { "a" : 3 } } `,
  `{"a":"{\\"a\\":1,\\"a\\":2}"}`,
  `{"a":"\\\\","b":"\\"a\\":"}`,
  `{"a":["a","a"],"b":"a"}`,
  nested(maximumDepth),
])("%s is read", (text) => {
  expect(parseObject(bytes(text))).toEqual(JSON.parse(text));
});

test.each([
  ``,
  `[]`,
  `null`,
  `"a"`,
  `{"a":1,}`,
  `{"a":1}{}`,
  `{"a":1,"a":1}`,
  `{"a":1,"\\u0061":1}`,
  `{"b":{"a":1,"a" :2}}`,
  `[{"a":1,"a":2}]`,
  `{"b":[{"a":1},{"a":1,"a":2}]}`,
  `{"__proto__":1,"__proto__":2}`,
  nested(maximumDepth + 1),
  `\ufeff{}`,
])("%j is not", (text) => {
  expect(parseObject(bytes(text))).toBeUndefined();
});

test("what is not UTF-8 is not read", () => {
  expect(
    parseObject(Buffer.concat([bytes(`{"a":"`), Buffer.of(0xff), bytes(`"}`)])),
  ).toBeUndefined();
});

test("members are the object's own, and never those of prototypes", () => {
  const object = parseObject(bytes(`{"a":1,"__proto__":2,"constructor":3}`)) ?? {};
  expect(member(object, "a")).toBe(1);
  for (const name of ["__proto__", "constructor", "prototype", "toString"])
    expect(member(object, name)).toBeUndefined();
});
