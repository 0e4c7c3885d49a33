// The real world of a command: this process.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeSync } from "node:fs";
import { createInterface } from "node:readline/promises";
import { text } from "node:stream/consumers";
import { CommandError } from "./errors.ts";
import type { Io } from "./io.ts";

/** The world of this process. A reader that went away, as `head` does, ends the process quietly. */
export function processIo(): Io {
  process.stdout.on("error", endQuietly);
  process.stderr.on("error", endQuietly);
  return {
    stdout: (chunk) => void process.stdout.write(chunk),
    stderr: (chunk) => void process.stderr.write(chunk),
    env: process.env,
    cwd: process.cwd(),
    now: () => new Date(),
    interactive: process.stdin.isTTY === true,
    readStdin: () => text(process.stdin),
    ask,
    edit,
  };
}

function endQuietly(error: NodeJS.ErrnoException): void {
  if (error.code === "EPIPE") process.exit(0);
  writeSync(2, `${error.message}\n`);
  process.exit(1);
}

async function ask(question: string): Promise<string> {
  const prompt = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return await Promise.race([prompt.question(question), once(prompt, "close").then(() => "")]);
  } finally {
    prompt.close();
  }
}

/** The editor may come with arguments ("code --wait"), as git has it, hence the shell. */
async function edit(file: string): Promise<void> {
  const editor = process.env["VISUAL"] || process.env["EDITOR"] || "vi";
  const child = spawn("sh", ["-c", `${editor} "$1"`, "sh", file], { stdio: "inherit" });
  const [code] = (await once(child, "exit")) as [number | null];
  if (code !== 0) throw new CommandError(`the editor ended with status ${code ?? "unknown"}`);
}
