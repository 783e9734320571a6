/**
 * What a shell sources. The scripts only ask `berth __complete` for candidates, one `value<Tab>description` per line,
 * or `:file` for file names: so they fit every version, and a new command completes without a new script.
 */
export const shells = ["bash", "zsh"] as const;
export type Shell = (typeof shells)[number];

export const fileDirective = ":file";

export const completionScripts: Readonly<Record<Shell, string>> = {
  bash: `# Completion of berth for bash.
_berth() {
  local current="\${COMP_WORDS[COMP_CWORD]}"
  local -a lines
  mapfile -t lines < <("\${COMP_WORDS[0]}" __complete "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
  COMPREPLY=()
  if [[ "\${lines[0]-}" == "${fileDirective}" ]]; then
    compopt -o filenames
    mapfile -t COMPREPLY < <(compgen -f -- "$current")
    return
  fi
  local line
  for line in "\${lines[@]}"; do
    COMPREPLY+=("\${line%%$'\\t'*}")
  done
}
complete -F _berth berth
`,
  zsh: `#compdef berth
# Completion of berth for zsh.
_berth() {
  local -a lines candidates
  local line value
  lines=("\${(@f)$("\${words[1]}" __complete "\${(@)words[2,CURRENT]}" 2>/dev/null)}")
  if [[ "\${lines[1]-}" == "${fileDirective}" ]]; then
    _files
    return
  fi
  for line in "\${lines[@]}"; do
    [[ -n "$line" ]] || continue
    value="\${line%%$'\\t'*}"
    candidates+=("\${value//:/\\\\:}:\${line#*$'\\t'}")
  done
  _describe 'berth' candidates
}
if [[ "\${funcstack[1]-}" == "_berth" ]]; then
  _berth "$@"
else
  compdef _berth berth
fi
`,
};
