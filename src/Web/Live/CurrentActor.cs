using MeshConsole.ControlPlane.Access;
using MeshConsole.Shared;
using Microsoft.AspNetCore.Components.Authorization;

namespace MeshConsole.Web.Live;

/// <summary>Who works in this circuit; what every write of a page is done as.</summary>
public sealed class CurrentActor(AuthenticationStateProvider provider, Users users)
{
    /// <summary>
    /// The signed-in person, looked up anew: a page stays open for hours without a request, and whoever was removed or lost
    /// a group meanwhile writes nothing any more.
    /// </summary>
    public async ValueTask<Actor> GetAsync()
    {
        var user = (await provider.GetAuthenticationStateAsync()).User;
        return user.Identity?.AuthenticationType != ConsoleSession.Scheme || await ConsoleSession.IsCurrentAsync(users, user, CancellationToken.None)
            ? user.ToActor()
            : Actor.Anonymous;
    }
}
