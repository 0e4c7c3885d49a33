// What pages are made of in Markdown.

/** A word as it is typed. */
export const code = (word: string): string => `\`${word}\``;

/** A table with these titles and cells. */
export const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map(() => "---"), ...rows].map(row).join("\n");

const row = (cells: readonly string[]) => `| ${cells.map(oneLine).join(" | ")} |`;

/** A cell is one line, and a bar would end it. */
const oneLine = (cell: string) => cell.replaceAll(/\s+/g, " ").replaceAll("|", "\\|");
