// Prints aligned columns: two blanks between them, no lines, nothing after the last letter.
import { printable } from "./printable.ts";

/** The lines of a table. A cell with several lines makes its row as high. Widths count code points. */
export function tableLines(rows: readonly (readonly string[])[]): string[] {
  const blocks = rows.map((row) => row.map((cell) => cell.split("\n").map(printable)));
  const widths = columnWidths(blocks);
  return blocks.flatMap((block) => rowLines(block, widths));
}

type Block = readonly (readonly string[])[];

function columnWidths(blocks: readonly Block[]): number[] {
  const widths: number[] = [];
  for (const block of blocks)
    for (const [index, lines] of block.entries())
      widths[index] = Math.max(widths[index] ?? 0, ...lines.map(width));
  return widths;
}

function rowLines(block: Block, widths: readonly number[]): string[] {
  const height = Math.max(1, ...block.map((lines) => lines.length));
  return Array.from({ length: height }, (_, line) =>
    block
      .map((lines, index) => pad(lines[line] ?? "", widths[index] ?? 0))
      .join("  ")
      .trimEnd(),
  );
}

function pad(text: string, length: number): string {
  return text + " ".repeat(Math.max(0, length - width(text)));
}

function width(text: string): number {
  return Array.from(text).length;
}

/** The lines of a table as one text. */
export function linesOf(rows: readonly (readonly string[])[]): string {
  return tableLines(rows)
    .map((line) => `${line}\n`)
    .join("");
}
