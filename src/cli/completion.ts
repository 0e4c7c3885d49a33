// `metal completion`: scripts for shells. They ask this program for candidates through the hidden `metal __complete`.
import { Argument, type Command } from "commander";
import type { Candidate } from "./candidates.ts";
import type { Io } from "./io.ts";

const bash = `# bash completion of metal; load it with: source <(metal completion bash)
_metal() {
  local IFS=$'\\n'
  local words=("\${COMP_WORDS[@]:1:COMP_CWORD}")
  COMPREPLY=($(metal __complete -- "\${words[@]}" 2>/dev/null))
  COMPREPLY=("\${COMPREPLY[@]%%$'\\t'*}")
}
complete -o default -F _metal metal
`;

const zsh = `#compdef metal
# zsh completion of metal; load it with: source <(metal completion zsh)
_metal() {
  local -a lines candidates
  lines=("\${(@f)$(metal __complete -- "\${(@)words[2,CURRENT]}" 2>/dev/null)}")
  candidates=("\${(@)lines%%$'\\t'*}")
  lines=("\${(@)lines/$'\\t'/  -- }")
  [[ -n "\${candidates[1]}" ]] && compadd -l -d lines -a candidates || _files
}
compdef _metal metal
`;

const fish = `# fish completion of metal; load it with: metal completion fish | source
function __metal_complete
  set -l words (commandline -opc) (commandline -ct)
  metal __complete -- $words[2..-1] 2>/dev/null | string collect
  or __fish_complete_path (commandline -ct)
end
complete -c metal -f -a '(__metal_complete)'
`;

const scripts: Readonly<Record<string, string>> = { bash, zsh, fish };

/** Adds `completion` and what its scripts call. */
export function addCompletion(program: Command, io: Io): void {
  program
    .command("completion")
    .description("Prints the completion script of a shell.")
    .addArgument(new Argument("<shell>").choices(Object.keys(scripts)))
    .action((shell: string) => io.stdout(scripts[shell] ?? ""));
  program
    .command("__complete", { hidden: true })
    .argument("[words...]")
    .action(async (words: string[]) => {
      const module = await import("./candidates.ts");
      const found = await module.candidates(program, words, io);
      io.stdout(found.map(lineOf).join(""));
    });
}

/** fish shows what stands behind a tab, and so do the scripts above. */
const lineOf = ({ word, meaning }: Candidate) =>
  meaning === "" ? `${word}\n` : `${word}\t${meaning.replaceAll(/\s+/g, " ")}\n`;
