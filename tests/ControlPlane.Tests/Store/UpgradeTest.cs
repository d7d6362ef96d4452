using MeshConsole.Shared;
using MeshConsole.Testing;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

namespace MeshConsole.ControlPlane.Tests.Store;

/// <summary>A database as the first version made it, opened by this one; the same on every database.</summary>
internal static class UpgradeTest
{
    /// <summary>Runs it.</summary>
    /// <param name="fixture">An empty database.</param>
    /// <param name="table">SQL that finds the table that is gone by now.</param>
    public static async Task RunAsync(StoreFixture fixture, string table)
    {
        var cancelled = TestContext.Current.CancellationToken;
        var first = await fixture.OpenAsync();
        await first.CommitAsync(new Actor("ada", []), t => t.Put(SampleKind.Note.Make("kept"), history: true), cancelled);
        await first.CommitAsync(new Actor("ada", []), t => { t.AddAudit("did", "something"); return 0; }, cancelled);
        var before = StoreFixture.Dump(first.World.Value);
        await fixture.CloseAsync(first);

        await using (var context = fixture.Contexts.Create())
        {
            var migrations = context.Database.GetMigrations().ToList();
            Assert.True(migrations.Count > 1);
            await context.GetService<IMigrator>().MigrateAsync(migrations[0], cancelled); // back to the first version
            Assert.Single(await context.Database.GetAppliedMigrationsAsync(cancelled));
            Assert.NotEmpty(await context.Database.SqlQueryRaw<string>(table).ToListAsync(cancelled));
        }

        var upgraded = await fixture.OpenAsync();
        Assert.Equal(before, StoreFixture.Dump(upgraded.World.Value));
        Assert.Single(await upgraded.HistoryAsync(SampleKind.Note.Make("kept").Key, 10, cancelled));
        Assert.Contains(await upgraded.AuditAsync(10, cancelled), a => a.Action == "did");
        await upgraded.CommitAsync(new Actor("ada", []), t => t.Put(SampleKind.Note.Make("new"), history: true), cancelled);
        await using var now = fixture.Contexts.Create();
        Assert.Empty(await now.Database.GetPendingMigrationsAsync(cancelled));
        Assert.False(now.GetService<IMigrator>().HasPendingModelChanges());
        Assert.Empty(await now.Database.SqlQueryRaw<string>(table).ToListAsync(cancelled));
    }
}
