using System.CommandLine;
using System.Text;
using MeshConsole.Cli.Generate;
using MeshConsole.Shared;

namespace MeshConsole.Cli.Verbs;

/// <summary><c>meshctl generate …</c>: keys and certificates, made here; tokens are in <see cref="GenerateTokenVerbs"/>.</summary>
internal static class GenerateVerb
{
    /// <summary>Makes the verb.</summary>
    public static Command Create(Connection connection, Terminal terminal) => new("generate", "Makes tokens, keys and certificates")
    {
        GenerateTokenVerbs.Dataplane(connection, terminal),
        GenerateTokenVerbs.Zone(connection, terminal),
        GenerateTokenVerbs.User(connection, terminal),
        SigningKey(terminal),
        PublicKey(terminal),
        TlsCertificate(terminal),
    };

    private static Command SigningKey(Terminal terminal)
    {
        var format = new Option<string>("--format") { Description = "pem-base64 (as a secret holds it) or pem", HelpName = "FORMAT", DefaultValueFactory = _ => "pem-base64" };
        format.AcceptOnlyFromAmong("pem-base64", "pem");
        var verb = new Command("signing-key", "Makes an RSA key that signs tokens, for a secret such as user-token-signing-key-2") { format };
        verb.SetAction(parsed =>
        {
            var pem = SigningKeyFile.Create();
            terminal.Out.WriteLine(parsed.GetValue(format) == "pem" ? pem.TrimEnd('\n') : Convert.ToBase64String(Encoding.UTF8.GetBytes(pem)));
            return ExitCode.Ok;
        });
        return verb;
    }

    private static Command PublicKey(Terminal terminal)
    {
        var path = new Option<string>("--signing-key-path") { Description = "File with the signing key", HelpName = "FILE", Required = true };
        var verb = new Command("public-key", "Prints the public half of a signing key, for control planes that only check tokens") { path };
        verb.SetAction(parsed =>
        {
            var key = SigningKeyFile.Read(parsed.GetRequiredValue(path));
            if (!key.Ok)
            {
                return terminal.Fail(key.Refusal);
            }

            using (key.Value)
            {
                terminal.Out.Write(SigningKeyFile.PublicPem(key.Value));
            }

            return ExitCode.Ok;
        });
        return verb;
    }

    private static Command TlsCertificate(Terminal terminal)
    {
        var type = new Option<string>("--type") { Description = "server or client", HelpName = "TYPE", Required = true };
        type.AcceptOnlyFromAmong("server", "client");
        var hostname = new Option<string[]>("--hostname") { Description = "DNS name or IP address of the server; may be given several times", HelpName = "HOST" };
        var certFile = new Option<string>("--cert-file") { Description = "Where to write the certificate; - for standard output", HelpName = "FILE", DefaultValueFactory = _ => "cert.pem" };
        var keyFile = new Option<string>("--key-file") { Description = "Where to write the key (mode 0600); - for standard output", HelpName = "FILE", DefaultValueFactory = _ => "key.pem" };
        var keyType = new Option<string>("--key-type") { Description = "rsa or ecdsa", HelpName = "TYPE", DefaultValueFactory = _ => "rsa" };
        keyType.AcceptOnlyFromAmong("rsa", "ecdsa");
        var verb = new Command("tls-certificate", "Makes a self-signed certificate, good for ten years, and its key") { type, hostname, certFile, keyFile, keyType };
        verb.SetAction(parsed =>
        {
            var forServer = parsed.GetValue(type) == "server";
            var hosts = (parsed.GetValue(hostname) ?? []).SelectMany(h => h.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)).ToList();
            if (forServer && hosts.Count == 0)
            {
                return terminal.Misused("a server's certificate needs at least one --hostname");
            }

            if (hosts.FirstOrDefault(h => Uri.CheckHostName(h.StartsWith("*.", StringComparison.Ordinal) ? h[2..] : h) == UriHostNameType.Unknown) is { } wrong)
            {
                return terminal.Misused($"--hostname '{wrong}' is neither a DNS name nor an IP address");
            }

            var (certificate, key) = SelfSigned.Create(forServer, hosts, parsed.GetValue(keyType) == "ecdsa", terminal.Time.GetUtcNow());
            return WriteFiles(terminal, [(parsed.GetRequiredValue(keyFile), key), (parsed.GetRequiredValue(certFile), certificate)]);
        });
        return verb;
    }

    private static int WriteFiles(Terminal terminal, IReadOnlyList<(string Path, string Text)> files)
    {
        if (files.Where(f => f.Path != "-").Select(f => f.Path).FirstOrDefault(File.Exists) is { } present)
        {
            return terminal.Fail(new Refusal(RefusalReason.Conflict, $"{present} is there already", "nothing was written; remove it or choose another name"));
        }

        try
        {
            foreach (var (path, text) in files)
            {
                if (path == "-")
                {
                    terminal.Out.Write(text);
                    continue;
                }

                OwnerFile.Write(path, text);
                terminal.Error.WriteLine($"Wrote {path}");
            }

            return ExitCode.Ok;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return terminal.Fail(new Refusal(RefusalReason.Invalid, "The file cannot be written", e.Message));
        }
    }
}
