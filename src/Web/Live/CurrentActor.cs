using MeshConsole.ControlPlane.Access;
using MeshConsole.Shared;
using Microsoft.AspNetCore.Components.Authorization;

namespace MeshConsole.Web.Live;

/// <summary>Who works in this circuit; what every write of a page is done as.</summary>
public sealed class CurrentActor(AuthenticationStateProvider provider)
{
    /// <summary>The signed-in person.</summary>
    public async ValueTask<Actor> GetAsync() => (await provider.GetAuthenticationStateAsync()).User.ToActor();
}
