using MeshConsole.ControlPlane.Access;
using MeshConsole.ControlPlane.Resources;
using MeshConsole.ControlPlane.Store;
using Microsoft.Extensions.Hosting;

namespace MeshConsole.ControlPlane.Hosting;

/// <summary>
/// What must be done before anything listens: read the store, make what is missing, write the administrator's token. The
/// server starts after it, so nobody is ever answered from a store that is not read yet.
/// </summary>
internal sealed class Startup(ControlPlaneOptions options, ResourceStore store, DefaultResources defaults, AdminToken adminToken, Readiness readiness) : IHostedService
{
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        await store.StartAsync(cancellationToken).ConfigureAwait(false);
        await defaults.EnsureAsync(cancellationToken).ConfigureAwait(false);
        if (options.AdminTokenFile.Length > 0)
        {
            _ = (await adminToken.WriteAsync(options.AdminTokenFile, cancellationToken).ConfigureAwait(false)).Value;
        }

        readiness.Reason = null;
    }

    public Task StopAsync(CancellationToken cancellationToken)
    {
        readiness.Reason = "stopping";
        return Task.CompletedTask;
    }
}
