using System.Diagnostics;
using MeshConsole.Testing;
using Microsoft.EntityFrameworkCore;

namespace MeshConsole.ControlPlane.Tests.Store;

/// <summary>A process that writes to SQLite is killed, again and again.</summary>
public sealed class KillTests
{
    [Fact]
    public async Task Kill_AmidWrites_LosesNoAcknowledgedWriteAndLeavesNothingHalf()
    {
        await using var fixture = StoreFixture.Sqlite();
        var acknowledged = new List<string>();
        for (var round = 0; round < 3; round++)
        {
            acknowledged.AddRange(await WriteUntilKilledAsync(fixture.Folder.Path, 100 + (round * 37)));
        }

        var store = await fixture.OpenAsync();

        Assert.All(acknowledged, name => Assert.Equal(name, store.World.Value.Find("Note", "default", name).Text()));
        using var context = fixture.Contexts.Create();
        var stored = await context.Resources.CountAsync(TestContext.Current.CancellationToken);
        Assert.Equal(stored, await context.History.CountAsync(TestContext.Current.CancellationToken));
        Assert.Equal(stored, await context.Audit.CountAsync(TestContext.Current.CancellationToken));
        Assert.Equal(stored, store.World.Value.Revision);
    }

    private static async Task<List<string>> WriteUntilKilledAsync(string folder, int after)
    {
        var program = RepoRoot.Combine("tests", "StoreWriter", "bin", BuildConfiguration, "net10.0", "MeshConsole.StoreWriter.dll");
        using var process = Process.Start(new ProcessStartInfo("dotnet", [program, folder]) { RedirectStandardOutput = true })!;
        var names = new List<string>();
        while (await process.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken) is { } name)
        {
            names.Add(name);
            if (names.Count == after)
            {
                process.Kill(); // SIGKILL: no handler runs
            }
        }

        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.True(names.Count >= after, "The writer ended by itself.");
        return names;
    }

    private static string BuildConfiguration => AppContext.BaseDirectory.Contains($"{Path.DirectorySeparatorChar}Release{Path.DirectorySeparatorChar}", StringComparison.Ordinal) ? "Release" : "Debug";
}
