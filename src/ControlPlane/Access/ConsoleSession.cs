using System.Security.Claims;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace MeshConsole.ControlPlane.Access;

/// <summary>
/// The console's cookie session: twelve hours, longer while it is used. Each request looks the person up, so that a changed
/// password, other groups or a removed person take effect at once.
/// </summary>
public static class ConsoleSession
{
    /// <summary>Name of the authentication scheme.</summary>
    public const string Scheme = "Console";

    /// <summary>Name of the cookie.</summary>
    public const string CookieName = "MeshConsole";

    /// <summary>Life of a session that is not used.</summary>
    public static readonly TimeSpan Life = TimeSpan.FromHours(12);

    /// <summary>Starts a session for a person who was checked.</summary>
    public static Task SignInAsync(HttpContext context, Person person) => context.SignInAsync(
        Scheme,
        person.Actor.ToPrincipal(Scheme, person.Stamp),
        new AuthenticationProperties { IsPersistent = true });

    /// <summary>Ends the session of this browser.</summary>
    public static Task SignOutAsync(HttpContext context) => context.SignOutAsync(Scheme);

    /// <summary>
    /// Whether the session of a principal would still be taken now: for pages that stay open, which send no request that
    /// would be looked at.
    /// </summary>
    public static async Task<bool> IsCurrentAsync(Users users, ClaimsPrincipal principal, CancellationToken cancellationToken)
    {
        var person = principal.Identity?.Name is { Length: > 0 } name ? await users.FindAsync(name, cancellationToken).ConfigureAwait(false) : null;
        return person is not null && principal.FindFirst(Principals.StampClaim)?.Value == person.Stamp;
    }

    internal static void Configure(CookieAuthenticationOptions options)
    {
        options.Cookie.Name = CookieName;
        options.Cookie.HttpOnly = true;
        options.Cookie.SameSite = SameSiteMode.Lax;
        options.Cookie.SecurePolicy = CookieSecurePolicy.SameAsRequest;
        options.Cookie.IsEssential = true;
        options.ExpireTimeSpan = Life;
        options.SlidingExpiration = true;
        options.LoginPath = "/gui/sign-in";
        options.AccessDeniedPath = "/gui/denied";
        options.ReturnUrlParameter = "returnUrl";
        options.Events.OnValidatePrincipal = ValidateAsync;
        options.Events.OnRedirectToLogin = context => RefuseOrRedirectAsync(context);
        options.Events.OnRedirectToAccessDenied = context => RefuseOrRedirectAsync(context);
    }

    /// <summary>Programs get Kuma's answer, only pages are sent to the sign-in.</summary>
    private static Task RefuseOrRedirectAsync(RedirectContext<CookieAuthenticationOptions> context)
    {
        var request = context.Request;
        if (HttpMethods.IsGet(request.Method) && (request.Path.StartsWithSegments("/gui", StringComparison.Ordinal) || request.PathBase.Value?.EndsWith("/gui", StringComparison.Ordinal) == true))
        {
            context.Response.Redirect(context.RedirectUri);
            return Task.CompletedTask;
        }

        var refusal = context.HttpContext.User.Identity is { IsAuthenticated: true }
            ? AccessRules.Administer(context.HttpContext.Actor(), "this") ?? AccessRules.Unauthenticated
            : AccessRules.Unauthenticated;
        return context.HttpContext.RequestServices.GetRequiredService<RefusalWriter>()(context.HttpContext, refusal);
    }

    private static async Task ValidateAsync(CookieValidatePrincipalContext context)
    {
        var users = context.HttpContext.RequestServices.GetRequiredService<Users>();
        if (context.Principal is null || !await IsCurrentAsync(users, context.Principal, context.HttpContext.RequestAborted).ConfigureAwait(false))
        {
            context.RejectPrincipal();
            await SignOutAsync(context.HttpContext).ConfigureAwait(false);
        }
    }
}
