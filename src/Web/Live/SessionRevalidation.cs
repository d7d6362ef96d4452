using MeshConsole.ControlPlane.Access;
using Microsoft.AspNetCore.Components.Authorization;
using Microsoft.AspNetCore.Components.Server;

namespace MeshConsole.Web.Live;

/// <summary>
/// Ends the session of an open page within a minute after its person was removed or got another password or other groups.
/// What such a page tries to write until then is refused by <see cref="CurrentActor"/>.
/// </summary>
internal sealed class SessionRevalidation(ILoggerFactory logs, Users users) : RevalidatingServerAuthenticationStateProvider(logs)
{
    /// <inheritdoc />
    protected override TimeSpan RevalidationInterval => TimeSpan.FromMinutes(1);

    /// <inheritdoc />
    protected override async Task<bool> ValidateAuthenticationStateAsync(AuthenticationState authenticationState, CancellationToken cancellationToken) =>
        authenticationState.User.Identity?.AuthenticationType != ConsoleSession.Scheme
        || await ConsoleSession.IsCurrentAsync(users, authenticationState.User, cancellationToken);
}
