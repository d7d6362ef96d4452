using System.Globalization;
using System.Net.Http.Headers;
using System.Net.Security;
using System.Reflection;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json.Nodes;
using MeshConsole.Cli.Config;
using MeshConsole.Shared;

namespace MeshConsole.Cli.Client;

/// <summary>Speaks Kuma's REST with one control plane. Every expected failure is a <see cref="Refusal"/>.</summary>
internal sealed class ControlPlaneClient : IDisposable
{
    private const int PageSize = 1000;
    private readonly HttpClient http;
    private readonly string address;
    private readonly string hint;

    private ControlPlaneClient(HttpClient http, string address, string hint)
    {
        this.http = http;
        this.address = address;
        this.hint = hint;
    }

    /// <summary>Version of this program.</summary>
    public static string Version { get; } =
        typeof(ControlPlaneClient).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "0.0.0";

    /// <summary>Where it speaks to.</summary>
    public string Address => address;

    /// <summary>Makes a client; nothing is sent yet.</summary>
    /// <param name="entry">Address, trust and token.</param>
    /// <param name="timeout">Longest time of one call; zero for no limit.</param>
    public static Result<ControlPlaneClient> Create(ControlPlaneEntry entry, TimeSpan timeout)
    {
        var token = entry.ReadToken();
        if (!token.Ok)
        {
            return token.Refusal;
        }

        var trust = Trust(entry);
        if (!trust.Ok)
        {
            return trust.Refusal;
        }

        var handler = new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseCookies = false,
            AutomaticDecompression = System.Net.DecompressionMethods.All,
            ConnectTimeout = TimeSpan.FromSeconds(15),
            SslOptions = trust.Value,
        };
        var http = new HttpClient(handler) { Timeout = timeout == TimeSpan.Zero ? Timeout.InfiniteTimeSpan : timeout };
        http.DefaultRequestHeaders.UserAgent.Add(new ProductInfoHeaderValue("meshctl", Version));
        http.DefaultRequestHeaders.Accept.Add(new MediaTypeWithQualityHeaderValue("application/json"));
        http.DefaultRequestHeaders.Accept.Add(new MediaTypeWithQualityHeaderValue("text/plain", 0.9));
        if (token.Value.Length > 0)
        {
            http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token.Value);
        }

        return new ControlPlaneClient(http, entry.Address.TrimEnd('/'), entry.IsFallback ? "; no control plane is configured: name one with --address, or once with 'meshctl config control-planes add'" : "");
    }

    /// <summary>Reads <paramref name="path"/> with its query.</summary>
    public Task<Result<ApiAnswer>> GetAsync(string path, CancellationToken cancellationToken) => SendAsync(HttpMethod.Get, path, null, cancellationToken);

    /// <summary>Reads a JSON object.</summary>
    public async Task<Result<JsonObject>> GetJsonAsync(string path, CancellationToken cancellationToken)
    {
        var answer = await GetAsync(path, cancellationToken);
        return answer.Ok ? answer.Value.Json() : answer.Refusal;
    }

    /// <summary>Creates or updates.</summary>
    public Task<Result<ApiAnswer>> PutAsync(string path, JsonObject body, CancellationToken cancellationToken) => SendAsync(HttpMethod.Put, path, body, cancellationToken);

    /// <summary>Asks for something to be made, such as a token.</summary>
    public Task<Result<ApiAnswer>> PostAsync(string path, JsonObject body, CancellationToken cancellationToken) => SendAsync(HttpMethod.Post, path, body, cancellationToken);

    /// <summary>Deletes.</summary>
    public Task<Result<ApiAnswer>> DeleteAsync(string path, CancellationToken cancellationToken) => SendAsync(HttpMethod.Delete, path, null, cancellationToken);

    /// <summary>Reads all pages of a list.</summary>
    /// <param name="path">Path of the list.</param>
    /// <param name="query">Query without <c>size</c> and <c>offset</c>, or empty.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public async Task<Result<IReadOnlyList<JsonObject>>> ListAsync(string path, string query, CancellationToken cancellationToken)
    {
        var items = new List<JsonObject>();
        while (true)
        {
            var page = await GetJsonAsync($"{path}?size={PageSize}&offset={items.Count}{(query.Length > 0 ? "&" + query : "")}", cancellationToken);
            if (!page.Ok)
            {
                return page.Refusal;
            }

            var read = page.Value.Objects("items").ToList();
            items.AddRange(read);
            if (page.Value.String("next") is null || read.Count == 0)
            {
                return items;
            }
        }
    }

    /// <summary>Opens a stream of changes; null when the control plane answers the list instead: it knows no streams.</summary>
    /// <param name="path">Path and query.</param>
    /// <param name="last">Id of the last event that was seen, or null.</param>
    /// <param name="time">The clock.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public async Task<Result<ServerEvents?>> WatchAsync(string path, string? last, TimeProvider time, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, address + path);
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("text/event-stream"));
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("application/json", 0.9));
        if (last is not null)
        {
            request.Headers.TryAddWithoutValidation("Last-Event-ID", last);
        }

        return await ReachAsync<ServerEvents?>(path, async () =>
        {
            var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
            if (response.IsSuccessStatusCode && response.Content.Headers.ContentType?.MediaType == "text/event-stream")
            {
                return new ServerEvents(response, time);
            }

            using (response)
            {
                return response.IsSuccessStatusCode
                    ? (ServerEvents?)null
                    : ErrorAnswer.Read((int)response.StatusCode, await response.Content.ReadAsStringAsync(cancellationToken), path);
            }
        }, cancellationToken);
    }

    /// <inheritdoc />
    public void Dispose() => http.Dispose();

    private static Result<SslClientAuthenticationOptions> Trust(ControlPlaneEntry entry)
    {
        var options = new SslClientAuthenticationOptions();
        if (entry.SkipVerify)
        {
#pragma warning disable CA5359 // Asked for by --skip-verify, which says what it costs.
            options.RemoteCertificateValidationCallback = (_, _, _, _) => true;
#pragma warning restore CA5359
        }
        else if (entry.CaCertFile.Length > 0)
        {
            var authorities = new X509Certificate2Collection();
            try
            {
                authorities.ImportFromPemFile(entry.CaCertFile);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException or CryptographicException)
            {
                return new Refusal(RefusalReason.Invalid, "The CA certificate cannot be read", $"{entry.CaCertFile}: {e.Message}");
            }

            if (authorities.Count == 0)
            {
                return new Refusal(RefusalReason.Invalid, "The CA certificate cannot be read", $"{entry.CaCertFile} holds no certificate in PEM form");
            }

            options.CertificateChainPolicy = new X509ChainPolicy
            {
                TrustMode = X509ChainTrustMode.CustomRootTrust,
                RevocationMode = X509RevocationMode.NoCheck,
            };
            options.CertificateChainPolicy.CustomTrustStore.AddRange(authorities);
        }

        return options;
    }

    private async Task<Result<ApiAnswer>> SendAsync(HttpMethod method, string path, JsonObject? body, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(method, address + path);
        if (body is not null)
        {
            request.Content = new StringContent(body.ToJsonString(Json.Compact), Encoding.UTF8, "application/json");
            request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        }

        return await ReachAsync<ApiAnswer>(path, async () =>
        {
            using var response = await http.SendAsync(request, cancellationToken);
            var text = await response.Content.ReadAsStringAsync(cancellationToken);
            return response.IsSuccessStatusCode
                ? new ApiAnswer((int)response.StatusCode, text, response.Headers.ETag?.Tag)
                : ErrorAnswer.Read((int)response.StatusCode, text, path);
        }, cancellationToken);
    }

    /// <summary>
    /// Makes a refusal of a control plane that cannot be reached, and of a name that is no name: <c>..</c> in an address leads elsewhere
    /// before it is sent.
    /// </summary>
    private async Task<Result<T>> ReachAsync<T>(string path, Func<Task<Result<T>>> call, CancellationToken cancellationToken)
    {
        if (path.Split('?')[0].Split('/').Any(s => s is "." or ".."))
        {
            return new Refusal(RefusalReason.Invalid, "Not a name", "a name or mesh must not be '.' or '..'; nothing was sent");
        }

        try
        {
            return await call();
        }
        catch (HttpRequestException e)
        {
            return Unreachable(e.InnerException is System.Security.Authentication.AuthenticationException inner
                ? $"its certificate is not trusted: {inner.Message.TrimEnd('.')}. Give the CA with --ca-cert-file"
                : e.Message);
        }
        catch (TaskCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return Unreachable(string.Create(CultureInfo.InvariantCulture, $"no answer within {http.Timeout.TotalSeconds:0.###} s; --api-timeout sets the limit"));
        }
    }

    private Refusal Unreachable(string why) => new(RefusalReason.Unavailable, $"The control plane at {address} cannot be reached", why + hint);
}
