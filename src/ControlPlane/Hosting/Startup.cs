using MeshConsole.ControlPlane.Access;
using MeshConsole.ControlPlane.Resources;
using MeshConsole.ControlPlane.Store;
using MeshConsole.Shared;
using Microsoft.Extensions.Hosting;

namespace MeshConsole.ControlPlane.Hosting;

/// <summary>
/// What must be done before anything listens: read the store, make what is missing, write the administrator's token. The
/// server starts after it, so nobody is ever answered from a store that is not read yet.
/// </summary>
internal sealed class Startup(ControlPlaneOptions options, Site site, ResourceStore store, DefaultResources defaults, AdminToken adminToken, Readiness readiness) : IHostedService
{
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        await store.StartAsync(cancellationToken).ConfigureAwait(false);
        if (site.Mode == SiteMode.Zone)
        {
            CheckName(store.World.Value, site.Zone);
        }

        await defaults.EnsureAsync(cancellationToken).ConfigureAwait(false);
        if (options.AdminTokenFile.Length > 0)
        {
            _ = (await adminToken.WriteAsync(options.AdminTokenFile, cancellationToken).ConfigureAwait(false)).Value;
        }

        readiness.Reason = null;
    }

    /// <summary>
    /// A zone keeps its name: under another one, global would hold everything twice, and the zone would get its own services as
    /// those of another zone.
    /// </summary>
    /// <exception cref="StoreUnavailableException">The store holds what a zone of another name wrote; the message names both.</exception>
    internal static void CheckName(World world, string zone)
    {
        var other = world.Kinds.SelectMany(world.List).FirstOrDefault(r => r.Origin == Labels.OriginZone && r.Zone is { } of && of != zone);
        if (other is not null)
        {
            throw new StoreUnavailableException(
                $"This store is that of zone {other.Zone} (it holds {other.Kind.Name} {other.Name}), and cannot become that of zone {zone}: a zone keeps its name. Start it with --name {other.Zone}, or give zone {zone} a store of its own with --data-dir.");
        }
    }

    public Task StopAsync(CancellationToken cancellationToken)
    {
        readiness.Reason = "stopping";
        return Task.CompletedTask;
    }
}
