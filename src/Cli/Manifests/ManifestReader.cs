using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using MeshConsole.Cli.Client;
using MeshConsole.Shared;

namespace MeshConsole.Cli.Manifests;

/// <summary>
/// Reads manifests from files, directories, addresses and standard input. All that is wrong is found before anything is
/// sent: files that are not there, text that is no YAML, variables without value, documents without type or name.
/// </summary>
internal sealed class ManifestReader(Terminal terminal, Variables variables)
{
    /// <summary>Largest manifest file in bytes.</summary>
    public const int MaxBytes = 16 * 1024 * 1024;

    private static readonly string[] Endings = [".yaml", ".yml", ".json"];

    /// <summary>Reads all sources in order; those of a directory by path.</summary>
    /// <param name="sources">Files, directories, addresses, or <c>-</c>.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public async Task<Result<IReadOnlyList<Manifest>>> ReadAsync(IEnumerable<string> sources, CancellationToken cancellationToken)
    {
        var manifests = new List<Manifest>();
        var violations = new ViolationList();
        foreach (var source in sources)
        {
            foreach (var (name, text) in await TextsAsync(source, violations, cancellationToken))
            {
                Add(name, text, manifests, violations);
            }
        }

        if (!violations.IsEmpty)
        {
            return new Refusal(RefusalReason.Invalid, "The manifests cannot be used", "nothing was sent") { Violations = violations.ToImmutable() };
        }

        if (manifests.Count == 0)
        {
            return new Refusal(RefusalReason.Invalid, "The manifests cannot be used", "there is no document in them");
        }

        return manifests;
    }

    private void Add(string source, string text, List<Manifest> manifests, ViolationList violations)
    {
        var missing = new SortedSet<string>(StringComparer.Ordinal);
        var filled = variables.Fill(text, missing);
        foreach (var key in missing)
        {
            violations.Add(source, $"the variable {{{{ {key} }}}} has no value; give it with --var {key}=…");
        }

        if (missing.Count > 0)
        {
            return;
        }

        var documents = Yaml.Read(filled);
        if (!documents.Ok)
        {
            violations.Add(source, documents.Refusal.Detail);
            return;
        }

        for (var i = 0; i < documents.Value.Count; i++)
        {
            AddDocument(documents.Value[i], documents.Value.Count == 1 ? source : $"{source}, document {i + 1}", manifests, violations);
        }
    }

    private static void AddDocument(JsonObject document, string place, List<Manifest> manifests, ViolationList violations)
    {
        // A list as 'get -o json' and the REST API write it.
        if (!document.ContainsKey("type") && document["items"] is JsonArray items && items.All(i => i is JsonObject))
        {
            for (var i = 0; i < items.Count; i++)
            {
                AddOne((JsonObject)items[i]!, $"{place}, item {i + 1}", manifests, violations);
            }

            return;
        }

        AddOne(document, place, manifests, violations);
    }

    private static void AddOne(JsonObject document, string place, List<Manifest> manifests, ViolationList violations)
    {
        if (document.ContainsKey("apiVersion") && document.ContainsKey("kind"))
        {
            violations.Add(place, "this is the Kubernetes form (apiVersion, kind); apply it with kubectl in the zone, or write the universal form (type, name, mesh, spec)");
            return;
        }

        foreach (var member in (string[])["type", "name"])
        {
            if (!document.ContainsKey(member) && document.FirstOrDefault(m => m.Key.Equals(member, StringComparison.OrdinalIgnoreCase)).Key is { } cased)
            {
                violations.Add(place, $"'{cased}' is written '{member}'");
            }
            else
            {
                violations.AddIf(document[member] is null || (document[member]!.GetValueKind() == JsonValueKind.String && string.IsNullOrWhiteSpace(document.String(member))), place, $"{member}: cannot be empty");
                violations.AddIf(document[member] is { } value && value.GetValueKind() != JsonValueKind.String, place, $"{member}: must be text; write it in quotes");
            }
        }

        manifests.Add(Manifest.From(document, place));
    }

    private async Task<IReadOnlyList<(string Name, string Text)>> TextsAsync(string source, ViolationList violations, CancellationToken cancellationToken)
    {
        try
        {
            if (source == "-")
            {
                return [("standard input", await ReadInputAsync(cancellationToken))];
            }

            if (source.StartsWith("http://", StringComparison.OrdinalIgnoreCase) || source.StartsWith("https://", StringComparison.OrdinalIgnoreCase))
            {
                return [(source, await DownloadAsync(source, cancellationToken))];
            }

            if (!Directory.Exists(source))
            {
                return [(source, Read(source))];
            }

            var files = Directory.EnumerateFiles(source, "*", new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.System })
                .Where(f => Endings.Contains(Path.GetExtension(f).ToLowerInvariant()))
                .Order(StringComparer.Ordinal)
                .ToList();
            violations.AddIf(files.Count == 0, source, "the directory holds no *.yaml, *.yml or *.json");
            return [.. files.Select(f => (f, Read(f)))];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or HttpRequestException or InvalidDataException or UriFormatException or DecoderFallbackException)
        {
            violations.Add(source, e switch
            {
                FileNotFoundException or DirectoryNotFoundException => "there is no such file or directory",
                DecoderFallbackException => "it is not UTF-8; save it as UTF-8",
                HttpRequestException { InnerException: System.Security.Authentication.AuthenticationException inner } => $"its certificate is not trusted: {inner.Message}",
                _ => e.Message,
            });
            return [];
        }
        catch (TaskCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            violations.Add(source, "no answer in time");
            return [];
        }
    }

    /// <summary>Reads what is piped in, as far as a file may be long.</summary>
    private async Task<string> ReadInputAsync(CancellationToken cancellationToken)
    {
        var text = new StringBuilder();
        var chunk = new char[8192];
        while (await terminal.In.ReadAsync(chunk, cancellationToken) is > 0 and var read)
        {
            text.Append(chunk, 0, read);
            if (text.Length > MaxBytes)
            {
                throw new InvalidDataException($"it is larger than {MaxBytes / (1024 * 1024)} MiB");
            }
        }

        return text.ToString();
    }

    private static string Read(string file)
    {
        if (new FileInfo(file).Length > MaxBytes)
        {
            throw new InvalidDataException($"the file is larger than {MaxBytes / (1024 * 1024)} MiB");
        }

        // Strict: a file in another encoding is refused, not applied with its letters replaced.
        using var reader = new StreamReader(file, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true));
        return reader.ReadToEnd();
    }

    private static async Task<string> DownloadAsync(string address, CancellationToken cancellationToken)
    {
        using var http = new HttpClient { MaxResponseContentBufferSize = MaxBytes, Timeout = TimeSpan.FromMinutes(1) };
        using var response = await http.GetAsync(new Uri(address), cancellationToken);
        return (int)response.StatusCode == 200
            ? await response.Content.ReadAsStringAsync(cancellationToken)
            : throw new HttpRequestException($"the address answers with status {(int)response.StatusCode}");
    }
}
