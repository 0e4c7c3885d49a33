// `metal completion`: scripts for shells. They ask this program for candidates through the hidden `metal __complete`.
import { Argument, type Command } from "commander";
import type { Io } from "./io.ts";

const bash = `# bash completion of metal; load it with: source <(metal completion bash)
_metal() {
  local IFS=$'\\n'
  local words=("\${COMP_WORDS[@]:1:COMP_CWORD}")
  COMPREPLY=($(metal __complete -- "\${words[@]}" 2>/dev/null))
}
complete -o default -F _metal metal
`;

const zsh = `#compdef metal
# zsh completion of metal; load it with: source <(metal completion zsh)
_metal() {
  local -a candidates
  candidates=("\${(@f)$(metal __complete -- "\${(@)words[2,CURRENT]}" 2>/dev/null)}")
  [[ -n "\${candidates[1]}" ]] && compadd -a candidates || _files
}
compdef _metal metal
`;

const fish = `# fish completion of metal; load it with: metal completion fish | source
function __metal_complete
  set -l words (commandline -opc) (commandline -ct)
  metal __complete -- $words[2..-1] 2>/dev/null
end
complete -c metal -f -a '(__metal_complete)'
complete -c metal -s f -l file -r -F
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
      io.stdout(found.map((candidate) => `${candidate}\n`).join(""));
    });
}
