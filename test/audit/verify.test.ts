import { generateKeyPairSync, sign } from "node:crypto";
import type { JsonObject, JsonValue } from "@bufbuild/protobuf";
import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import type { Finding } from "../../src/audit/chain/finding.ts";
import { recordHash, rootOf, sealHash } from "../../src/audit/chain/link.ts";
import { ChainCheck, type Summary, type Trust } from "../../src/audit/chain/verify.ts";
import { type History, histories } from "./history.ts";

type Lines = readonly JsonObject[];

function check(lines: Lines | readonly string[], trust: Trust = {}) {
  const findings: Finding[] = [];
  const chain = new ChainCheck(trust, (finding) => findings.push(finding));
  for (const [index, line] of lines.entries())
    chain.line(typeof line === "string" ? line : JSON.stringify(line), `line ${index + 1}`);
  const summary: Summary = chain.end();
  return { findings, summary, faults: findings.map(({ fault }) => fault) };
}

const runs = { numRuns: 60 };

describe("what nobody touched", () => {
  test("is never found fault with", () => {
    fc.assert(
      fc.property(histories(), ({ lines, head, records }) => {
        const { findings, summary } = check(lines, { heads: [head] });
        expect(findings).toEqual([]);
        expect(summary).toMatchObject({ first: 1, last: head, records });
      }),
      runs,
    );
  });

  test("may be copied twice, and broken off and begun again after any line", () => {
    fc.assert(
      fc.property(histories(), fc.nat(), ({ lines, head, records }, at) => {
        const broken = at % (lines.length + 1);
        const again = lines.slice(0, broken).findLastIndex((line) => "seal" in line) + 1;
        const copies = [...lines.slice(0, broken), ...lines.slice(again), ...lines];
        const { findings, summary } = check(copies, { heads: [head] });
        expect(findings).toEqual([]);
        expect(summary.records).toBe(records);
      }),
      runs,
    );
  });

  test("may be written with other white space and in another order of fields", () => {
    fc.assert(
      fc.property(histories(), ({ lines }) => {
        const turned = (value: JsonValue): JsonValue => {
          if (Array.isArray(value)) return value.map(turned);
          if (typeof value !== "object" || value === null) return value;
          const fields = Object.entries(value).toReversed();
          return Object.fromEntries(fields.map(([name, each]) => [name, turned(each)]));
        };
        const texts = lines.map((line) => JSON.stringify(turned(line), null, 1));
        expect(check(texts.map((text) => text.replaceAll("\n", " "))).findings).toEqual([]);
      }),
      runs,
    );
  });

  test("may begin anywhere, if the seal before is known", () => {
    fc.assert(
      fc.property(histories(), ({ lines }) => {
        const first = lines.findIndex((line) => "seal" in line);
        const seal = lines[first]?.["seal"] as JsonObject;
        const after = { number: 1, hash: textOf(seal, "hash") };
        const rest = lines.slice(first + 1);
        fc.pre(rest.length > 0);
        expect(check(rest, { after }).findings).toEqual([]);
        expect(check(rest).faults).toEqual(["truncated"]);
        expect(check(rest, { after: { ...after, hash: "0".repeat(64) } }).faults).toEqual([
          "broken",
        ]);
      }),
      runs,
    );
  });
});

/** What somebody who can write to the copy, or made it from a database that they could write to, may have done. */
type Tampering = (history: History, at: number) => Lines | undefined;

const pick = <T>(items: readonly T[], at: number): T | undefined => items[at % items.length];
const places = (lines: Lines, kind: "record" | "seal") =>
  lines.flatMap((line, index) => (kind in line ? [index] : []));
const replaced = (lines: Lines, index: number, ...line: JsonObject[]) =>
  lines.toSpliced(index, 1, ...line);

/** A copy of the lines whose `at`th record or seal was changed. */
function changed(
  { lines }: Pick<History, "lines">,
  [kind, at]: readonly ["record" | "seal", number],
  change: (value: JsonObject) => JsonObject | undefined,
): Lines | undefined {
  const index = pick(places(lines, kind), at);
  const value = index === undefined ? undefined : (lines[index]?.[kind] as JsonObject);
  const next = value && change(value);
  return index === undefined || next === undefined
    ? undefined
    : replaced(lines, index, { [kind]: next });
}

const textOf = (value: JsonObject, name: string) => {
  const text = value[name];
  return typeof text === "string" ? text : "";
};
const without = (value: JsonObject, name: string): JsonObject =>
  Object.fromEntries(Object.entries(value).filter(([each]) => each !== name));
const rehashed = (seal: JsonObject) => ({ ...seal, hash: sealHash(seal) });
const leavesOf = (seal: JsonObject) =>
  (seal["leaves"] ?? []) as { traceId: string; hash: string }[];

/** Alters a record and everything in its seal that tells. */
const forged: Tampering = ({ lines }, at) => {
  const index = pick(places(lines, "record"), at);
  if (index === undefined) return undefined;
  const record = { ...(lines[index]?.["record"] as JsonObject), principal: "hmac:Somebody-Else" };
  const sealAt = lines.findIndex((line, place) => place > index && "seal" in line);
  const seal = lines[sealAt]?.["seal"] as JsonObject;
  const leaves = leavesOf(seal).map((leaf) =>
    leaf.traceId === record["traceId" as never] ? { ...leaf, hash: recordHash(record) } : leaf,
  );
  const made = rehashed({ ...seal, leaves, root: rootOf(leaves) });
  return replaced(replaced(lines, index, { record }), sealAt, { seal: made });
};

/** Makes the whole chain anew after altering a record, as whoever holds the database can. */
const remade: Tampering = (history, at) => {
  const lines = forged(history, at);
  let previous = "";
  return lines?.map((line) => {
    if (!("seal" in line)) return line;
    const seal = without(line["seal"] as JsonObject, "previous");
    const linked = rehashed(previous === "" ? seal : { ...seal, previous });
    previous = linked.hash;
    return { seal: linked };
  });
};

const tamperings: Readonly<Record<string, Tampering>> = {
  "alters a record": (history, at) =>
    changed(history, ["record", at], (record) => ({ ...record, code: "not_found" })),
  "adds to a record": (history, at) =>
    changed(history, ["record", at], (record) => ({ ...record, more: true })),
  "removes a line": ({ lines }, at) => lines.toSpliced(at % lines.length, 1),
  "removes a seal with its records": ({ lines }, at) => {
    const seals = places(lines, "seal");
    const which = at % seals.length;
    const from = (seals[which - 1] ?? -1) + 1;
    return lines.toSpliced(from, (seals[which] ?? 0) + 1 - from);
  },
  "cuts off the end": ({ lines }, at) => lines.slice(0, at % lines.length),
  "inserts a record": ({ lines }, at) =>
    lines.toSpliced(at % (lines.length + 1), 0, { record: { traceId: "f".repeat(32) } }),
  "exchanges two lines": ({ lines }, at) => {
    const index = at % lines.length;
    const [one, other] = lines.slice(index);
    // Seals have numbers: it does not matter where they stand.
    if (one === undefined || other === undefined || ("seal" in one && "seal" in other))
      return undefined;
    return [...lines.slice(0, index), other, one, ...lines.slice(index + 2)];
  },
  "puts a record elsewhere": ({ lines }, at) => {
    const from = pick(places(lines, "record"), at);
    if (from === undefined) return undefined;
    const [record] = lines.slice(from);
    const to = (at * 7) % lines.length;
    return to === from || record === undefined
      ? undefined
      : lines.toSpliced(from, 1).toSpliced(to, 0, record);
  },
  "alters a seal": (history, at) =>
    changed(history, ["seal", at], (seal) => ({ ...seal, count: Number(seal["count"] ?? 0) + 1 })),
  "alters a seal and its hash": (history, at) =>
    changed(history, ["seal", at], (seal) => rehashed({ ...seal, time: "2020-01-01T00:00:00Z" })),
  "alters the hash of a seal": (history, at) =>
    changed(history, ["seal", at], (seal) => ({ ...seal, hash: "0".repeat(64) })),
  "claims that records were old": (history, at) =>
    changed(history, ["seal", at], (seal) => rehashed({ ...seal, forgotten: "99" })),
  "removes a leaf": (history, at) =>
    changed(history, ["seal", at], (seal) =>
      leavesOf(seal).length > 1 ? { ...seal, leaves: leavesOf(seal).slice(1) } : undefined,
    ),
  "exchanges two leaves": (history, at) =>
    changed(history, ["seal", at], (seal) =>
      leavesOf(seal).length > 1 ? { ...seal, leaves: leavesOf(seal).toReversed() } : undefined,
    ),
  "alters a leaf": (history, at) =>
    changed(history, ["seal", at], (seal) => {
      const [first, ...rest] = leavesOf(seal);
      return first && { ...seal, leaves: [{ ...first, hash: "0".repeat(64) }, ...rest] };
    }),
  "alters a record and all of its seal": forged,
  "alters a record and makes the whole chain anew": remade,
};

describe("who tampers is found out:", () => {
  test.each(Object.entries(tamperings))("one who %s", (_, tamper) => {
    fc.assert(
      fc.property(histories(), fc.nat(), (history, at) => {
        const lines = tamper(history, at);
        fc.pre(lines !== undefined && JSON.stringify(lines) !== JSON.stringify(history.lines));
        expect(check(lines ?? [], { heads: [history.head] }).findings).not.toEqual([]);
      }),
      runs,
    );
  });
});

describe("what is found is named", () => {
  const [history] = fc.sample(
    histories().filter(({ lines, records }) => records > 4 && places(lines, "seal").length > 3),
    { numRuns: 1, seed: 1 },
  );
  const lines = history?.lines ?? [];
  const [first = 0] = places(lines, "record");
  const traceId = textOf((lines[first]?.["record"] ?? {}) as JsonObject, "traceId");

  test("an altered record by its trace id", () => {
    const altered = changed({ lines }, ["record", 0], (one) => ({ ...one, code: "x" })) ?? [];
    const { findings } = check(altered);
    expect(findings).toMatchObject([
      {
        fault: "altered",
        text: expect.stringMatching(`^record ${traceId} of seal \\d was altered$`),
      },
    ]);
  });

  test("a removed record by its trace id", () => {
    expect(check(lines.toSpliced(first, 1)).findings).toMatchObject([
      { fault: "removed", text: expect.stringContaining(traceId) },
    ]);
  });

  test("missing seals by their numbers", () => {
    const rest = lines.filter(
      ({ seal }) => !["2", "3"].includes(textOf((seal ?? {}) as JsonObject, "number")),
    );
    expect(check(rest).findings.at(-1)?.text).toBe("seals 2 to 3 are not there");
  });

  test("a line that is none by its place", () => {
    expect(check(["{}", "no", '{"record":{}}', '{"seal":{},"record":{}}', ""]).findings).toEqual([
      ...[1, 2, 3, 4].map((n) => ({
        fault: "unreadable",
        text: `line ${n} is no line of an export`,
      })),
      { fault: "truncated", text: "there is no seal" },
    ]);
  });

  test("a line that says something twice, of which readers show either", () => {
    const twice = [
      '{"record":{"traceId":"a","code":"denied","code":"ok"}}',
      '{"record":{"traceId":"a","code":"denied","co\\u0064e" : "ok"}}',
      '{"record":{"traceId":"a","request":[{"a":"\\"","a":1}]}}',
    ];
    for (const line of twice) expect(check([line]).faults).toEqual(["unreadable", "truncated"]);
    const once = '{"record":{"traceId":"a","request":["b\\":",{"c":":\\\\"}],"d:":":"}}';
    expect(check([once]).faults).toEqual(["inserted", "truncated"]);
  });

  test("what is nested without end is no line either", () => {
    const deep = `{"record":${"[".repeat(50_000)}${"]".repeat(50_000)}}`;
    expect(check([deep]).faults).toEqual(["unreadable", "truncated"]);
  });
});

describe("signatures", () => {
  const keys = generateKeyPairSync("ed25519");
  const publicKeys = [keys.publicKey.export({ type: "spki", format: "pem" }).toString()];
  const signed = histories(
    (hash) => new Uint8Array(sign(null, Buffer.from(hash), keys.privateKey)),
  );

  test("of a chain that nobody touched are good, and it is found out if the chain is made anew", () => {
    fc.assert(
      fc.property(signed, fc.nat(), (history, at) => {
        expect(check(history.lines, { publicKeys }).findings).toEqual([]);
        const lines = remade(history, at);
        if (lines) expect(check(lines, { publicKeys }).faults).toContain("unsigned");
      }),
      { numRuns: 20 },
    );
  });

  test("are missed at the end, and nowhere else, because each vouches for all before it", () => {
    fc.assert(
      fc.property(signed, fc.nat(), ({ lines }, at) => {
        const seals = places(lines, "seal");
        const bare = changed({ lines }, ["seal", at], (seal) => without(seal, "signature")) ?? [];
        const isLast = at % seals.length === seals.length - 1;
        expect(check(bare, { publicKeys }).faults).toEqual(isLast ? ["unsigned"] : []);
      }),
      { numRuns: 20 },
    );
  });
});
