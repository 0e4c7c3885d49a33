// The Connect conformance suite passes with gate, interceptors and fast path in place. Its runner and protos are no part
// of this project: CONFORMANCE_BIN names the program `connectconformance`, CONFORMANCE_PROTO the folder of its protos
// (CONTRIBUTING.md says how to get both). Without them the test is skipped, and says so.
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "@jest/globals";

const { CONFORMANCE_BIN: runner = "", CONFORMANCE_PROTO: protos = "" } = process.env;
const root = join(import.meta.dirname, "../..");
const bin = (name: string) => join(root, "node_modules/.bin", name);
const isThere = runner !== "" && protos !== "";

if (!isThere)
  process.stderr.write(
    "SKIPPED: the conformance suite, because CONFORMANCE_BIN and CONFORMANCE_PROTO are not set\n",
  );

/**
 * A stream of HTTP/2 is reset now and then where its request is refused for its size while it is still being sent. Why is
 * not known; streams do not take the fast path.
 */
const flaky = "Server Message Size/**/server-stream/request-exceeds-server-limit";

/** How many cases passed, and those that did not with what was said of them. */
const told = /^FAILED.*(?:\n\t.*)*|^\d+ passed, \d+ failed$/gm;

const run = (command: string, args: readonly string[]) =>
  spawnSync(command, args, { cwd: root, encoding: "utf8" });

(isThere ? test : test.skip)(
  "the conformance suite passes",
  () => {
    const folder = mkdtempSync(join(tmpdir(), "conformance-"));
    try {
      const types = join(folder, "types.binpb");
      const built = run(bin("buf"), ["build", protos, "--as-file-descriptor-set", "-o", types]);
      expect(built).toMatchObject({ status: 0 });
      const server = [bin("node"), "test/conformance/server.ts", types];
      const options = [
        "--mode",
        "server",
        "--conf",
        "test/conformance/conformance.yaml",
        "--known-flaky",
        flaky,
      ];
      const { status, stdout, stderr } = run(runner, [...options, "--", ...server]);
      const failures = `${stdout}${stderr}`.match(told);
      expect({ status, failures }).toEqual({
        status: 0,
        failures: [expect.stringMatching(/^\d+ passed, 0 failed$/)],
      });
    } finally {
      rmSync(folder, { recursive: true });
    }
  },
  // In milliseconds: some 3 500 calls, and a process for each way to serve.
  20 * 60_000,
);
