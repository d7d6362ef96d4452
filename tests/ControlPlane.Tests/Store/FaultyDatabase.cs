using System.Data.Common;
using MeshConsole.ControlPlane.Store;

namespace MeshConsole.ControlPlane.Tests.Store;

/// <summary>A real database whose link breaks when a test says so.</summary>
internal sealed class FaultyDatabase(StoreDatabase real) : StoreDatabase
{
    public bool FailNextWrite { get; set; }

    public bool FailAfterNextCommit { get; set; }

    /// <summary>Nothing works while it is set.</summary>
    public bool Down { get; set; }

    public override bool IsShared => real.IsShared;

    public override DbConnection Connection => real.Connection;

    public override Task PrepareAsync(StoreContextFactory contexts, CancellationToken cancellationToken) => real.PrepareAsync(contexts, cancellationToken);

    public override Task OpenAsync(CancellationToken cancellationToken) =>
        Down ? throw new IOException("The database is down.") : real.OpenAsync(cancellationToken);

    public override Task<long> BeginAsync(CancellationToken cancellationToken) => real.BeginAsync(cancellationToken);

    public override bool MayHaveCommitted { get; protected set; }

    public override async Task CommitAsync(WriteGroup? group, CancellationToken cancellationToken)
    {
        if (FailNextWrite)
        {
            FailNextWrite = false;
            throw new IOException("The link broke before the commit.");
        }

        await real.CommitAsync(group, cancellationToken);
        if (FailAfterNextCommit)
        {
            FailAfterNextCommit = false;
            MayHaveCommitted = true;
            throw new IOException("The link broke after the commit.");
        }
    }

    public override Task CloseAsync()
    {
        MayHaveCommitted = false;
        return real.CloseAsync();
    }

    public override bool IsAboutData(Exception e) => real.IsAboutData(e);

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        await real.DisposeAsync();
    }
}
