using System.CommandLine;
using System.Text.Json.Nodes;
using MeshConsole.Cli.Generate;
using MeshConsole.Shared;

namespace MeshConsole.Cli.Verbs;

/// <summary>
/// <c>meshctl generate dataplane-token|zone-token|user-token</c>: a token from the control plane, or signed here with
/// <c>--signing-key-path</c> and <c>--kid</c>.
/// </summary>
internal static class GenerateTokenVerbs
{
    /// <summary>A data plane's token.</summary>
    public static Command Dataplane(Connection connection, Terminal terminal)
    {
        var name = new Option<string?>("--name") { Description = "Name of the data plane; without it, any in the mesh", HelpName = "NAME" };
        var mesh = CommonOptions.Mesh();
        var type = new Option<string?>("--proxy-type", "--type") { Description = "dataplane, ingress or egress", HelpName = "TYPE" };
        type.AcceptOnlyFromAmong("dataplane", "ingress", "egress");
        var tag = new Option<string[]>("--tag") { Description = "Tag that the data plane must have; several values as a list: version=v1,v2", HelpName = "key=value" };
        var workload = new Option<string?>("--workload") { Description = "Workload that the data plane must belong to", HelpName = "NAME" };
        var common = new TokenOptions(required: true);
        var verb = common.AddTo(new Command("dataplane-token", "Makes the token with which a data plane joins") { name, mesh, type, tag, workload });
        verb.SetAction((parsed, cancellationToken) =>
        {
            var tags = new Dictionary<string, string[]>(StringComparer.Ordinal);
            foreach (var word in parsed.GetValue(tag) ?? [])
            {
                var equals = word.IndexOf('=', StringComparison.Ordinal);
                if (equals <= 0 || equals == word.Length - 1)
                {
                    return Task.FromResult(terminal.Misused($"--tag '{word}' is no key=value"));
                }

                tags[word[..equals]] = [.. tags.GetValueOrDefault(word[..equals], []), .. word[(equals + 1)..].Split(',', StringSplitOptions.RemoveEmptyEntries)];
            }

            var request = TokenRequest.Dataplane(
                parsed.GetValue(name) ?? "", parsed.GetValue(mesh) ?? CommonOptions.DefaultMesh, parsed.GetValue(type) ?? "", parsed.GetValue(workload) ?? "", tags);
            return IssueAsync(connection, terminal, parsed, common, request, cancellationToken);
        });
        return verb;
    }

    /// <summary>A zone's token.</summary>
    public static Command Zone(Connection connection, Terminal terminal)
    {
        var zone = new Option<string>("--zone") { Description = "Name of the zone", HelpName = "NAME", Required = true };
        var scope = new Option<string[]>("--scope")
        {
            Description = "What it is for: ingress, egress, and cp with which the zone's control plane joins MeshConsole (or Kong Mesh); may be given several times",
            HelpName = "SCOPE",
            DefaultValueFactory = _ => ["ingress", "egress"],
        };
        var common = new TokenOptions(required: false);
        var verb = common.AddTo(new Command("zone-token", "Makes the token of a zone (without --valid-for good for 365 days)") { zone, scope });
        verb.SetAction((parsed, cancellationToken) =>
        {
            var scopes = parsed.GetRequiredValue(scope).SelectMany(s => s.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)).Distinct().ToList();
            return scopes.FirstOrDefault(s => s is not ("ingress" or "egress" or "cp")) is { } wrong
                ? Task.FromResult(terminal.Misused($"--scope '{wrong}' must be ingress, egress or cp"))
                : IssueAsync(connection, terminal, parsed, common, TokenRequest.Zone(parsed.GetRequiredValue(zone), scopes), cancellationToken);
        });
        return verb;
    }

    /// <summary>A user's token.</summary>
    public static Command User(Connection connection, Terminal terminal)
    {
        var name = new Option<string>("--name") { Description = "Name of the user", HelpName = "NAME", Required = true };
        var group = new Option<string[]>("--group") { Description = "Group of the user, for example mesh-system:admin; may be given several times", HelpName = "GROUP" };
        var common = new TokenOptions(required: true);
        var verb = common.AddTo(new Command("user-token", "Makes the token of a person or a machine for the REST API") { name, group });
        verb.SetAction((parsed, cancellationToken) =>
            IssueAsync(connection, terminal, parsed, common, TokenRequest.User(parsed.GetRequiredValue(name), parsed.GetValue(group) ?? []), cancellationToken));
        return verb;
    }

    private static async Task<int> IssueAsync(Connection connection, Terminal terminal, ParseResult parsed, TokenOptions options, TokenRequest request, CancellationToken cancellationToken)
    {
        var validFor = parsed.GetValue(options.ValidFor)!;
        if (!GoDuration.TryParse(validFor, out var duration) || duration.Nanoseconds <= 0)
        {
            return terminal.Misused($"--valid-for '{validFor}' is no positive duration; write for example 720h");
        }

        var keyPath = parsed.GetValue(options.SigningKeyPath);
        var keyId = parsed.GetValue(options.KeyId);
        if ((keyPath is null) != (keyId is null))
        {
            return terminal.Misused("--signing-key-path and --kid go together");
        }

        if (keyPath is not null)
        {
            var key = SigningKeyFile.Read(keyPath);
            if (!key.Ok)
            {
                return terminal.Fail(key.Refusal);
            }

            using (key.Value)
            {
                return Hand(terminal, parsed.GetValue(options.OutFile), OfflineToken.Sign(request.Claims, key.Value, keyId!, duration.ToTimeSpan(), terminal.Time.GetUtcNow()));
            }
        }

        return await connection.WithClientAsync(parsed, async client =>
        {
            var body = (JsonObject)request.Body.DeepClone();
            body["validFor"] = validFor;
            var answer = await client.PostAsync(request.Path, body, cancellationToken);
            return answer.Ok ? Hand(terminal, parsed.GetValue(options.OutFile), answer.Value.Body.Trim()) : terminal.Fail(answer.Refusal);
        });
    }

    private static int Hand(Terminal terminal, string? file, string token)
    {
        if (file is null)
        {
            terminal.Out.WriteLine(token);
            return ExitCode.Ok;
        }

        try
        {
            OwnerFile.Write(file, token + "\n");
            terminal.Error.WriteLine($"Wrote {file}");
            return ExitCode.Ok;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return terminal.Fail(new Refusal(RefusalReason.Invalid, "The token cannot be written", e.Message));
        }
    }

    /// <summary>The options that all tokens have.</summary>
    private sealed class TokenOptions
    {
        public TokenOptions(bool required)
        {
            ValidFor = new("--valid-for") { Description = "How long the token is good, for example 720h", HelpName = "DURATION", Required = required };
            if (!required)
            {
                ValidFor.DefaultValueFactory = _ => "8760h";
            }
        }

        public Option<string> ValidFor { get; }

        public Option<string?> SigningKeyPath { get; } = new("--signing-key-path") { Description = "Signs here, with this key, and asks no control plane", HelpName = "FILE" };

        public Option<string?> KeyId { get; } = new("--kid") { Description = "Id under which control planes know the public half of that key", HelpName = "ID" };

        public Option<string?> OutFile { get; } = new("--out-file") { Description = "Writes the token to this new file (mode 0600) instead of standard output", HelpName = "FILE" };

        public Command AddTo(Command verb)
        {
            verb.Add(ValidFor);
            verb.Add(SigningKeyPath);
            verb.Add(KeyId);
            verb.Add(OutFile);
            return verb;
        }
    }
}
