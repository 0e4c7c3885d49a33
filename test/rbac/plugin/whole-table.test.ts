// A table of rules is whole or there is none: a part of the protos, or options that are not ours, end the run.
import { afterAll, describe, expect, test } from "@jest/globals";
import { callPlugin, output } from "./request.ts";
import { createWorkspace, optionsProto, type Setup, type Workspace } from "./workspace.ts";

const optionsPath = "proto/metal/rbac/v1/rbac.proto";

const service = (name: string) => `syntax = "proto3";
package ${name}.v1;
import "metal/rbac/v1/rbac.proto";
message Request {}
service Service {
  rpc Change(Request) returns (Request) {
    option (metal.rbac.v1.min_role) = ROLE_EDITOR;
  }
}
`;

// What somebody else may call theirs: the same field number, of another type.
const strange = `syntax = "proto3";
package strange.v1;
import "google/protobuf/descriptor.proto";
extend google.protobuf.MethodOptions { int32 cost = 77601; }
message Request {}
service Service {
  rpc Change(Request) returns (Request) {
    option (strange.v1.cost) = 1;
  }
}
`;

const several = {
  [optionsPath]: optionsProto,
  "proto/a/v1/a.proto": service("a"),
  "proto/b/v1/b.proto": service("b"),
  "gen/rbac/rules.ts": "the table of yesterday\n",
};

const made: Workspace[] = [];
const workspace = (files: Readonly<Record<string, string>>, setup?: Setup): Workspace => {
  const one = createWorkspace(files, setup);
  made.push(one);
  return one;
};
afterAll(() => made.forEach((one) => one.remove()));

const partial =
  'asked to generate a part of the protos, without "metal/rbac/v1/rbac.proto", but a table of rules must be whole; set "strategy: all" for this plugin in buf.gen.yaml, run buf generate without --path, and set "include_imports: true" if the options come from a dependency';

const partialRuns: readonly { name: string; setup: Setup; args: readonly string[] }[] = [
  { name: "one call per directory", setup: { strategy: "directory" }, args: [] },
  { name: "a run limited to a path", setup: {}, args: ["--path", "proto/a"] },
];

describe.each(partialRuns)("$name", ({ setup, args }) => {
  const one = workspace(several, setup);
  const before = one.generated();
  const { status, lines } = one.generate(...args);

  test("fails and says what to set", () => {
    expect(status).toBe(1);
    expect(lines.filter((line) => line.endsWith(partial)).length).toBeGreaterThan(0);
  });

  test("leaves every generated file as it was", () => {
    expect(one.generated()).toEqual(before);
  });
});

describe("options with our field number that are somebody else's", () => {
  const theirs = workspace({ "proto/strange/v1/strange.proto": strange });
  const ours = workspace({ [optionsPath]: optionsProto, "proto/a/v1/a.proto": service("a") });

  test("are not ours where our options are not imported at all", () => {
    const { status, lines } = theirs.generate();
    expect(status).toBe(1);
    expect(lines).toEqual([
      expect.stringMatching(
        /main\.ts: no proto of this run imports "metal\/rbac\/v1\/rbac\.proto", so no rule can be found; import it and state a role on every rpc$/,
      ),
    ]);
  });

  test("are not ours next to protos that have ours", () => {
    const { error, file } = callPlugin([ours.build(), theirs.build()]);
    expect(file).toEqual([]);
    expect(error.split("\n")).toEqual([
      "1 problem with the rules of rpcs, nothing is written",
      'proto/strange/v1/strange.proto:7:3: rpc strange.v1.Service/Change: has no rule; name it in a foreign_rule of a proto of yours, or import "metal/rbac/v1/rbac.proto" here and add option (metal.rbac.v1.min_role)',
    ]);
  });
});

test("options that come by a public import are ours", () => {
  const relay = `syntax = "proto3";\npackage relay.v1;\nimport public "metal/rbac/v1/rbac.proto";\n`;
  const one = workspace({
    [optionsPath]: optionsProto,
    "proto/relay/v1/relay.proto": relay,
    "proto/a/v1/a.proto": service("a").replace("metal/rbac/v1/rbac", "relay/v1/relay"),
  });
  const json = output(callPlugin([one.build()]), "rules.json");
  expect(JSON.parse(json)).toMatchObject({ "/a.v1.Service/Change": { minRole: "EDITOR" } });
});
