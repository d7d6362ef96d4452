using System.CommandLine;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json.Nodes;
using MeshConsole.Cli.Install;
using MeshConsole.Shared;

namespace MeshConsole.Cli.Verbs;

/// <summary>
/// <c>meshctl install …</c>: prints what makes a zone join and installs nothing by itself. It asks no control plane, except with
/// <c>--allow-from</c>.
/// </summary>
internal static class InstallVerb
{
    /// <summary>Makes the verb.</summary>
    public static Command Create(Connection connection, Terminal terminal) => new("install", "Prints what makes a zone join: on Kubernetes, or on a virtual machine")
    {
        ControlPlane(connection, terminal),
        Universal(terminal),
    };

    private static Command ControlPlane(Connection connection, Terminal terminal)
    {
        var zone = new Option<string>("--zone") { Description = "Name of the zone", HelpName = "NAME", Required = true };
        var global = new Option<string>("--kds-global-address") { Description = "Where global listens for zones", HelpName = "grpcs://HOST:5685", Required = true };
        var mode = new Option<string>("--mode") { Description = "zone (the global is MeshConsole itself)", HelpName = "MODE", DefaultValueFactory = _ => "zone" };
        mode.AcceptOnlyFromAmong("zone");
        var distribution = new Option<string>("--distribution") { Description = "Whose chart: kuma or kong-mesh", HelpName = "NAME", DefaultValueFactory = _ => "kuma" };
        distribution.AcceptOnlyFromAmong("kuma", "kong-mesh");
        var caFile = new Option<string?>("--kds-ca-file") { Description = "CA of global's certificate, PEM; becomes a secret", HelpName = "FILE" };
        var caSecret = new Option<string?>("--tls-kds-zone-client-secret") { Description = "Secret that holds that CA already, key ca.crt", HelpName = "NAME" };
        var skipVerify = new Option<bool>("--kds-skip-verify") { Description = "The zone does not check global's certificate; for trials only" };
        var tokenFile = new Option<string?>("--zone-token-file") { Description = "Zone token with scope cp (Kong Mesh); becomes a secret", HelpName = "FILE" };
        var ingress = new Option<bool>("--ingress-enabled") { Description = "With a zone ingress, so that other zones reach this one", DefaultValueFactory = _ => true };
        var egress = new Option<bool>("--egress-enabled") { Description = "With a zone egress" };
        var ns = new Option<string?>("--namespace") { Description = "Namespace of the control plane (default: kuma-system, for Kong Mesh kong-mesh-system)", HelpName = "NAMESPACE" };
        var envVar = new Option<string[]>("--env-var") { Description = "Environment variable of the control plane; may be given several times", HelpName = "KEY=VALUE" };
        var allowFrom = new Option<string[]>("--allow-from") { Description = "Tells MeshConsole to let this zone in without a token from this network (Kuma 2 cannot send one); may be given several times", HelpName = "CIDR" };
        var manifests = new Option<bool>("--manifests") { Description = "Prints the objects to create before, instead of the Helm values" };
        var outDir = new Option<string?>("--out-dir") { Description = "Writes both into this directory", HelpName = "DIR" };
        var verb = new Command("control-plane", "Helm values and manifests with which a Kuma or Kong Mesh zone on Kubernetes joins")
        {
            zone, global, mode, distribution, caFile, caSecret, skipVerify, tokenFile, ingress, egress, ns, envVar, allowFrom, manifests, outDir,
        };
        verb.SetAction(async (parsed, cancellationToken) =>
        {
            var isKong = parsed.GetValue(distribution) == "kong-mesh";
            var variables = Pairs(parsed.GetValue(envVar) ?? []);
            var wrong = ZoneAddress.WrongName(parsed.GetRequiredValue(zone))
                ?? ZoneAddress.WrongGlobal(parsed.GetRequiredValue(global))
                ?? (variables is null ? "--env-var takes KEY=VALUE" : null)
                ?? (AtMostOne(parsed.GetValue(caFile) is not null, parsed.GetValue(caSecret) is not null, parsed.GetValue(skipVerify)) ? null : "--kds-ca-file, --tls-kds-zone-client-secret and --kds-skip-verify exclude each other")
                ?? (parsed.GetValue(tokenFile) is not null && !isKong ? "--zone-token-file needs --distribution kong-mesh: zones of Kuma 2 cannot send a token" : null);
            if (wrong is not null)
            {
                return terminal.Misused(wrong);
            }

            var ca = parsed.GetValue(caFile) is { } file ? ReadCertificate(file) : "";
            var token = parsed.GetValue(tokenFile) is { } path ? ReadText(path) : "";
            if (!ca.Ok || !token.Ok)
            {
                return terminal.Fail(ca.Refusal ?? token.Refusal!);
            }

            var made = new KubernetesZone
            {
                Zone = parsed.GetRequiredValue(zone),
                Global = parsed.GetRequiredValue(global).TrimEnd('/'),
                Namespace = parsed.GetValue(ns) ?? (isKong ? "kong-mesh-system" : "kuma-system"),
                IsKongMesh = isKong,
                CaPem = ca.Value,
                ExistingCaSecret = parsed.GetValue(caSecret) ?? "",
                SkipVerify = parsed.GetValue(skipVerify),
                Token = token.Value,
                Ingress = parsed.GetValue(ingress),
                Egress = parsed.GetValue(egress),
                EnvVars = variables!,
            };
            var networks = parsed.GetValue(allowFrom) ?? [];
            return networks.Length > 0 && await AdmitAsync(connection, terminal, parsed, made.Zone, networks, cancellationToken) is var code and not ExitCode.Ok
                ? code
                : WriteKubernetes(terminal, made, parsed.GetValue(outDir), parsed.GetValue(manifests), isAdmitted: networks.Length > 0);
        });
        return verb;
    }

    private static Task<int> AdmitAsync(Connection connection, Terminal terminal, ParseResult parsed, string zone, string[] networks, CancellationToken cancellationToken) =>
        connection.WithClientAsync(parsed, async client =>
        {
            var path = $"/zones/{Uri.EscapeDataString(zone)}";
            var answer = await client.GetAsync(path, cancellationToken);
            if (!answer.Ok && answer.Refusal.Reason == RefusalReason.NotFound)
            {
                answer = await client.PutAsync(path, new JsonObject { ["type"] = "Zone", ["name"] = zone }, cancellationToken);
            }

            if (answer.Ok)
            {
                var body = new JsonObject { ["networks"] = new JsonArray([.. networks.Select(n => JsonValue.Create(n))]) };
                answer = await client.PutAsync(path + "/_admission", body, cancellationToken);
            }

            if (!answer.Ok)
            {
                return terminal.Fail(answer.Refusal);
            }

            terminal.Error.WriteLine($"{client.Address} lets zone {zone} in without a token from {string.Join(", ", networks)}.");
            return ExitCode.Ok;
        });

    private static int WriteKubernetes(Terminal terminal, KubernetesZone zone, string? folder, bool manifests, bool isAdmitted)
    {
        var valuesFile = $"{zone.Zone}-values.yaml";
        var manifestsFile = $"{zone.Zone}-manifests.yaml";
        if (folder is not null)
        {
            if (OutputFiles.Write(folder, [new OutputFile(valuesFile, zone.Values()), new OutputFile(manifestsFile, zone.Manifests(), IsSecret: zone.Token.Length > 0)], terminal) is { } refusal)
            {
                return terminal.Fail(refusal);
            }

            SaySteps(terminal, zone.Steps(Path.Combine(folder, valuesFile), Path.Combine(folder, manifestsFile), isAdmitted));
            return ExitCode.Ok;
        }

        terminal.Out.Write(manifests ? zone.Manifests() : zone.Values());
        if (!manifests)
        {
            terminal.Error.WriteLine($"These are the Helm values ({valuesFile}); --manifests prints what to create before ({manifestsFile}).");
            SaySteps(terminal, zone.Steps(valuesFile, manifestsFile, isAdmitted));
        }

        return ExitCode.Ok;
    }

    private static Command Universal(Terminal terminal)
    {
        var name = new Option<string>("--name") { Description = "Name of the zone", HelpName = "NAME", Required = true };
        var global = new Option<string?>("--global") { Description = "Where global listens for zones; without it the zone is on its own", HelpName = "grpcs://HOST:5685" };
        var tokenFile = new Option<string>("--zone-token-file") { Description = "Where the zone token lies on the machine", HelpName = "FILE", DefaultValueFactory = _ => $"{UniversalZone.ConfigFolder}/zone.token" };
        var caFile = new Option<string?>("--ca-file") { Description = "Where the CA of global's certificate lies on the machine", HelpName = "FILE" };
        var fingerprint = new Option<string?>("--ca-fingerprint") { Description = "SHA-256 of a certificate that global presents, as the console shows it", HelpName = "SHA256" };
        var skipVerify = new Option<bool>("--tls-skip-verify") { Description = "Does not check global's certificate; never for production" };
        var program = new Option<string>("--program") { Description = "Where meshconsole lies on the machine", HelpName = "FILE", DefaultValueFactory = _ => "/opt/meshconsole/meshconsole" };
        var user = new Option<string>("--user") { Description = "User that it runs as", HelpName = "NAME", DefaultValueFactory = _ => "meshconsole" };
        var dataDir = new Option<string>("--data-dir") { Description = "Directory of store, keys and certificates", HelpName = "DIR", DefaultValueFactory = _ => "/var/lib/meshconsole" };
        var outDir = new Option<string?>("--out-dir") { Description = "Writes both files into this directory", HelpName = "DIR" };
        var verb = new Command("universal", "systemd unit and environment file for 'meshconsole zone' on a virtual machine")
        {
            name, global, tokenFile, caFile, fingerprint, skipVerify, program, user, dataDir, outDir,
        };
        verb.SetAction(parsed =>
        {
            var address = parsed.GetValue(global);
            var paths = (string?[])[parsed.GetValue(tokenFile), parsed.GetValue(caFile), parsed.GetValue(program), parsed.GetValue(dataDir)];
            var wrong = ZoneAddress.WrongName(parsed.GetRequiredValue(name))
                ?? (address is null ? null : ZoneAddress.WrongGlobal(address))
                ?? (AtMostOne(parsed.GetValue(caFile) is not null, parsed.GetValue(fingerprint) is not null, parsed.GetValue(skipVerify)) ? null : "--ca-file, --ca-fingerprint and --tls-skip-verify exclude each other")
                ?? (parsed.GetValue(fingerprint) is { } print && !IsSha256(print) ? $"--ca-fingerprint '{print}' is no SHA-256 in hex (64 digits, colons allowed)" : null)
                ?? paths.Where(p => p is not null && (!p.StartsWith('/') || p.Any(c => char.IsControl(c) || char.IsWhiteSpace(c) || c is '"' or '\'' or '%' or '$')))
                    .Select(p => $"'{p}' is no absolute path without spaces and quotes").FirstOrDefault()
                ?? (parsed.GetRequiredValue(user).All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_') ? null : "--user is no name of a user");
            if (wrong is not null)
            {
                return terminal.Misused(wrong);
            }

            var zone = new UniversalZone
            {
                Zone = parsed.GetRequiredValue(name),
                Global = address?.TrimEnd('/') ?? "",
                TokenFile = address is null ? "" : parsed.GetRequiredValue(tokenFile),
                CaFile = parsed.GetValue(caFile) ?? "",
                CaFingerprint = parsed.GetValue(fingerprint) ?? "",
                TlsSkipVerify = parsed.GetValue(skipVerify),
                Program = parsed.GetRequiredValue(program),
                User = parsed.GetRequiredValue(user),
                DataDir = parsed.GetRequiredValue(dataDir),
            };
            return WriteUniversal(terminal, zone, parsed.GetValue(outDir));
        });
        return verb;
    }

    private static int WriteUniversal(Terminal terminal, UniversalZone zone, string? folder)
    {
        OutputFile[] files = [new(UniversalZone.UnitFile, zone.Unit()), new(UniversalZone.EnvironmentFile, zone.Environment())];
        if (folder is not null)
        {
            if (OutputFiles.Write(folder, files, terminal) is { } refusal)
            {
                return terminal.Fail(refusal);
            }
        }
        else
        {
            terminal.Out.Write($"# /etc/systemd/system/{UniversalZone.UnitFile}\n{zone.Unit()}\n# {UniversalZone.ConfigFolder}/{UniversalZone.EnvironmentFile}\n{zone.Environment()}");
        }

        SaySteps(terminal, zone.Steps());
        return ExitCode.Ok;
    }

    private static void SaySteps(Terminal terminal, IEnumerable<string> steps)
    {
        terminal.Error.WriteLine("Next:");
        foreach (var step in steps)
        {
            terminal.Error.WriteLine($"  {step}");
        }
    }

    private static bool AtMostOne(params ReadOnlySpan<bool> given)
    {
        var count = 0;
        foreach (var one in given)
        {
            count += one ? 1 : 0;
        }

        return count <= 1;
    }

    private static bool IsSha256(string text) => text.Replace(":", "", StringComparison.Ordinal) is { Length: 64 } hex && hex.All(char.IsAsciiHexDigit);

    private static Dictionary<string, string>? Pairs(string[] words)
    {
        var pairs = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var word in words)
        {
            var equals = word.IndexOf('=', StringComparison.Ordinal);
            if (equals <= 0)
            {
                return null;
            }

            pairs[word[..equals]] = word[(equals + 1)..];
        }

        return pairs;
    }

    private static Result<string> ReadText(string path)
    {
        try
        {
            return File.ReadAllText(path).Trim();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return new Refusal(RefusalReason.Invalid, "The file cannot be read", e.Message);
        }
    }

    /// <summary>The certificates in a PEM file, and nothing else that may be in it.</summary>
    private static Result<string> ReadCertificate(string path)
    {
        var text = ReadText(path);
        if (!text.Ok)
        {
            return text;
        }

        var certificates = new X509Certificate2Collection();
        try
        {
            certificates.ImportFromPem(text.Value);
        }
        catch (CryptographicException)
        {
            // Said below.
        }

        return certificates.Count > 0
            ? string.Concat(certificates.Select(c => c.ExportCertificatePem() + "\n"))
            : new Refusal(RefusalReason.Invalid, "The CA certificate cannot be read", $"{path} holds no certificate in PEM form");
    }
}
