using System.CommandLine;

namespace MeshConsole.Cli.Verbs;

/// <summary>
/// <c>meshctl completion bash|zsh|fish</c>: a script for the shell. It asks meshctl itself what may come next, which needs
/// neither network nor control plane.
/// </summary>
internal static class CompletionVerb
{
    private const string Bash = """
        # meshctl completion for bash; put into ~/.bashrc: source <(meshctl completion bash)
        _meshctl() {
            local IFS=$'\n'
            COMPREPLY=($(compgen -W "$(meshctl "[suggest:${COMP_POINT}]" "${COMP_LINE}" 2>/dev/null)" -- "${COMP_WORDS[COMP_CWORD]}"))
        }
        complete -o default -F _meshctl meshctl
        """;

    private const string Zsh = """
        #compdef meshctl
        # meshctl completion for zsh; put into ~/.zshrc, after compinit: source <(meshctl completion zsh)
        _meshctl() {
            local -a suggestions
            suggestions=("${(@f)$(meshctl "[suggest:${CURSOR}]" "${BUFFER}" 2>/dev/null)}")
            if [[ -n "${suggestions[1]}" ]]; then
                compadd -- "${suggestions[@]}"
            else
                _files
            fi
        }
        compdef _meshctl meshctl
        """;

    private const string Fish = """
        # meshctl completion for fish; save as ~/.config/fish/completions/meshctl.fish
        function __meshctl_suggest
            set -l line (commandline -cp)
            set -l words (meshctl "[suggest:"(string length -- "$line")"]" "$line" 2>/dev/null)
            if test (count $words) -gt 0
                printf '%s\n' $words
            else
                __fish_complete_path (commandline -ct)
            end
        end
        complete -c meshctl -f -a '(__meshctl_suggest)'
        """;

    /// <summary>Makes the verb.</summary>
    public static Command Create(Terminal terminal)
    {
        var verb = new Command("completion", "Prints the completion script of a shell");
        foreach (var (shell, script) in (ReadOnlySpan<(string, string)>)[("bash", Bash), ("zsh", Zsh), ("fish", Fish)])
        {
            var one = new Command(shell, $"Prints the completion script for {shell}");
            one.SetAction(_ => terminal.Out.WriteLine(script));
            verb.Add(one);
        }

        return verb;
    }
}
