using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace MeshConsole.ControlPlane.Access;

/// <summary>Authenticates <c>Authorization: Bearer &lt;user token&gt;</c>.</summary>
internal sealed class BearerHandler(
    IOptionsMonitor<AuthenticationSchemeOptions> options,
    ILoggerFactory logger,
    UrlEncoder encoder,
    Tokens tokens,
    RefusalWriter refuse) : AuthenticationHandler<AuthenticationSchemeOptions>(options, logger, encoder)
{
    public const string SchemeName = "Bearer";
    private const string Prefix = "Bearer ";

    /// <summary>The token, or null when there is none (an empty one is none, as in Kuma).</summary>
    public static string? TokenOf(HttpRequest request)
    {
        var header = request.Headers.Authorization.ToString();
        if (!header.StartsWith(Prefix, StringComparison.OrdinalIgnoreCase))
        {
            return null;
        }

        var token = header[Prefix.Length..].Trim();
        return token.Length == 0 ? null : token;
    }

    protected override Task<AuthenticateResult> HandleAuthenticateAsync() => Task.FromResult(Authenticate());

    private AuthenticateResult Authenticate()
    {
        if (TokenOf(Request) is not { } token)
        {
            return AuthenticateResult.NoResult();
        }

        var actor = tokens.ValidateUser(token);
        return actor.Ok
            ? AuthenticateResult.Success(new AuthenticationTicket(actor.Value.ToPrincipal(SchemeName), SchemeName))
            : AuthenticateResult.Fail(actor.Refusal.Detail);
    }

    protected override Task HandleChallengeAsync(AuthenticationProperties properties) => refuse(Context, AccessRules.Unauthenticated);

    protected override Task HandleForbiddenAsync(AuthenticationProperties properties) =>
        refuse(Context, AccessRules.Administer(Context.Actor(), "this") ?? AccessRules.Unauthenticated);
}
