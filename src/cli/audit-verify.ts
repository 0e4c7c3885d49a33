// `metal audit verify`: reads copies of the audit and prints what is wrong with them, or what they prove.
import { createReadStream } from "node:fs";
import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { createInterface } from "node:readline";
import type { Finding } from "../audit/chain/finding.ts";
import { ChainCheck, type Summary } from "../audit/chain/verify.ts";
import type { VerifyOptions } from "./audit-command.ts";
import { CommandError, exitCode, messageOf, SilentExit } from "./errors.ts";
import type { Io } from "./io.ts";
import { printable } from "./printable.ts";
import type { Session } from "./session.ts";

/** Prints a line for each finding, and what the chain is. Throws CommandError if a file cannot be read. */
export async function verifyAudit(
  files: readonly string[],
  options: VerifyOptions,
  { io }: Pick<Session, "io">,
): Promise<void> {
  let faults = 0;
  const tell = ({ fault, text }: Finding) => {
    faults += 1;
    io.stdout(`${printable(`${fault.padEnd(10)}  ${text}`)}\n`);
  };
  const check = await checkOf(options, tell, io);
  for (const file of files) {
    await readCopy(file, check, io);
    check.endOfCopy();
  }
  for (const line of summaryLines(check.end())) io.stdout(`${printable(line)}\n`);
  if (faults === 0) return;
  io.stderr(`${faults === 1 ? "1 fault" : `${faults} faults`}: this is not what was sealed\n`);
  throw new SilentExit(exitCode.failed);
}

async function checkOf(
  { head: heads = [], after, publicKey = [] }: VerifyOptions,
  tell: (finding: Finding) => void,
  io: Io,
): Promise<ChainCheck> {
  const read = (file: string) => readFile(resolve(io.cwd, file), "utf8");
  try {
    const publicKeys = await Promise.all(publicKey.map(read));
    return new ChainCheck({ heads, after, publicKeys }, tell);
  } catch (error) {
    throw new CommandError(`--public-key: ${messageOf(error)}`);
  }
}

async function readCopy(file: string, check: ChainCheck, io: Io): Promise<void> {
  if (await isFileOfSqlite(file, io)) return readDatabase(file, check, io);
  let number = 0;
  for await (const line of linesOf(file, io)) {
    number += 1;
    check.line(line, `line ${number} of ${file === "-" ? "stdin" : file}`);
  }
}

async function isFileOfSqlite(file: string, io: Io): Promise<boolean> {
  if (file === "-") return false;
  const { isDatabase } = await import("../maintenance/audit.ts");
  return isDatabase(resolve(io.cwd, file)).catch(unreadable(file));
}

async function readDatabase(file: string, check: ChainCheck, io: Io): Promise<void> {
  const { readSealed } = await import("../maintenance/audit.ts");
  const take = (line: string) => check.line(line, file);
  await readSealed(resolve(io.cwd, file), take).catch(unreadable(file));
}

const unreadable = (file: string) => (error: unknown) => {
  throw new CommandError(`cannot read ${file}: ${messageOf(error)}`);
};

/** Not all at once: a copy may be larger than memory. */
async function* linesOf(file: string, io: Io): AsyncGenerator<string> {
  if (file === "-") return yield* (await io.readStdin()).split("\n");
  try {
    const input = createReadStream(resolve(io.cwd, file));
    yield* createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY });
  } catch (error) {
    unreadable(file)(error);
  }
}

function summaryLines({ first, last, records, forgotten, horizon }: Summary): string[] {
  if (first === undefined || last === undefined) return [];
  const removed = `of seals 1 to ${forgotten}, of calls before ${horizon}: old enough, says seal ${last.number}`;
  return [
    `seals    ${first} to ${last.number}, the last one of ${last.time}`,
    `records  ${records}, as they were sealed`,
    ...(forgotten > 0 ? [`removed  ${removed}`] : []),
    `head     ${last.number}:${last.hash}`,
  ];
}
