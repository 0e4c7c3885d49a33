// Every wrong rule is reported, all in one run, each with its place, what is wrong and what to do; and nothing else
// happens.
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { foreignChecks, ruleChecks } from "../../../src/rbac/plugin/check.ts";
import { createWorkspace, type Outcome } from "./workspace.ts";
import { foreign, good, head, newerOptions, other, own, service } from "./wrong-rule-table.ts";

const workspace = createWorkspace(
  {
    "proto/metal/rbac/v1/rbac.proto": newerOptions,
    "proto/other/other.proto": other,
    "proto/test/v1/own.proto":
      head +
      service(
        "OwnService",
        own.map(([, text]) => text),
      ),
    "proto/test/v1/good.proto": `${head.replace(/message (.|\n)*/, 'import "test/v1/own.proto";\n')}${service("GoodService", good)}`,
    "proto/test/v1/foreign.proto": `syntax = "proto3";\npackage test.v1;\nimport "metal/rbac/v1/rbac.proto";\n${foreign.map(([, text]) => text).join("\n")}\n`,
    "gen/rbac/rules.ts": "the table of yesterday\n",
    "gen/test/v1/own_pb.ts": "the messages of yesterday\n",
    "gen/stale.ts": "left over\n",
  },
  { messages: true },
);
afterAll(workspace.remove);

const before = workspace.generated();
let outcome: Outcome;
beforeAll(() => {
  outcome = workspace.generate();
});

const firstRow = head.split("\n").length + 1;
const nameOf = (text: string) => /^rpc (\w+)/.exec(text)?.[1] ?? "";

const ownLines = own.flatMap(([, text, ...says], index) =>
  says.map(
    (words) =>
      `proto/test/v1/own.proto:${firstRow + index}:3: rpc test.v1.OwnService/${nameOf(text)}: ${words}`,
  ),
);
const foreignLines = foreign.flatMap(([, , ...says], index) =>
  says.map((words) => `proto/test/v1/foreign.proto:${4 + index}:1: ${words}`),
);

describe("a run with wrong rules", () => {
  test("fails", () => {
    expect(outcome.status).toBe(1);
  });

  test.each(own.map((row, index) => ({ check: row[0], name: nameOf(row[1]), index })))(
    "$check: $name is reported",
    ({ name }) => {
      const marker = `rpc test.v1.OwnService/${name}: `;
      expect(outcome.lines.filter((line) => line.includes(marker))).toEqual(
        ownLines.filter((line) => line.includes(marker)),
      );
    },
  );

  test("reports foreign rules where they are written", () => {
    expect(outcome.lines.filter((line) => line.startsWith("proto/test/v1/foreign.proto"))).toEqual(
      foreignLines,
    );
  });

  test("reports an rpc of others that nobody gave a rule", () => {
    expect(outcome.lines).toContain(
      'proto/other/other.proto:11:3: rpc other.Other/Forgotten: has no rule; name it in a foreign_rule of a proto of yours, or import "metal/rbac/v1/rbac.proto" here and add option (metal.rbac.v1.min_role)',
    );
  });

  test("reports nothing else, in the order of files and lines", () => {
    const count = ownLines.length + foreignLines.length + 1;
    // Buf ends the other plugin, if that still runs, and says so in a line of its own.
    const ours = outcome.lines.filter((line) => !line.endsWith("context canceled"));
    const [heading, forgotten, ...rest] = ours;
    expect(heading).toMatch(
      new RegExp(
        `^Failure: plugin .*/src/rbac/plugin/main.ts: ${count} problems with the rules of rpcs, nothing is written$`,
      ),
    );
    expect(forgotten).toMatch(/^proto\/other/);
    expect(rest).toEqual([...foreignLines, ...ownLines]);
  });

  test("leaves every generated file as it was, although clean is on", () => {
    expect(workspace.generated()).toEqual(before);
    expect(before.size).toBe(3);
  });
});

test("every check has a wrong rule that it finds", () => {
  const covered = new Set([...own, ...foreign].map(([check]) => check));
  const checks = [...Object.keys(ruleChecks), ...Object.keys(foreignChecks)];
  expect(checks.filter((name) => !covered.has(name))).toEqual([]);
});
