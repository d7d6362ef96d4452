using System.Net.Http.Headers;
using System.Text.Json;
using MeshConsole.ControlPlane.Access;
using MeshConsole.ControlPlane.Identity;
using MeshConsole.Shared;

namespace MeshConsole.ControlPlane.Kds;

/// <summary>
/// Asks another instance over HTTPS what only it can find out. Its certificate must be the one it named through the database,
/// and this instance shows a user token of half a minute, signed with the key that both have in the database.
/// </summary>
internal sealed class PeerCalls(Tokens tokens, TimeProvider time)
{
    /// <summary>The header of a forwarded request: it is answered or refused, never forwarded again.</summary>
    public const string ForwardedHeader = "x-meshconsole-forwarded";

    private static readonly TimeSpan TokenLife = TimeSpan.FromSeconds(30);
    private static readonly Actor Caller = new("mesh-system:instance", [Actor.AdminGroup]);

    /// <summary>The body of a successful GET.</summary>
    /// <param name="address">The instance.</param>
    /// <param name="path">Path and query of its REST API.</param>
    /// <param name="limit">How long it may take.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public async Task<Result<byte[]>> GetAsync(InstanceAddress address, string path, TimeSpan limit, CancellationToken cancellationToken)
    {
        var token = tokens.IssueUser(Caller.Name, Caller.Groups, TokenLife);
        if (!token.Ok)
        {
            return token.Refusal;
        }

        using var handler = new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false, UseProxy = false, ConnectTimeout = limit };
        handler.SslOptions.RemoteCertificateValidationCallback = (_, certificate, _, _) =>
            certificate is System.Security.Cryptography.X509Certificates.X509Certificate2 shown
            && string.Equals(Fingerprint.Of(shown), address.Fingerprint, StringComparison.OrdinalIgnoreCase);
        using var client = new HttpClient(handler) { Timeout = Timeout.InfiniteTimeSpan };
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(new Uri(address.Url), path));
        request.Headers.Host = "localhost"; // the address need not be among its names; the certificate is what tells it
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token.Value.Text);
        request.Headers.Add(ForwardedHeader, "1");
        try
        {
            using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            using var timer = time.CreateTimer(static s => ((CancellationTokenSource)s!).Cancel(), ending, limit, Timeout.InfiniteTimeSpan);
            using var answer = await client.SendAsync(request, ending.Token).ConfigureAwait(false);
            var body = await answer.Content.ReadAsByteArrayAsync(ending.Token).ConfigureAwait(false);
            return answer.IsSuccessStatusCode ? body : Refused(body, (int)answer.StatusCode);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return new Refusal(RefusalReason.Unavailable, "Another instance did not answer", $"no answer within {limit.TotalSeconds:0} s");
        }
        catch (HttpRequestException e)
        {
            return new Refusal(RefusalReason.Unavailable, "Another instance cannot be reached", e.InnerException?.Message ?? e.Message);
        }
    }

    private static Refusal Refused(byte[] body, int status)
    {
        try
        {
            var error = JsonElement.Parse(body);
            return new Refusal(RefusalReason.Invalid, error.GetProperty("title").GetString() ?? "", error.GetProperty("detail").GetString() ?? "");
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            return new Refusal(RefusalReason.Unavailable, "Another instance refused", $"HTTP {status}");
        }
    }
}
