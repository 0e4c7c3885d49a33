// Every unary RPC with values that nobody sends by accident: none fails for a reason that nobody meant, and every call
// that its rule wants recorded has a record that can be read, sealed and exported.
import {
  create,
  type DescField,
  type DescMessage,
  type DescMethod,
  ScalarType,
} from "@bufbuild/protobuf";
import { type ReflectMessage, reflect } from "@bufbuild/protobuf/reflect";
import { createClient } from "@connectrpc/connect";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { rules } from "../../gen/rbac/rules.ts";
import { sealAudit } from "../../src/audit/seal.ts";
import type { RuleTable } from "../../src/rbac/rule.ts";
import { proofOf } from "../audit/proof.ts";
import { methods, procedureOf } from "../world/descriptors.ts";
import { failure } from "../world/failure.ts";
import { type Component, components, everyone, startWorld, type World } from "../world/server.ts";

interface Values {
  readonly text: string;
  readonly number: number;
  readonly whole: bigint;
  readonly choice: number;
}

const strange: readonly (readonly [string, Values])[] = [
  ["the largest", { text: "a", number: Number.NaN, whole: 2n ** 63n - 1n, choice: 77 }],
  ["the smallest", { text: "", number: -1e308, whole: -(2n ** 63n), choice: -5 }],
  ["control characters", { text: "a\0\u001b[31m\n", number: 1, whole: 1n, choice: 1 }],
  ["names of JavaScript", { text: "__proto__", number: 1, whole: 1n, choice: 1 }],
];

const table: RuleTable = rules;
const called = methods.filter(
  (method) => method.methodKind === "unary" && table[procedureOf(method)] !== undefined,
);

let world: World;
beforeAll(async () => {
  world = await startWorld({ users: everyone });
});
afterAll(() => world.close());

test.each(strange)("%s", async (_, values) => {
  const before = new Set((await recorded()).map(({ traceId }) => traceId));
  const unmeant: string[] = [];
  for (const method of called) {
    const end = await outcome(method, values);
    if (/^(?:Internal|Unknown|Unavailable)/.test(end))
      unmeant.push(`${procedureOf(method)} ${end}`);
  }
  expect(unmeant).toEqual([]);
  const records = (await recorded()).filter(({ traceId }) => !before.has(traceId));
  const wanted = called.filter((method) => table[procedureOf(method)]?.audit !== "refusals");
  const missing = wanted.filter(
    (method) => !records.some(({ procedure }) => `/${procedure}` === procedureOf(method)),
  );
  expect(missing.map(procedureOf)).toEqual([]);
  await sealAudit({ store: world.store, now: Date.now });
  expect((await proofOf(world.store)).findings).toEqual([]);
});

const recorded = () => world.store.read.audit.list({ where: {}, limit: 1000 });

function outcome(method: DescMethod, values: Values): Promise<string> {
  const { components: marks = [] } = table[procedureOf(method)] ?? {};
  const mark = components.find((name) => marks.includes(name)) satisfies Component | undefined;
  const transport = world.transport(mark ?? "admin", { protocol: "grpc" });
  const client = createClient(method.parent, transport) as unknown as Readonly<
    Record<string, (request: object) => Promise<unknown>>
  >;
  return failure(
    client[method.localName]?.(filled(method.input, values, 5).message) ?? Promise.resolve(),
  );
}

/** A message with `values` in every field, `depth` messages deep. */
function filled(schema: DescMessage, values: Values, depth: number): ReflectMessage {
  const message = reflect(schema, create(schema));
  for (const field of message.fields) fill(message, field, { values, depth });
  return message;
}

interface Filling {
  readonly values: Values;
  readonly depth: number;
}

function fill(message: ReflectMessage, field: DescField, filling: Filling): void {
  const { values, depth } = filling;
  if (field.message !== undefined && depth === 0) return;
  const value = () =>
    field.message ? filled(field.message, values, depth - 1) : plain(field.scalar, values);
  if (field.fieldKind === "list") message.get(field).add(value());
  else if (field.fieldKind === "map") message.get(field).set(plain(field.mapKey, values), value());
  else message.set(field, value());
}

/** A value of a scalar type; of an enum without one. */
function plain(scalar: ScalarType | undefined, { text, number, whole, choice }: Values) {
  const of: Partial<Record<ScalarType, string | number | bigint | boolean | Uint8Array>> = {
    [ScalarType.STRING]: text,
    [ScalarType.BYTES]: new Uint8Array(3),
    [ScalarType.BOOL]: true,
    [ScalarType.DOUBLE]: number,
    [ScalarType.FLOAT]: Math.fround(number),
    [ScalarType.INT64]: whole,
    [ScalarType.UINT64]: BigInt.asUintN(63, whole),
    [ScalarType.INT32]: Number(BigInt.asIntN(32, whole)),
    [ScalarType.UINT32]: Number(BigInt.asUintN(32, whole)),
  };
  return scalar === undefined ? choice : of[scalar];
}
