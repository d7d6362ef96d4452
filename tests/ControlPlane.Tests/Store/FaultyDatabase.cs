using System.Data.Common;
using MeshConsole.ControlPlane.Store;

namespace MeshConsole.ControlPlane.Tests.Store;

/// <summary>A real database whose link breaks when a test says so.</summary>
internal sealed class FaultyDatabase(StoreDatabase real) : StoreDatabase
{
    public bool FailNextWrite { get; set; }

    public bool FailAfterNextCommit { get; set; }

    public override bool IsShared => real.IsShared;

    public override DbConnection Connection => real.Connection;

    public override Task PrepareAsync(StoreContextFactory contexts, CancellationToken cancellationToken) => real.PrepareAsync(contexts, cancellationToken);

    public override Task OpenAsync(CancellationToken cancellationToken) => real.OpenAsync(cancellationToken);

    public override Task<long> BeginAsync(CancellationToken cancellationToken) => real.BeginAsync(cancellationToken);

    public override async Task WriteAsync(WriteGroup group, CancellationToken cancellationToken)
    {
        await real.WriteAsync(group, cancellationToken);
        if (FailNextWrite)
        {
            FailNextWrite = false;
            throw new IOException("The link broke before the commit.");
        }
    }

    public override async Task CommitAsync(CancellationToken cancellationToken)
    {
        await real.CommitAsync(cancellationToken);
        if (FailAfterNextCommit)
        {
            FailAfterNextCommit = false;
            throw new IOException("The link broke after the commit.");
        }
    }

    public override Task CloseAsync() => real.CloseAsync();

    public override bool IsAboutData(Exception e) => real.IsAboutData(e);

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        await real.DisposeAsync();
    }
}
