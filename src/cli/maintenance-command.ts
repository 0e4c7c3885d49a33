// Commands for whoever runs a server, on its own machine: they work on its data folder or database, and not through
// the API. What does the work is loaded when it is asked for.
import type { Command } from "commander";
import type { Io } from "./io.ts";
import type { StorageFlags } from "./maintenance.ts";
import { sessionOf } from "./session.ts";

/** Adds `backup`, `restore`, `migrate` and `copy`. */
export function addMaintenanceCommands(program: Command, io: Io): void {
  addBackup(program, io);
  addRestore(program, io);
  addMigrate(program, io);
  addCopy(program, io);
}

const where =
  "Works on the machine of the server, with its settings: these flags, METAL_* variables, or the file of --config.";

/** The server's settings that say where the store is, as flags of the same names. */
function addStorageFlags(command: Command): Command {
  return command
    .option("--config <file>", "the server's file of settings; else METAL_CONFIG")
    .option("--data <folder>", "the server's data folder; else METAL_DATA, ./data")
    .option("--database-url <url>", "the server's database; else METAL_DATABASE_URL")
    .option("--database-url-file <file>", "a file with its URL; else METAL_DATABASE_URL_FILE");
}

function addBackup(program: Command, io: Io): void {
  const command = program
    .command("backup")
    .argument("<file>", "the file to write, which must not exist")
    .summary("writes the store into a file, while servers work")
    .description(
      `Writes all that the server keeps in its store into one file, as it is at one moment, while servers go on ` +
        `working. Says what is not in it. ${where} Exit status 1 if it fails; then there is no file.`,
    )
    .option("--verify", "check a backup that is there: whether it is whole, and its books balance");
  addStorageFlags(command).action(
    async (file: string, { verify = false, ...flags }: StorageFlags & { verify?: boolean }) => {
      const module = await import("./maintenance.ts");
      const session = sessionOf(command, io);
      await (verify ? module.verifyBackup(file, session) : module.backup(file, flags, session));
    },
  );
}

function addRestore(program: Command, io: Io): void {
  const command = program
    .command("restore")
    .argument("<file>", "a file that `metal backup` wrote, on whatever engine")
    .summary("fills an empty data folder or database with a backup")
    .description(
      `Fills an empty data folder or database with a backup, all of it or nothing. The server must not run. ${where}`,
    );
  addStorageFlags(command).action(async (file: string, flags: StorageFlags) => {
    const module = await import("./maintenance.ts");
    await module.restoreBackup(file, flags, sessionOf(command, io));
  });
}

function addMigrate(program: Command, io: Io): void {
  const command = program
    .command("migrate")
    .summary("brings the tables of the store up to this version")
    .description(
      `Brings the tables of the store up to this version, which a server does by itself when it starts. Whoever does so ` +
        `at the same time waits. ${where}`,
    )
    .option("--check", "change nothing; exit status 1 if there is something to do");
  addStorageFlags(command).action(
    async ({ check = false, ...flags }: StorageFlags & { check?: boolean }) => {
      const module = await import("./maintenance.ts");
      const session = sessionOf(command, io);
      await (check ? module.checkMigrations(flags, session) : module.migrate(flags, session));
    },
  );
}

function addCopy(program: Command, io: Io): void {
  const place = "a data folder, a postgres:// URL, or a file that holds one";
  const command = program
    .command("copy")
    .summary("moves the store from SQLite to PostgreSQL, or back")
    .description(
      "Fills an empty data folder or database with the store of another one, all of it or nothing. No server may run " +
        "on either: what it writes meanwhile would be lost. The original stays as it is.",
    )
    .requiredOption("--from <place>", place)
    .requiredOption("--to <place>", place);
  command.action(async (flags: { from: string; to: string }) => {
    const module = await import("./maintenance.ts");
    await module.copyPlace(flags, sessionOf(command, io));
  });
}
