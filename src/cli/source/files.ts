// The source files of a client: what people wrote, without what is generated, vendored or a test.
import type { Dirent } from "node:fs";
import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { UsageError } from "../errors.ts";
import { codeOf, go, type Language, script } from "./code.ts";

/** A file to search. */
export interface SourceFile {
  /** Relative to the folder that was named. */
  readonly path: string;
  readonly language: Language;
  readonly text: string;
  /** The text with blanks for comments and the contents of strings. */
  readonly code: string;
}

const languages: readonly (readonly [RegExp, Language])[] = [
  [/\.go$/, go],
  [/\.[cm]?[jt]sx?$/, script],
];
const otherFolders =
  /^(\..*|node_modules|vendor|third_party|testdata|__tests__|__mocks__|tests?|dist|coverage)$/;
const tests = /(_test\.go|\.(test|spec)\.[cm]?[jt]sx?)$/;
/** The first lines of generated files (for Go: https://go.dev/s/generatedcode). */
const generated = /^(.*\n){0,20}?.*(Code generated .* DO NOT EDIT|@generated)/;
const generatedName = /(_pb|_connect|\.pb|\.connect|\.d)\.\w+$/;
/** Larger files were not written by people, in bytes. */
const sizeLimit = 1024 * 1024;

/** The source files in `folder` and below, ordered by path. Throws UsageError if there is no such folder. */
export async function sourceFiles(folder: string, name: string): Promise<SourceFile[]> {
  const paths = await pathsIn(folder, "").catch(() => {
    throw new UsageError(`cannot read the folder ${name}`);
  });
  const files = await Promise.all(paths.toSorted().map((path) => fileAt(folder, path)));
  return files.flat();
}

async function pathsIn(root: string, folder: string): Promise<string[]> {
  const entries = await readdir(join(root, folder), { withFileTypes: true });
  const found = await Promise.all(entries.map((entry) => pathsOf(root, folder, entry)));
  return found.flat();
}

/** Links are not followed: they lead out of the folder, or around in it. */
async function pathsOf(root: string, folder: string, entry: Dirent): Promise<string[]> {
  const path = join(folder, entry.name);
  if (entry.isDirectory()) return otherFolders.test(entry.name) ? [] : await pathsIn(root, path);
  const isWanted = entry.isFile() && !tests.test(entry.name) && !generatedName.test(entry.name);
  return isWanted && languageOf(path) ? [path] : [];
}

const languageOf = (path: string) => languages.find(([name]) => name.test(path))?.[1];

async function fileAt(root: string, path: string): Promise<SourceFile[]> {
  const language = languageOf(path);
  const { size } = await stat(join(root, path));
  if (language === undefined || size > sizeLimit) return [];
  const text = await readFile(join(root, path), "utf8");
  return generated.test(text) ? [] : [{ path, language, text, code: codeOf(text, language) }];
}
