import { ClaraError } from '../../core/errors.ts';
import { type Context } from '../../terminal/context.ts';

/** `clara completion SHELL`: the script that teaches a shell to complete our words. */
export async function printCompletion({ io }: Context, _options: unknown, [shell]: readonly string[]): Promise<void> {
  const script = scripts[shell!];
  if (script === undefined) throw new ClaraError('usage', `there is no completion for \`${shell!}\``, { hint: 'there is one for bash, zsh and fish' });
  await io.write(script);
}

/**
 * Each script hands the words of the line to `clara __complete` and does what the first line of the answer says
 * (complete.ts); all knowledge of commands is there.
 */
const scripts: Readonly<Record<string, string>> = {
  // Bash also splits words at `:` and `=`: they are put together for clara, and what bash keeps is cut from the answer.
  bash: `# bash completion for clara: source <(clara completion bash)
_clara() {
  local IFS=$'\\n' i=0 n=-1 glue= word cur cut= directive= line
  local -a words=()
  for ((i = 1; i <= COMP_CWORD; i++)); do
    word=\${COMP_WORDS[i]}
    if ((n >= 0)) && [[ -n $glue || $word == [:=]* ]]; then
      words[n]+=$word
    else
      words[++n]=$word
    fi
    glue=
    [[ $word == *[:=] ]] && glue=1
  done
  cur=\${words[n]}
  [[ $cur == *:* && $COMP_WORDBREAKS == *:* ]] && cut=\${cur%"\${cur##*:}"}
  [[ $cur == *=* && $COMP_WORDBREAKS == *=* && $cut != *=* ]] && cut=\${cur%"\${cur##*=}"}
  COMPREPLY=()
  while read -r line; do
    if [[ -z $directive ]]; then
      directive=$line
    else
      word=\${line%%$'\\t'*}
      COMPREPLY+=("$(printf '%q' "\${word#"$cut"}")")
    fi
  done < <("\${COMP_WORDS[0]/#\\~/$HOME}" __complete -- "\${words[@]}" 2>/dev/null)
  case $directive in
    files) compopt -o filenames; COMPREPLY=($(compgen -f -- "\${cur#"$cut"}")) ;;
    folders) compopt -o filenames; COMPREPLY=($(compgen -d -- "\${cur#"$cut"}")) ;;
    nospace) compopt -o nospace ;;
  esac
}
complete -F _clara clara
`,
  zsh: `#compdef clara
# zsh completion for clara: source <(clara completion zsh)
_clara() {
  local -a lines candidates
  local line
  lines=("\${(@f)$(\${~words[1]} __complete -- "\${(@Q)words[2,CURRENT]}" 2>/dev/null)}")
  for line in "\${(@)lines[2,-1]}"; do
    [[ -n $line ]] && candidates+=("\${\${line%%$'\\t'*}//:/\\\\:}:\${line#*$'\\t'}")
  done
  case $lines[1] in
    files) _files ;;
    folders) _files -/ ;;
    nospace) _describe -t clara clara candidates -S '' ;;
    *) _describe -t clara clara candidates ;;
  esac
}
if [[ $funcstack[1] == _clara ]]; then _clara "$@"; else compdef _clara clara; fi
`,
  fish: `# fish completion for clara: clara completion fish > ~/.config/fish/completions/clara.fish
function __clara_complete
    set -l words (commandline -opc)
    set -l last (commandline -ct)
    test -n "$last"; or set last ''
    set -l program (string replace -r '^~/' "$HOME/" -- $words[1])
    set -l lines ($program __complete -- $words[2..-1] $last 2>/dev/null)
    switch "$lines[1]"
        case files
            __fish_complete_path $last
        case folders
            __fish_complete_directories $last ''
        case '*'
            test (count $lines) -gt 1; and printf '%s\\n' $lines[2..-1]
    end
end
complete -c clara -f -a '(__clara_complete)'
`,
};
