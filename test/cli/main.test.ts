// The command as people start it: a process of its own, with pipes, an exit status and a shell around it.
import { execFile } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { type MemoryServer, startServer } from "./memory-server.ts";
import { access, openTerminal, type Terminal } from "./terminal.ts";

const main = new URL("../../src/cli/main.ts", import.meta.url).pathname;
const runProcess = promisify(execFile);

let server: MemoryServer;
let terminal: Terminal;
beforeAll(async () => {
  server = await startServer();
  terminal = await openTerminal();
});
afterAll(async () => {
  await terminal.close();
  await server.stop();
});

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a shell line in which `metal` is the real command. */
async function shell(
  line: string,
  user: "Metal-View" | "Metal-Admin" = "Metal-Admin",
): Promise<Ended> {
  const script = `metal() { "${process.execPath}" "${main}" "$@"; }\n${line}`;
  const env = {
    ...access(server, user),
    HOME: terminal.folder,
    PATH: process.env["PATH"] ?? "",
    EDITOR: "sed -i s/one/two/",
  };
  try {
    return {
      code: 0,
      ...(await runProcess("bash", ["-c", script], { cwd: terminal.folder, env })),
    };
  } catch (error) {
    return error as Ended;
  }
}

describe("a process", () => {
  test("describes, changes in an editor, and applies again", async () => {
    await writeFile(join(terminal.folder, "s.yaml"), "id: s1\nname: one\n");
    const first = await shell(
      "cat s.yaml | metal size apply -f - && metal size describe s1 > back.yaml && metal size edit s1",
    );
    expect([first.code, first.stdout]).toEqual([0, "size/s1 created\nsize/s1 configured\n"]);
    const second = await shell("metal size apply -f back.yaml && metal size list --no-headers");
    expect(second.stdout).toBe("size/s1 configured\ns1  one\n");
  });

  test("ends with the status of what happened", async () => {
    const codes = await shell(
      "metal size get nope; echo $?; metal size; echo $?; metal size list; echo $?",
      "Metal-View",
    );
    expect(codes.stdout.split("\n").filter((line) => /^\d$/.test(line))).toEqual(["1", "2", "0"]);
    const refused = await shell("metal size create --id x", "Metal-View");
    expect([refused.code, refused.stdout, refused.stderr.trimEnd().split("\n").length]).toEqual([
      3,
      "",
      4,
    ]);
  });

  test("a reader that has seen enough is no error", async () => {
    const { code, stderr } = await shell("set -o pipefail; metal --help | head -1");
    expect([code, stderr]).toEqual([0, ""]);
  });

  test("nobody is asked where there is no terminal", async () => {
    const { code, stdout } = await shell(
      "metal size create --id gone && metal size delete gone --no-headers",
    );
    expect([code, stdout.trimEnd().split("\n").at(-1)]).toEqual([0, "gone"]);
  });

  test("an unreachable server is named with its reason", async () => {
    const { code, stderr } = await shell("metal size list --api-url http://127.0.0.1:1");
    expect([code, stderr.split("\n")[0]]).toEqual([
      1,
      "cannot reach http://127.0.0.1:1 (--api-url): nothing listens there",
    ]);
  });
});

test("the bash completion works in a bash", async () => {
  const line = [
    "source <(metal completion bash)",
    'COMP_WORDS=(metal image li); COMP_CWORD=2; _metal; echo "${COMPREPLY[@]}"',
    'COMP_WORDS=(metal size list -o ""); COMP_CWORD=4; _metal; echo "${COMPREPLY[@]}"',
  ].join("\n");
  const { stdout, stderr } = await shell(line);
  expect([stdout, stderr]).toEqual(["list\ntable wide json yaml\n", ""]);
});
