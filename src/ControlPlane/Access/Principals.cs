using System.Security.Claims;
using MeshConsole.Shared;
using Microsoft.AspNetCore.Http;

namespace MeshConsole.ControlPlane.Access;

/// <summary>Between ASP.NET Core's principals and our <see cref="Actor"/>.</summary>
public static class Principals
{
    internal const string GroupClaim = "group";
    internal const string StampClaim = "stamp";

    /// <summary>Who sends this request; <see cref="Actor.Anonymous"/> when nobody showed an identity.</summary>
    public static Actor Actor(this HttpContext context) => context.User.ToActor();

    /// <summary>The actor of a principal (for pages: of their authentication state).</summary>
    public static Actor ToActor(this ClaimsPrincipal principal) =>
        principal.Identity is { IsAuthenticated: true, Name.Length: > 0 } identity
            ? new Actor(identity.Name, [.. principal.FindAll(GroupClaim).Select(c => c.Value)])
            : MeshConsole.Shared.Actor.Anonymous;

    internal static ClaimsPrincipal ToPrincipal(this Actor actor, string scheme, string? stamp = null)
    {
        var claims = actor.Groups.Select(g => new Claim(GroupClaim, g)).Prepend(new Claim(ClaimTypes.Name, actor.Name));
        return new ClaimsPrincipal(new ClaimsIdentity(stamp is null ? claims : claims.Append(new Claim(StampClaim, stamp)), scheme, ClaimTypes.Name, GroupClaim));
    }
}
