// Takes comments and the contents of strings out of TypeScript, JavaScript and Go, so that only code is searched. What
// is taken out becomes blanks: lines and columns stay where they are. Quotes stay, so that a string is still a value.

/** How a language writes what is no code. */
export interface Language {
  /** Has /regular expressions/ and `templates` with ${code}; else a backquote is a string without escapes. */
  readonly isScript: boolean;
}

/** TypeScript and JavaScript. */
export const script: Language = { isScript: true };
export const go: Language = { isScript: false };

const comment = /\/\/[^\n]*|\/\*[^]*?(?:\*\/|$)/y;
const quoted = /"(?:\\[^]|[^"\\\n])*"?|'(?:\\[^]|[^'\\\n])*'?/y;
const rawString = /`[^`]*`?/y;
const regex = /\/(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\n[])+\/[a-z]*/y;
/** The text of a template, up to its end or to the code within it. */
const templateText = /(?:\\[^]|\$(?!\{)|[^`\\$])*/y;
/** What stands before a regular expression, and never before a division. */
const opensRegex = /(?:^|[=(,:[!&|?{};+\-*%<>~^]|\b(?:return|case|typeof|in|of|do|else))\s*$/;

/** `source` with blanks for all that is no code; line breaks stay. */
export function codeOf(source: string, language: Language): string {
  return new Reader(source, language).read();
}

class Reader {
  readonly #source: string;
  readonly #language: Language;
  #at = 0;
  #out = "";
  /** For each template that is open: how many braces are open in the code within it. */
  readonly #templates: number[] = [];

  constructor(source: string, language: Language) {
    this.#source = source;
    this.#language = language;
  }

  read(): string {
    while (this.#at < this.#source.length) this.#step();
    return this.#out;
  }

  #step(): void {
    if (this.#blank(comment) || this.#blank(quoted)) return;
    const isRaw = !this.#language.isScript && this.#blank(rawString);
    if (isRaw || (this.#language.isScript && this.#scriptOnly())) return;
    this.#out += this.#source[this.#at++] ?? "";
  }

  #scriptOnly(): boolean {
    const next = this.#source[this.#at];
    if (next === "/" && opensRegex.test(this.#out.slice(-40))) return this.#blank(regex);
    if (next === "`") return this.#template(1);
    const open = this.#templates.at(-1);
    if (open === undefined || (next !== "{" && next !== "}")) return false;
    if (next === "}" && open === 0) return this.#resume();
    this.#templates.push((this.#templates.pop() ?? 0) + (next === "{" ? 1 : -1));
    return false;
  }

  /** The code within a template has ended: its text goes on. */
  #resume(): boolean {
    this.#templates.pop();
    return this.#template(1);
  }

  /** Blanks `opening` characters and the text after them; code follows if the text stopped at it. */
  #template(opening: number): boolean {
    this.#blankTo(this.#at + opening);
    this.#blank(templateText);
    const isCode = this.#source[this.#at] === "$";
    if (isCode) this.#templates.push(0);
    this.#blankTo(this.#at + (isCode ? 2 : 1));
    return true;
  }

  /** Blanks what `pattern` matches here; false if nothing. */
  #blank(pattern: RegExp): boolean {
    pattern.lastIndex = this.#at;
    const [found = ""] = pattern.exec(this.#source) ?? [];
    this.#blankTo(this.#at + found.length);
    return found.length > 0;
  }

  #blankTo(end: number): void {
    const piece = this.#source.slice(this.#at, end);
    const isComment = piece.startsWith("//") || piece.startsWith("/*");
    this.#out += piece.replaceAll(isComment ? /[^\n]/g : /[^\n"'`]/g, " ");
    this.#at = Math.min(end, this.#source.length);
  }
}
