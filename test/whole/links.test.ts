// Whoever follows a link in any Markdown file of this project arrives: at a file that is there, and at a heading that it has.
import { existsSync, globSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { expect, test } from "@jest/globals";

const root = join(import.meta.dirname, "../..");
const foreign = ["node_modules", "third_party", "data"];
const files = globSync("**/*.md", { cwd: root, exclude: (name) => foreign.includes(name) });
const text = (file: string) => readFileSync(join(root, file), "utf8");

/** Without what stands in fences and quotes, where brackets are code. */
const prose = (file: string) => text(file).replaceAll(/```[^]*?```|`[^`\n]*`/g, "code");
/** Fences may hold lines that look like headings. */
const unfenced = (file: string) => text(file).replaceAll(/```[^]*?```/g, "");

test("links lead somewhere, in every file", () => {
  const links = files.flatMap((file) => linksOf(file).map((link) => ({ file, link })));
  expect(links.length).toBeGreaterThan(0);
  expect(links.filter((link) => !leadsSomewhere(link))).toEqual([]);
});

/** The relative links of a file. */
const linksOf = (file: string) =>
  Array.from(prose(file).matchAll(/\]\((?!https?:)([^)\s]+)\)/g), ([, link = ""]) => link);

function leadsSomewhere({ file, link }: { file: string; link: string }): boolean {
  const [path = "", heading] = link.split("#");
  const target = path === "" ? file : normalize(join(dirname(file), path));
  if (!existsSync(join(root, target))) return false;
  return heading === undefined || anchors(target).includes(heading);
}

/** The anchors that a page offers, as GitHub makes them. */
function anchors(file: string): string[] {
  const titles = Array.from(unfenced(file).matchAll(/^#+ (.*)$/gm), ([, title = ""]) => title);
  return titles.map((title) =>
    title
      .toLowerCase()
      .replaceAll(/[^\p{Letter}\p{Number}\s_-]/gu, "")
      .replaceAll(/\s/g, "-"),
  );
}

test("the index of the documentation leads to every page below it", () => {
  const index = "docs/README.md";
  const listed = linksOf(index).map((link) => normalize(join("docs", link.split("#")[0] ?? "")));
  const pages = files.filter((file) => file.startsWith("docs/") && file !== index);
  expect(pages.filter((page) => !listed.includes(page))).toEqual([]);
});
